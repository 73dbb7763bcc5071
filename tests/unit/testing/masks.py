"""Transforms of an author: plain functions, and for comparison a class."""

from __future__ import annotations

from typing import Annotated, Literal

from penstock.api import (
    AnyRecord,
    ConfigDef,
    DataException,
    RetriableException,
    Schema,
    SchemaAndValue,
    SourceRecord,
    Transformation,
    transform,
)


@transform
def mask(
    record: AnyRecord,
    *,
    field: Annotated[str, "The field whose value is hidden."],
    replacement: Annotated[str, "What stands in its place."] = "***",
) -> AnyRecord | None:
    """Hides one field. Records without a map are dropped."""
    if not isinstance(record.value, dict):
        return None
    return record.replace(value={**record.value, field: replacement})


@transform(on="value")
def shout(value: str, *, marks: Annotated[int, "How many exclamation marks."] = 1) -> str:
    """Says it louder."""
    if value == "poison":
        raise DataException("this cannot be shouted")
    return value.upper() + "!" * marks


@transform(on="key")
def key_kind(key: str, *, kind: Annotated[Literal["user", "order"], "What the keys name."] = "user") -> SchemaAndValue:
    """Puts the kind before the key."""
    return SchemaAndValue(Schema.STRING, f"{kind}:{key}")


@transform(on="value")
def at_the_third_attempt(value: str) -> str:
    """Asks twice for another attempt."""
    attempts.append(value)
    if len(attempts) % 3:
        raise RetriableException("not yet")
    return value


@transform(on="value")  # noqa: RET503  # the mistake that is meant
def forgetful(value: str) -> str:  # type: ignore[return]
    """Has a path without a return."""
    if value != "known":
        return value


@transform(on="value")
def only_even(value: int) -> int | None:
    """Drops odd numbers."""
    return value if value % 2 == 0 else None


attempts: list[str] = []


def undecorated(record: SourceRecord) -> SourceRecord:
    """Lacks @transform."""
    return record


class Reverse(Transformation[SourceRecord]):
    """A class that no hook announces."""

    CONFIG = ConfigDef()

    def apply(self, record: SourceRecord) -> SourceRecord:
        """Values backwards."""
        return record.replace(value=str(record.value)[::-1])
