"""In which order the rows of a batch are written, and which of them needn't be (spec jdbc 18.13).

Rows that come in one statement must not meet: of several with one key only the last counts, and what must follow something
(an upsert behind a delete, one with other columns) waits for the next round. Rows go in the order of their keys, so that two
tasks never wait for each other. Where that can't be had, rows are written in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter, le
from typing import Any

from penstock_jdbc.sink.grouping import Run
from penstock_jdbc.sink.shape import Column, Shape, joined, picked
from penstock_jdbc.sink.writers.base import Op, RowWriter


@dataclass(slots=True)
class Block:
    """Rows of one shape that one thing is done with, in the order of delivery. ``columns`` are raw values: those of all fields,
    for a delete those of the key; ``writer`` knows the database."""

    shape: Shape
    writer: RowWriter
    op: Op
    runs: list[Run] = field(default_factory=list)
    _columns: list[Column] | None = None

    @property
    def columns(self) -> list[Column]:
        """The values, made at first need."""
        if self._columns is None:
            keys_only = self.op is Op.DELETE
            self._columns = joined(
                [self.shape.columns(run.records, run.start, run.stop, keys_only=keys_only) for run in self.runs]
            )
        return self._columns

    def keys(self) -> Sequence[Any]:
        """The key of each row: a value, or a tuple of them. One with a null is equal to no other, as in a database."""
        fields = self.shape.fields.all
        if self.op is Op.DELETE:
            columns = self.columns
        else:
            columns = [column for column, described in zip(self.columns, fields, strict=True) if described.is_key]
        keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        if not any(None in column for column in columns):
            return keys
        whole = [None not in values for values in zip(*columns, strict=True)]
        return [key if is_whole else object() for key, is_whole in zip(keys, whole, strict=True)]

    def __len__(self) -> int:
        return sum(map(len, self.runs))


@dataclass(frozen=True, slots=True)
class Step:
    """Rows to write with one call, as raw columns."""

    writer: RowWriter
    op: Op
    columns: list[Column]


def blocks_of(runs: Sequence[tuple[Run, Shape, RowWriter, Op]]) -> list[Block]:
    """Neighbouring runs of one shape and fate, together."""
    blocks: list[Block] = []
    for run, shape, writer, op in runs:
        if not blocks or blocks[-1].shape is not shape or blocks[-1].op is not op:
            blocks.append(Block(shape, writer, op))
        blocks[-1].runs.append(run)
    return blocks


def steps_of(blocks: Sequence[Block]) -> Iterator[Step]:
    """What to write, step by step. Within a step of upserts, updates or deletes no key occurs twice."""
    if len(blocks) > 1 and all(_may_move(block) for block in blocks):
        yield from _in_rounds(blocks)
        return
    for block in blocks:
        yield Step(block.writer, block.op, _without_superseded(block))


def _may_move(block: Block) -> bool:
    """Whether rows of different keys may change places; an insert's mustn't, where a doubled key is an error to tell."""
    key = block.writer.key
    return key.unique and key.exact and block.op is not Op.INSERT


def _without_superseded(block: Block) -> list[Column]:
    """The block's rows, of each key only the last; in the order of their keys if they may move."""
    key = block.writer.key
    if block.op is Op.INSERT or not (key.unique or block.op in (Op.UPDATE, Op.DELETE)) or not block.shape.fields.keys:
        return block.columns
    keys = block.keys()
    try:
        last = dict(zip(keys, range(len(keys)), strict=True))
    except TypeError:  # arrays have no hash; should two rows meet, the database says so, and they go one after another
        return block.columns
    if key.exact:
        if len(last) == len(keys) and _ascending(keys):
            return block.columns
        places = _sorted(last)
    elif len(last) == len(keys):
        return block.columns
    else:
        places = sorted(last.values())
    return picked(block.columns, places)


def _ascending(keys: Sequence[Any]) -> bool:
    try:
        return all(map(le, keys, keys[1:]))
    except TypeError:  # a null among them
        return False


def _sorted(places: dict[Any, int]) -> list[int]:
    """Places in the order of their keys; in that of delivery where keys can't be compared."""
    try:
        return [place for _, place in sorted(places.items(), key=itemgetter(0))]
    except TypeError:
        return sorted(places.values())


def _in_rounds(blocks: Sequence[Block]) -> Iterator[Step]:
    """What is left to do for each key, first things first. A delete ends all that was to be done before it; an upsert takes the
    place of one before it whose columns it has all."""
    waiting: dict[Any, list[tuple[int, int]]] = {}
    names = [frozenset(f.name for f in block.shape.fields.all) for block in blocks]
    for number, block in enumerate(blocks):
        deletes = block.op is Op.DELETE
        for place, key in enumerate(block.keys()):
            todo = waiting.get(key)
            if todo is None or deletes:
                waiting[key] = [(number, place)]
                continue
            before = todo[-1][0]
            if blocks[before].op is block.op and names[before] <= names[number]:
                todo[-1] = (number, place)
            else:
                todo.append((number, place))
    turn = 0
    while waiting:
        yield from _round(blocks, waiting, turn)
        turn += 1
        waiting = {key: todo for key, todo in waiting.items() if len(todo) > turn}


def _round(blocks: Sequence[Block], waiting: dict[Any, list[tuple[int, int]]], turn: int) -> Iterator[Step]:
    groups: dict[int, dict[Any, int]] = {}
    for key, todo in waiting.items():
        number, place = todo[turn]
        groups.setdefault(number, {})[key] = place
    gathered: dict[tuple[int, Op], list[tuple[Block, dict[Any, int]]]] = {}
    for number in sorted(groups):
        block = blocks[number]
        gathered.setdefault((id(block.shape), block.op), []).append((block, groups[number]))
    for same in gathered.values():
        yield _step(same)


def _step(same: Sequence[tuple[Block, dict[Any, int]]]) -> Step:
    """One step for rows of several blocks of a shape, in the order of their keys."""
    block = same[0][0]
    if len(same) == 1:
        return Step(block.writer, block.op, picked(block.columns, _sorted(same[0][1])))
    pieces = [picked(each.columns, places.values()) for each, places in same]
    keys = {key: at for at, key in enumerate(key for _, places in same for key in places)}
    return Step(block.writer, block.op, picked(joined(pieces), _sorted(keys)))
