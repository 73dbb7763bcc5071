"""Uploads that a killed task left behind: they cost money and are seen by nobody (spec 9.2, 12)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from penstock.api import ConnectException, RetriableException
from penstock_s3.storage.store import ObjectStore

logger = logging.getLogger(__name__)


def abort_orphans(store: ObjectStore, prefix: str, ours: Callable[[str], bool]) -> int:
    """Abort every unfinished upload under ``prefix`` whose key is ``ours``; how many there were.

    To be called before any upload of our own is begun. Never fails: a bucket may forbid listing, and a lifecycle rule does
    the same in time."""
    count = 0
    try:
        for upload in store.uploads(prefix):
            if ours(upload.key):
                store.abort_upload(upload.key, upload.upload_id)
                count += 1
    except (ConnectException, RetriableException) as error:
        logger.warning("Unfinished uploads under %s were not looked for: %s", prefix, error)
    if count:
        logger.info("Aborted %d uploads under %s that a killed task had left unfinished", count, prefix)
    return count
