"""Aiven's names of objects: filled in, cut into chunks, read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import ConfigException
from penstock_s3.config.aiven_settings import aiven_settings
from penstock_s3.config.choices import Compression
from penstock_s3.partition.making import make_naming, make_partitioner
from penstock_s3.partition.names import TemplateNaming
from penstock_s3.partition.naming import Parsed
from tests.plugins.s3.partition.parts import NOON, run
from tests.plugins.s3.partition.test_naming import FORMAT

TEMPLATE = "x/{{topic}}/{{partition:padding=true}}-{{start_offset:padding=true}}"


def named(template: str, **changes: str) -> tuple[list[str], str]:
    settings = aiven_settings({"aws.s3.bucket.name": "b", "file.name.template": template, **changes})
    part = run(["a", "b", "c"], times=[NOON] * 3, keys=["k", "l", "k"])
    paths = list(make_partitioner(settings.partition).encode(part, 0).paths)
    key = make_naming(settings).file("orders", paths[0], 7, 42).values
    assert key is not None
    return paths, key


def test_offsets_are_filled_in_last() -> None:
    assert named(TEMPLATE)[1] == "x/orders/0000000007-00000000000000000042.gz"
    assert (
        named("{{topic}}-{{partition}}-{{start_offset}}", **{"file.compression.type": "zstd"})[1] == "orders-7-42.zst"
    )
    assert named("{{start_offset:padding=false}}{{topic}}{{partition}}")[1] == "42orders7.gz"


def test_groups_of_keys_are_cut_into_chunks() -> None:
    template = "{{topic}}-{{partition}}-{{key}}-{{start_offset}}"
    paths, key = named(template, **{"file.max.records": "1"})
    assert len(set(paths)) == 3
    assert key == "orders-7-k-42.gz"
    assert len(set(named(template, **{"file.max.records": "2"})[0])) == 2


@pytest.mark.parametrize("most", ["0", "1"])
def test_control_characters_in_keys_stand_for_themselves(most: str) -> None:
    """As in the bytes of numbers: two keys never get one name."""
    settings = aiven_settings(
        {
            "aws.s3.bucket.name": "b",
            "file.name.template": "{{key}}",
            "file.compression.type": "none",
            "file.max.records": most,
        }
    )
    keys = [bytes([0, 0, 1, number]) for number in range(4)]
    paths = make_partitioner(settings.partition).encode(run([1] * 4, keys=keys), 0).paths
    naming = make_naming(settings)
    assert [naming.file("orders", path, 7, 42).values for path in paths] == [key.decode() for key in keys]


def test_dates_of_prefixes() -> None:
    settings = aiven_settings({"aws.s3.bucket.name": "b", "aws.s3.prefix": "{{utc_date}}/{{local_date}}/"})
    found = make_partitioner(settings.partition).encode(run(["a"]), NOON).only
    assert found is not None
    assert found.startswith("2023-11-15/2023-11-15/orders-7-")


def test_unknown_arguments() -> None:
    with pytest.raises(ConfigException) as told:
        named("{{topic}}-{{partition}}-{{start_offset:wide=1}}")
    assert str(told.value) == "A template cannot say {{start_offset:wide=1}}; say padding=true or padding=false"


def test_names_are_read_back() -> None:
    naming = TemplateNaming(TEMPLATE, replace(FORMAT, compression=Compression.GZIP))
    assert naming.parse("x/a.b/0000000007-00000000000000000042.gz") == Parsed("a.b", "", 7, 42, None, ".gz")
    assert naming.parse("x/a.b/0000000007-00000000000000000042") is None
    assert naming.parse("y/a.b/0000000007-00000000000000000042.gz") is None
    assert (naming.root, naming.prefix("t")) == ("x/", "x/t/")
    twice = TemplateNaming("{{topic}}/{{topic}}-{{partition}}-{{start_offset}}", FORMAT)
    assert twice.parse("a/a-1-2") is not None
    assert twice.parse("a/b-1-2") is None
    by_key = TemplateNaming("{{key}}", FORMAT)
    assert by_key.parse("anything") is None
    assert (by_key.root, by_key.prefix("t")) == ("", "")
