"""What validation found so far, for checks over several keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from penstock.api import ConfigDef, ConfigValue, ParsedConfig
from penstock_jdbc.config.shared_keys import find_class


class Findings:
    """The values of all keys of a definition, in order, to which checks add errors."""

    def __init__(
        self, definition: ConfigDef, props: Mapping[str, str | None], values: list[ConfigValue] | None = None
    ) -> None:
        """Run each key's own validation, unless ``values`` are its result."""
        self._definition = definition
        self.props = {key: value for key, value in props.items() if value is not None}
        self.values: list[ConfigValue] = definition.validate(props, find_class) if values is None else values
        self._by_name = {value.name: value for value in self.values}

    def copy(self) -> Findings:
        """The same values, to which errors may be added without changing these."""
        values = [
            replace(value, errors=list(value.errors), recommended_values=list(value.recommended_values))
            for value in self.values
        ]
        return Findings(self._definition, self.props, values)

    @property
    def clean(self) -> bool:
        """Whether there is no error yet."""
        return not any(value.errors for value in self.values)

    def __getitem__(self, key: str) -> object:
        """The parsed value of a key; None where it could not be parsed or isn't defined."""
        found = self._by_name.get(key)
        return None if found is None else found.value

    def value(self, key: str) -> ConfigValue | None:
        """What was found for a key."""
        return self._by_name.get(key)

    def given(self, key: str) -> bool:
        """Whether a key has a value with something in it: no blank text, no empty list, no list that begins with a blank."""
        value = self[key]
        if isinstance(value, list):
            return bool(value) and bool(str(value[0]).strip())
        return bool(str(value).strip()) if isinstance(value, str) else value is not None

    def add(self, keys: Iterable[str], message: str) -> None:
        """Add an error to each of these keys."""
        for key in keys:
            found = self._by_name.get(key)
            if found is not None:
                found.add_error(message)

    def parsed(self) -> ParsedConfig:
        """The typed values. Only where :attr:`clean`; raises ConfigException otherwise."""
        return self._definition.parsed(self.props)
