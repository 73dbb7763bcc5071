"""A kill before each call into the operating system while files are written: the files that stay hold every record once."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from penstock_file.rotating.part_file import PartFile
from tests.plugins.file.killing import Killed, close_files_below, killed_before_call
from tests.plugins.file.rotating.test_sink import T0, Sink

RECORDS = 11


def run(sink: Sink) -> None:
    """Deliver everything that is not committed, three records at a time; commit now and then; finish what is open at the end."""
    place = sink.committed.get(T0, 0)
    while place < RECORDS:
        values = [str(number) for number in range(place, min(place + 3, RECORDS))]
        sink.put(place, *values)
        place += len(values)
        if place % 2:
            sink.commit(place)
    for where in list(sink.task._open):
        sink.task._finish(where)
    sink.commit(RECORDS)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files of the dead
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("cut_after", ["2", "3", "4"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_every_record_is_in_one_file(tmp_path: Path, cut_after: str, compression: str) -> None:
    """After the kill files are cut after another number of records, as by their age."""
    template = "{{topic}}/{{partition}}-{{start_offset}}"
    expected = [str(number) for number in range(RECORDS)]
    for number in range(500):
        home = tmp_path / str(number)
        home.mkdir()
        sink = Sink(home, **{"rotate.records": "3", "file.name.template": template, "file.compression": compression})
        try:
            with killed_before_call(number):
                run(sink)
        except Killed:
            sink.props["rotate.records"] = cut_after
            close_files_below(home)
            forget(sink)
            sink.start()
            run(sink)
        else:
            break
        assert rows(home) == expected, number
        assert sink.committed == {T0: RECORDS}
        assert sink.hidden() == [], number
    assert number > 30


def forget(sink: Sink) -> None:
    """The dead close nothing a second time."""
    for opened in sink.task._open.values():
        part: PartFile = opened.file
        part._descriptor = None


def rows(home: Path) -> list[str]:
    """What the files hold, in the order of their start offsets; each begins where the one before ends."""
    found: list[str] = []
    for path in sorted((home / "t").iterdir(), key=lambda path: int(path.name.partition("-")[2].partition(".")[0])):
        data = path.read_bytes()
        found += (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()
    return found
