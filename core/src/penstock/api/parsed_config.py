"""The values of a configuration, typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar, overload

from penstock.api.config_types import Password, masked
from penstock.api.exceptions import ConfigException

T = TypeVar("T")
D = TypeVar("D")


class _NoAnswer:
    """The absence of an ``if_null`` argument."""


_RAISE: Final = _NoAnswer()


class ParsedConfig(Mapping[str, object]):
    """The typed values of all defined keys, defaults included; ``originals`` is what they were parsed from.

    The getters tell the type checker what a key holds. A key that may be null is asked for with a second argument, which is
    returned in place of null: ``config.get_string("file", None)``. They raise :class:`ConfigException` for a key that is not
    defined, or is null without a second argument, and ``TypeError`` when the key holds another type. Immutable; its repr hides
    passwords, ``originals`` doesn't.
    """

    __slots__ = ("_values", "originals")

    def __init__(self, values: Mapping[str, object], originals: Mapping[str, object]) -> None:
        self._values = dict(values)
        self.originals: Mapping[str, object] = dict(originals)

    def __getitem__(self, name: str) -> object:
        try:
            return self._values[name]
        except KeyError:
            raise ConfigException(f"Unknown configuration '{name}'") from None

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ParsedConfig({masked(self._values)})"

    @overload
    def get_string(self, name: str) -> str: ...
    @overload
    def get_string(self, name: str, if_null: D) -> str | D: ...
    def get_string(self, name: str, if_null: object = _RAISE) -> object:
        """The value of a STRING key, or the name of a CLASS key that was parsed without a lookup."""
        return self._get(name, str, if_null)

    @overload
    def get_int(self, name: str) -> int: ...
    @overload
    def get_int(self, name: str, if_null: D) -> int | D: ...
    def get_int(self, name: str, if_null: object = _RAISE) -> object:
        """The value of an INT or SHORT key."""
        return self._get(name, int, if_null)

    @overload
    def get_long(self, name: str) -> int: ...
    @overload
    def get_long(self, name: str, if_null: D) -> int | D: ...
    def get_long(self, name: str, if_null: object = _RAISE) -> object:
        """The value of a LONG key."""
        return self._get(name, int, if_null)

    @overload
    def get_double(self, name: str) -> float: ...
    @overload
    def get_double(self, name: str, if_null: D) -> float | D: ...
    def get_double(self, name: str, if_null: object = _RAISE) -> object:
        """The value of a DOUBLE key."""
        return self._get(name, float, if_null)

    @overload
    def get_bool(self, name: str) -> bool: ...
    @overload
    def get_bool(self, name: str, if_null: D) -> bool | D: ...
    def get_bool(self, name: str, if_null: object = _RAISE) -> object:
        """The value of a BOOLEAN key."""
        return self._get(name, bool, if_null)

    @overload
    def get_list(self, name: str) -> list[str]: ...
    @overload
    def get_list(self, name: str, if_null: D) -> list[str] | D: ...
    def get_list(self, name: str, if_null: object = _RAISE) -> object:
        """A copy of the value of a LIST key."""
        found = self._get(name, list, if_null)
        return list(found) if isinstance(found, list) else found

    @overload
    def get_password(self, name: str) -> Password: ...
    @overload
    def get_password(self, name: str, if_null: D) -> Password | D: ...
    def get_password(self, name: str, if_null: object = _RAISE) -> object:
        """The value of a PASSWORD key; its ``value`` is the secret."""
        return self._get(name, Password, if_null)

    @overload
    def get_class(self, name: str) -> type: ...
    @overload
    def get_class(self, name: str, if_null: D) -> type | D: ...
    def get_class(self, name: str, if_null: object = _RAISE) -> object:
        """The value of a CLASS key that was parsed with a lookup."""
        return self._get(name, type, if_null)

    def originals_with_prefix(self, prefix: str) -> dict[str, object]:
        """The original values of keys that start with ``prefix``, under their names without it."""
        return {key[len(prefix) :]: value for key, value in self.originals.items() if key.startswith(prefix)}

    def _get(self, name: str, kind: type[T], if_null: object) -> object:
        value = self[name]
        if value is None:
            if if_null is _RAISE:
                raise ConfigException(
                    f"Configuration '{name}' is null: set it, or ask for it with a value to take instead"
                )
            return if_null
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"Configuration '{name}' is no {kind.__name__} but {type(value).__name__}")
        return value
