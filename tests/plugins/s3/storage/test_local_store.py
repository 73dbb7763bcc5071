"""A directory as a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.api import ConnectException
from penstock_s3.storage.body import Body
from penstock_s3.storage.errors import StoreException
from penstock_s3.storage.local_names import key_of, path_of
from penstock_s3.storage.local_store import LocalStore
from penstock_s3.storage.opening import open_store
from tests.plugins.s3.storage.contract import KEYS, StoreContract
from tests.plugins.s3.storage.settings import no_wait, store_settings


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        (tmp_path / "bucket").mkdir()
        return LocalStore(tmp_path, "bucket")

    @pytest.fixture
    def missing(self, tmp_path: Path) -> LocalStore:
        return LocalStore(tmp_path, "nope")


@pytest.mark.parametrize(
    "key", [*KEYS, ".", "..", "../up", ".penstock/x", "a/.penstock", "%2F", "a/", "//", "x%+/y", "é" * 400]
)
def test_keys_and_paths(key: str) -> None:
    path = path_of(key)
    assert key_of(path) == key
    assert ".." not in path.parts
    assert path.parts[0] != ".penstock"
    assert all(len(part.encode()) <= 255 for part in path.parts)


def test_ordinary_keys_are_their_paths() -> None:
    assert str(path_of("topics/orders/partition=0/orders+0+0000000000.json.gz")) == (
        "topics/orders/partition=0/orders+0+0000000000.json.gz"
    )


def test_opens_a_directory(tmp_path: Path) -> None:
    (tmp_path / "my bucket").mkdir()
    store = open_store(store_settings(f"file://{tmp_path}", "my bucket"), no_wait)
    store.put("a", Body.of(b"x"))
    assert (tmp_path / "my bucket" / "a").read_bytes() == b"x"


def test_refuses_a_url_of_another_machine() -> None:
    with pytest.raises(ConnectException, match=r"store.url file://there/x names no directory of this machine"):
        open_store(store_settings("file://there/x", "b"), no_wait)


def test_tells_what_it_could_not_write(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    store = LocalStore(tmp_path, "bucket")
    store.put("a", Body.of(b"x"))
    with pytest.raises(
        StoreException, match=rf"Could not write a/b in {tmp_path}/bucket: (Not a directory|File exists)"
    ):
        store.put("a/b", Body.of(b"x"))
