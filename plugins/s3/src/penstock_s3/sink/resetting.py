"""What a user's change of offsets means for manifests (spec 6)."""

from __future__ import annotations

import time
from collections.abc import Iterable

from penstock.api import TopicPartition
from penstock_s3.config.settings import SinkSettings
from penstock_s3.partition.making import make_naming
from penstock_s3.sink.manifest import Manifest, manifest_key
from penstock_s3.storage.opening import open_store


def forget_manifests(settings: SinkSettings, partitions: Iterable[TopicPartition]) -> None:
    """Carry through what was decided, then remove the manifests of these partitions. The connector is stopped meanwhile, as
    for every change of offsets. Raises what the store raises."""
    store = open_store(settings.store, _sleep)
    naming = make_naming(settings)
    try:
        for partition in partitions:
            key = manifest_key(naming.root, settings, partition)
            Manifest(store, key, partition, "offsets altered").take()
            store.delete(key)
    finally:
        store.close()


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False
