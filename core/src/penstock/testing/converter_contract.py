"""What holds for a converter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeAlias, cast

import pytest

from penstock.api.converter import NULL_SCHEMA_AND_VALUE, ColumnAndSchema, Converter, PartialBatch, SchemaAndValue
from penstock.api.equality import same_value
from penstock.api.exceptions import DataException
from penstock.api.header import Headers
from penstock.api.hooks import PluginKind
from penstock.discovery.plugins import PluginIndex, load_class
from penstock.testing import config_contract

Make: TypeAlias = Callable[[bool], Converter]

_TOPIC = "contract"
_GARBAGE = (
    b"", b"\x00", b"\xff\xfe", b"{", b"[1", b'{"schema": {}, "payload": 1}', b"null", b"-", b"1e400", b"\x00\x00\x00\x00\x01abc",
    bytes(range(256)),
)  # fmt: skip


class ConverterContract:
    """Inherit it, say ``converter``, override the fixtures ``values`` and, if it needs one, ``config``::

    class TestMyConverter(ConverterContract):
        converter = MyConverter

        @pytest.fixture
        def values(self):
            return [SchemaAndValue(Schema.STRING, "x")]
    """

    converter: ClassVar[type[Converter] | str]
    """The class, or a name by which it is installed."""

    @pytest.fixture
    def config(self) -> Mapping[str, str]:
        """An example config that works, without ``converter.type``."""
        return {}

    @pytest.fixture
    def values(self) -> Sequence[SchemaAndValue]:
        """Data that comes back from its bytes as it was. Override it."""
        raise NotImplementedError(
            f"{type(self).__name__} must override the fixture 'values' with data that it converts"
        )

    @pytest.fixture
    def make(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> Make:
        """Makes configured converters; for keys where it is told so."""

        def configured(is_key: bool) -> Converter:
            one = self._class(penstock_plugins)()
            settings = _typed(config, is_key=is_key)
            one.use_config(settings)
            one.configure(settings, is_key)
            return one

        return configured

    def test_every_key_is_documented(self, penstock_plugins: PluginIndex) -> None:
        """And no key depends on one that isn't there."""
        definition = self._class(penstock_plugins)().config_def()
        config_contract.check_documented(definition)
        config_contract.check_dependents(definition)

    def test_the_example_is_valid(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> None:
        """As validation sees it, for keys and for values, and as it is parsed at the start."""
        definition = self._class(penstock_plugins)().config_def()
        for is_key in (True, False):
            config_contract.check_example(definition, _typed(config, is_key=is_key))
            config_contract.check_parsing(definition, _typed(config, is_key=is_key))

    def test_validation_tells_and_never_raises(self, penstock_plugins: PluginIndex, config: Mapping[str, str]) -> None:
        """Whatever a user writes."""
        config_contract.check_odd_values(self._class(penstock_plugins)().config_def(), _typed(config, is_key=False))

    @pytest.mark.parametrize("is_key", [True, False], ids=["key", "value"])
    def test_what_is_written_can_be_read(self, make: Make, values: Sequence[SchemaAndValue], is_key: bool) -> None:
        """By another instance, as it was."""
        writer, reader = make(is_key), make(is_key)
        for data in values:
            encoded = writer.from_connect_data(_TOPIC, Headers(), data.schema, data.value)
            assert encoded is None or isinstance(encoded, bytes)
            read = reader.to_connect_data(_TOPIC, Headers(), encoded)
            assert read.schema == data.schema, f"{data} came back with the schema {read.schema}"
            assert same_value(read.value, data.value), f"{data} came back as {read.value!r}"

    def test_null_is_null(self, make: Make) -> None:
        """A null without a schema is a tombstone: no bytes, in both directions."""
        one = make(False)
        assert one.from_connect_data(_TOPIC, Headers(), None, None) is None
        assert one.to_connect_data(_TOPIC, Headers(), None).value is NULL_SCHEMA_AND_VALUE.value

    def test_a_column_is_its_items(self, make: Make, values: Sequence[SchemaAndValue]) -> None:
        """The batch methods give what the others give one by one."""
        one = make(False)
        if one.uses_headers:
            return
        singly = [one.from_connect_data(_TOPIC, None, data.schema, data.value) for data in values]
        together = [one.from_connect_data_batch(_TOPIC, data.schema, [data.value] * 3) for data in values]
        assert [[_bytes(item) for item in column] for column in together] == [[item] * 3 for item in singly]
        runs = one.to_connect_data_batch(_TOPIC, singly)
        found = [SchemaAndValue(run.schema, value) for run in runs for value in run.values]
        expected = [one.to_connect_data(_TOPIC, None, item) for item in singly]
        assert [data.schema for data in found] == [data.schema for data in expected]
        assert all(same_value(a.value, b.value) for a, b in zip(found, expected, strict=True))

    def test_bytes_of_others_fail_with_a_data_exception(self, make: Make) -> None:
        """Whatever is in a topic: it can be tolerated and dead-lettered only then."""
        one = make(False)
        for garbage in _GARBAGE:
            try:
                one.to_connect_data(_TOPIC, Headers(), garbage)
            except DataException:
                continue
            except Exception as error:
                raise AssertionError(f"{garbage!r} raised {error!r}, which is no DataException") from error

    def test_a_column_stops_at_the_item_that_fails(self, make: Make, values: Sequence[SchemaAndValue]) -> None:
        """What is before it is kept."""
        one = make(False)
        good = one.from_connect_data(_TOPIC, Headers(), values[0].schema, values[0].value)
        bad = next((garbage for garbage in _GARBAGE if _fails(one, garbage)), None)
        if bad is None or one.uses_headers:
            return
        with pytest.raises(PartialBatch) as caught:
            one.to_connect_data_batch(_TOPIC, [good, good, bad, good])
        assert caught.value.index == 2
        runs = cast("Sequence[ColumnAndSchema]", caught.value.done)
        assert sum(len(run.values) for run in runs) == 2
        assert isinstance(caught.value.error, DataException)

    def _class(self, index: PluginIndex) -> type[Converter]:
        if not isinstance(self.converter, str):
            return self.converter
        found = load_class(index.find(PluginKind.CONVERTER, self.converter))
        assert issubclass(found, Converter)
        return found


def _typed(config: Mapping[str, str], *, is_key: bool) -> dict[str, str]:
    return {**config, "converter.type": "key" if is_key else "value"}


def _bytes(item: bytes | str | None) -> bytes | None:
    return item.encode() if isinstance(item, str) else item


def _fails(one: Converter, data: bytes) -> bool:
    try:
        one.to_connect_data(_TOPIC, Headers(), data)
    except DataException:
        return True
    return False
