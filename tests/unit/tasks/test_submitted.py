"""Offsets move only over the acknowledged head (spec 8.1)."""

from __future__ import annotations

from penstock.api.record import SourceRecord
from penstock.tasks.submitted import SourcePosition, SubmittedBatches, partition_key, position_of, positions_of


def test_only_the_acknowledged_head_becomes_committable() -> None:
    batches = SubmittedBatches()
    for ticket in (1, 2, 3):
        batches.submit(ticket, position_of({"file": "a"}, {"position": ticket}))
    assert batches.take_committable() == {}
    batches.acknowledge(2)
    taken = batches.take_committable()
    assert list(taken.values()) == [SourcePosition({"file": "a"}, {"position": 2})]
    assert batches.in_flight == 1


def test_positions_of_different_partitions_are_kept_apart() -> None:
    batches = SubmittedBatches()
    batches.submit(1, position_of({"id": 1}, {"n": 1}) | position_of({"id": 2}, {"n": 7}))
    batches.submit(2, position_of({"id": 1}, {"n": 2}))
    batches.acknowledge(2)
    assert sorted(position.offset["n"] for position in batches.take_committable().values()) == [2, 7]


def test_what_could_not_be_stored_goes_under_what_is_newer() -> None:
    batches = SubmittedBatches()
    batches.submit(1, position_of({"id": 1}, {"n": 1}) | position_of({"id": 2}, {"n": 1}))
    batches.acknowledge(1)
    failed = batches.take_committable()
    batches.submit(2, position_of({"id": 1}, {"n": 2}))
    batches.acknowledge(2)
    batches.restore(failed)
    offsets = {position.partition["id"]: position.offset["n"] for position in batches.take_committable().values()}
    assert offsets == {1: 2, 2: 1}


def test_a_lost_record_freezes_everything_behind_it() -> None:
    batches = SubmittedBatches()
    batches.submit(1, position_of(None, {"n": 1}))
    batches.freeze()
    batches.acknowledge(1)
    assert batches.take_committable() == {}


def test_partition_identity_ignores_order_and_tells_types_apart() -> None:
    assert partition_key({"a": 1, "b": 2}) == partition_key({"b": 2, "a": 1})
    assert len({partition_key({"a": value}) for value in (1, 1.0, True, "1")}) == 4
    assert partition_key(None) is None


def test_what_may_not_be_in_a_partition_still_has_an_identity() -> None:
    assert partition_key({"a": [1], "b": 2}) == partition_key({"b": 2, "a": [1]})
    assert len({partition_key({"a": value}) for value in ([1], [2], {"x": 1}, bytearray(b"x"), b"x")}) == 5


def test_the_newest_position_of_each_partition_counts() -> None:
    shared = {"id": 1}
    records = [SourceRecord("t", source_partition=shared, source_offset={"n": n}) for n in range(5)]
    assert [p.offset for p in positions_of(records).values()] == [{"n": 4}]
    apart = [SourceRecord("t", source_partition={"id": n % 2}, source_offset={"n": n}) for n in range(5)]
    assert sorted(p.offset["n"] for p in positions_of(apart).values()) == [3, 4]


def test_positions_are_copied_since_sources_reuse_their_mappings() -> None:
    offset = {"n": 1}
    positions = position_of({"id": 1}, offset)
    offset["n"] = 99
    assert [p.offset for p in positions.values()] == [{"n": 1}]
