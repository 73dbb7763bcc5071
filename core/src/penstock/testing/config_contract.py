"""What holds for the configuration of every plugin."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api.config import ConfigDef, ConfigKey
from penstock.api.exceptions import ConfigException

_ODD = ("", " ", "-1", "no such thing", "${", "ä\u0000")


def check_documented(definition: ConfigDef) -> None:
    """Every key says what it is for. Internal keys are nobody's business."""
    silent = [key.name for key in definition if not key.internal and not key.doc.strip()]
    assert not silent, f"keys without 'doc': {', '.join(silent)}"


def check_dependents(definition: ConfigDef) -> None:
    """Every dependent is a key."""
    undefined = definition.undefined_dependents()
    assert not undefined, f"dependents that are no keys: {', '.join(undefined)}"


def check_example(definition: ConfigDef, config: Mapping[str, str]) -> None:
    """The example config has no errors."""
    errors = {value.name: value.errors for value in definition.validate(config) if value.errors}
    assert not errors, f"the example config has errors: {errors}"


def check_required(definition: ConfigDef, config: Mapping[str, str]) -> None:
    """What is left out of the example is asked for, where it is required."""
    for key in required_keys(definition):
        rest = {name: text for name, text in config.items() if name != key.name}
        found = {value.name: value.errors for value in definition.validate(rest)}
        assert found[key.name], f"{key.name} is required, but a config without it is valid"


def check_odd_values(definition: ConfigDef, config: Mapping[str, str]) -> None:
    """Validation tells what is wrong; it never raises, whatever a user writes."""
    for key in definition:
        for odd in _ODD:
            try:
                definition.validate({**config, key.name: odd})
            except Exception as error:
                raise AssertionError(f"validation of {key.name}={odd!r} raised {error!r}") from error


def check_parsing(definition: ConfigDef, config: Mapping[str, str]) -> None:
    """What validates is also what a plugin starts with."""
    try:
        definition.parse(config)
    except ConfigException as error:
        raise AssertionError(f"the example config cannot be parsed: {error}") from error


def required_keys(definition: ConfigDef) -> list[ConfigKey]:
    """The keys that must be given."""
    return [key for key in definition if key.required]
