"""That transformations do with columns of records what they do with one record after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from penstock.api import RecordColumns, SinkRecord, SourceRecord, Transformation, same_value
from penstock.api.equality import same_sequence

Record = SourceRecord | SinkRecord


def columns_of(records: Sequence[Record]) -> RecordColumns:
    """Records that share topic and schemas, as columns."""
    first = records[0]
    return RecordColumns(
        topic=first.topic,
        values=[record.value for record in records],
        value_schema=first.value_schema,
        keys=[record.key for record in records],
        key_schema=first.key_schema,
        timestamps=[record.timestamp for record in records],
        headers=[record.headers for record in records],
        partitions=[record.kafka_partition for record in records],
        offsets=[record.kafka_offset for record in records] if isinstance(first, SinkRecord) else None,  # type: ignore[union-attr]
        places=range(len(records)),
    )


def check(
    transformation: Transformation[Any], records: Sequence[Record], apply: Callable[[Any], Record | None]
) -> bool:
    """Raise AssertionError unless ``apply_batch`` makes of records what ``apply`` does, or leaves them to it; True if it did
    not leave them. The records share topic and schemas."""
    runs = applied(transformation, records)
    if runs is None:
        return False
    try:
        expected = [apply(record) for record in records]
    except Exception as error:
        raise AssertionError(f"apply_batch takes what apply refuses: {error}") from error
    check_runs(runs, records, expected)
    return True


def applied(transformation: Transformation[Any], records: Sequence[Record]) -> Sequence[RecordColumns] | None:
    """What ``apply_batch`` makes of records; None where it leaves them to ``apply``, be it by raising."""
    try:
        return transformation.apply_batch(columns_of(records))
    except Exception:  # noqa: BLE001  # as the runtime takes it
        return None


def check_runs(runs: Sequence[RecordColumns], records: Sequence[Record], expected: Sequence[Record | None]) -> None:
    """Raise AssertionError unless ``runs`` have what ``expected`` has: the result of each of ``records``."""
    places = [place for run in runs for place in run.places]
    kept = [place for place, record in enumerate(expected) if record is not None]
    assert places == kept, f"records {kept} of {len(records)} go on one by one, {places} in columns"
    for run in runs:
        for number, place in enumerate(run.places):
            one = expected[place]
            assert one is not None
            found = (
                run.topic,
                run.key_schema,
                run.value_schema,
                _at(run.partitions, number),
                _at(run.timestamps, number),
            )
            wanted = (one.topic, one.key_schema, one.value_schema, one.kafka_partition, one.timestamp)
            assert found == wanted, f"{records[place]!r} became {wanted} alone, {found} in columns"
            _check_same("key", _at(run.keys, number), one.key)
            _check_same("value", run.values[number], one.value)
            headers = _at(run.headers, number)
            assert (headers if headers is not None and len(headers) else None) == (
                one.headers if one.has_headers else None
            )


def _at(column: Sequence[Any] | None, number: int) -> Any:
    return None if column is None else column[number]


def _check_same(what: str, found: object, wanted: object) -> None:
    assert same_value(found, wanted), f"the {what} is {wanted!r} alone, {found!r} in columns"
    if isinstance(found, dict) and isinstance(wanted, dict):
        assert same_sequence(list(found), list(wanted)), f"the keys of {wanted!r} have another order: {found!r}"
