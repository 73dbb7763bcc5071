"""References to config providers, from declaration to the task configs that are stored."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import ClassVar

import pytest

from penstock.api.config import ConfigDef, ConfigType
from penstock.api.exceptions import ConfigException
from penstock.api.provider import ConfigData, ConfigProvider
from penstock.config.providers import EnvVarConfigProvider, FileConfigProvider
from penstock.config.transformer import ConfigTransformer, has_reference, make_providers, reverse_task_configs


class Vault(ConfigProvider):
    CONFIG: ClassVar[ConfigDef] = ConfigDef().define("lease", ConfigType.LONG, default=None)
    closed: ClassVar[list[str]] = []

    def get(self, path: str | None, keys: AbstractSet[str] | None = None) -> ConfigData:
        return ConfigData({key: f"{path}-{key}" for key in keys or ()}, self.config.get_long("lease", None))

    def close(self) -> None:
        self.closed.append("vault")


CLASSES: dict[str, type] = {"my.Vault": Vault, "str": str, "env": EnvVarConfigProvider, "file": FileConfigProvider}
DECLARED = {
    "config.providers": "v, w,x",
    "config.providers.v.class": " my.Vault ",
    "config.providers.v.param.lease": "500",
    "config.providers.w.class": "my.Vault",
    "config.providers.w.param.lease": "90",
}


def test_declared_providers_resolve_and_tell_how_long() -> None:
    with ConfigTransformer(make_providers(DECLARED, CLASSES.__getitem__)) as transformer:
        found = transformer.transform({"a": "${v:p:k}", "b": "x${w:q:k}y${v:p:l}", "c": "${x:p:k}", "d": None})
    assert dict(found.data) == {"a": "p-k", "b": "xq-kyp-l", "c": "${x:p:k}", "d": None}
    assert found.ttl_ms == 90
    assert found.secrets == {"p-k", "q-k", "p-l"}
    assert "p-k" not in repr(found)
    assert Vault.closed == ["vault", "vault"]


def test_nothing_to_resolve_needs_no_time() -> None:
    assert ConfigTransformer({}).transform({"a": "b"}).ttl_ms is None


def test_a_provider_that_nobody_has() -> None:
    declared = {"config.providers": "x", "config.providers.x.class": "no.such.Provider"}
    with pytest.raises(ConfigException) as caught:
        make_providers(declared, CLASSES.__getitem__)
    assert str(caught.value) == (
        "Invalid value no.such.Provider for configuration config.providers.x.class: Could not load config provider class or "
        "one of its dependencies"
    )


def test_a_class_that_is_no_provider() -> None:
    with pytest.raises(ConfigException, match=r"str is not an instance of ConfigProvider$"):
        make_providers({"config.providers": "x", "config.providers.x.class": "str"}, CLASSES.__getitem__)


def test_stored_task_configs_keep_references() -> None:
    raw = {"password": "${v:p:k}", "topic": "t", "gone": "${v:p:l}", "null": None}
    tasks = [{"password": "s3cret", "topic": "other", "id": "0"}, {"id": "1"}]
    assert reverse_task_configs(raw, tasks) == [{"password": "${v:p:k}", "topic": "other", "id": "0"}, {"id": "1"}]


def test_what_is_a_reference() -> None:
    assert has_reference("x${a:b}y")
    assert has_reference("${a:}")
    assert not has_reference("${a}")
    assert not has_reference("$a:b")
    assert not has_reference(None)


class TestErrors:
    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"a=\xff\n")
        for name in ("f", "absent"):
            with pytest.raises(ConfigException) as caught:
                FileConfigProvider().get(str(tmp_path / name), {"a"})
            assert str(caught.value) == f"Could not read properties from file {tmp_path / name}"

    def test_a_malformed_file(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_text("a=\\u1\n")
        with pytest.raises(ConfigException) as caught:
            FileConfigProvider().get(str(tmp_path / "f"))
        assert str(caught.value).startswith(
            f"Could not read properties from file {tmp_path}/f: malformed \\uxxxx encoding"
        )

    def test_allowed_paths_must_be_there(self) -> None:
        for value, message in (("a/b", "Path a/b is not absolute"), ("/no/such", "Path /no/such does not exist")):
            with pytest.raises(ConfigException) as caught:
                FileConfigProvider().configure({"allowed.paths": value})
            assert str(caught.value) == message

    def test_a_path_beside_the_allowed_ones_is_warned_of(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "out").write_text("a=1\n")
        provider = FileConfigProvider()
        provider.configure({"allowed.paths": str(tmp_path / "in")})
        assert dict(provider.get(f"{tmp_path}/in/../out").data) == {}
        assert "is not allowed to be accessed" in caplog.text

    def test_a_broken_pattern(self) -> None:
        with pytest.raises(ConfigException) as caught:
            EnvVarConfigProvider({}).configure({"allowlist.pattern": "["})
        assert str(caught.value) == (
            "Invalid value [ for configuration allowlist.pattern: Unclosed character class near index 0\n[\n^"
        )
