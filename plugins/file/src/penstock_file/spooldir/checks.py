"""Validators of SpoolDir's keys, in its wording where it has one."""

from __future__ import annotations

import codecs
import enum
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from penstock.api import ConfigException, DataException, Schema, Type, Validator, validators
from penstock_file.spooldir.dates import check_pattern, zone_of
from penstock_file.spooldir.glob import compile_glob
from penstock_file.spooldir.schema_text import read_schema

_EXTENSION = re.compile(r"^.*\..+$")


def choice(kind: type[enum.Enum]) -> Validator:
    """One of an enum's values; also for lists."""
    names = [member.value for member in kind]

    def check(name: str, value: object) -> None:
        for item in value if isinstance(value, list) else [value]:
            if item not in names:
                raise ConfigException(
                    f"Invalid value {value} for configuration {name}: '{item}' is not a valid value for {kind.__name__}. "
                    f"Valid values are {', '.join(names)}."
                )

    return validators.described(check, f"Matches: ``{'``, ``'.join(names)}``")


def _check_directory(name: str, value: object) -> None:
    path = Path(str(value))
    if not str(value).strip() or "\0" in str(value):
        raise ConfigException.of(name, value, "This must be the path of a directory")
    if not path.is_absolute():
        raise ConfigException.of(name, value, f"'{path}' must be an absolute path")
    if not path.is_dir():
        raise ConfigException.of(name, value, f"'{path}' must be a directory that exists where the worker runs")
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigException.of(name, value, f"'{path}' must be writable by the user that runs the worker")


def _check_extension(name: str, value: object) -> None:
    if not _EXTENSION.fullmatch(str(value)) or "/" in str(value):
        raise ConfigException.of(name, value, f"'{value}' does not match pattern '{_EXTENSION.pattern}'")


def _check_charset(name: str, value: object) -> None:
    try:
        codecs.lookup(str(value))
        text = "a".encode(str(value))
    except (LookupError, UnicodeError, ValueError, AttributeError):
        text = b""
    if not text:
        raise ConfigException.of(name, value, f"Charset '{value}' is invalid for {name}")


def _check_character(name: str, value: object) -> None:
    if not isinstance(value, int) or not 0 <= value <= 0xFFFF:
        raise ConfigException.of(name, value, "This is the number of a character, such as 44 for a comma")


def _check_schema(name: str, value: object) -> None:
    if not value:
        return
    try:
        schema = read_schema(name, str(value))
    except (DataException, json.JSONDecodeError) as error:
        raise ConfigException.of(name, value, str(error)) from error
    check_struct(name, schema)


def check_struct(name: str, schema: Schema) -> None:
    """Keys and values are structs. Raises ConfigException."""
    if schema.type is not Type.STRUCT:
        raise ConfigException(
            f"Invalid schema for configuration {name}: it must be of type STRUCT, not {schema.type.name}"
        )


def _check_zone(name: str, value: object) -> None:
    try:
        zone_of(str(value))
    except ValueError as error:
        raise ConfigException.of(name, value, str(error)) from error


def _check_formats(name: str, value: object) -> None:
    assert isinstance(value, Sequence)
    for pattern in value:
        try:
            check_pattern(str(pattern))
        except ValueError as error:
            raise ConfigException.of(name, pattern, str(error)) from error


directory = validators.described(_check_directory, "Absolute path to a directory that exists and is writable.")
extension = validators.described(_check_extension, f"Matches regex( {_EXTENSION.pattern} )")
charset = validators.described(_check_charset, "The name of a charset, such as UTF-8 or ISO-8859-1")
character = validators.described(_check_character, "The number of a character")
schema_text = validators.described(_check_schema, "A schema of type STRUCT as JSON, or nothing")
time_zone = validators.described(_check_zone, "The name of a time zone")
date_formats = validators.described(_check_formats, "Patterns of java.text.SimpleDateFormat")


def _check_glob(name: str, value: object) -> None:
    try:
        compile_glob(str(value))
    except re.error as error:
        raise ConfigException.of(name, value, str(error)) from error


def _check_pattern(name: str, value: object) -> None:
    validators.regex()(name, value)
    try:
        re.compile(str(value))
    except re.error as error:
        raise ConfigException.of(
            name, value, f"Java knows this expression, Python does not ({error}); write it in another way"
        ) from error


file_pattern = validators.described(_check_pattern, "valid regex")
glob = validators.described(_check_glob, "A pattern for paths, or nothing")
