"""Texts of instants, as Joda-Time's ``dateTimeParser`` reads them (checked against version 2.12.7)."""

from __future__ import annotations

import time

import pytest

from penstock_s3.joda import iso

READ = {
    "2023": 1_672_531_200_000,
    "2023-11": 1_698_796_800_000,
    "2023-1-5": 1_672_876_800_000,
    "2023-11-14": 1_699_920_000_000,
    "02023-11-14": 1_699_920_000_000,
    "-0001-01-01": -62_198_755_200_000,
    "2023-318": 1_699_920_000_000,
    "2023-W46": 1_699_833_600_000,
    "2023-W46-3": 1_700_006_400_000,
    "2023-11-14T": 1_699_920_000_000,
    "2023-11-14T22": 1_699_999_200_000,
    "2023-11-14T22.5": 1_700_001_000_000,
    "2023-11-14T22:13": 1_699_999_980_000,
    "2023-11-14T22:13:20,5": 1_700_000_000_500,
    "2023-11-14T22:13:20.123456789Z": 1_700_000_000_123,
    "2023-11-14t22:13:20z": 1_700_000_000_000,
    "2023-11-14T22:13:20+02:00": 1_699_992_800_000,
    "2023-11-14T22:13:20+0200": 1_699_992_800_000,
    "2023-11-14T22:13:20-08": 1_700_028_800_000,
    "2023-11-14T22:13:20+02:00:30": 1_699_992_770_000,
    "2023-11-14T22:13:20+02:00:30.250": 1_699_992_769_750,
    "T10:00": 36_000_000,
    "T22.699999899": 81_719_998,
    "292278994-01-01": 9_223_372_017_129_600_000,
}

REFUSED = [
    "", " ", "now", "T", "T24", "T10:60", "T10:00:60", "2023-02-29", "2023-13-01", "2023-366", "2023-000", "2023-W54",
    "2023-11-14 22:13:20", "20231114T221320Z", "2023-11-14T22:13:20[UTC]", "2023-11-14T22:13:20+24:00",
    "2023-11-14T22:13:20+02:60", "2023-11-14T22:13:20.1234567891", "2023-11-14T22:13:20+0200:30", "٢٠٢٣", "300000000",
]  # fmt: skip


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize("text", READ)
def test_reads(text: str) -> None:
    assert iso.parse(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid format|Cannot parse") as told:
        iso.parse(text)
    assert f'"{text}"' in str(told.value)


def test_takes_the_zone_of_the_process_where_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert iso.parse("2023-07-01T12:00") == 1_688_205_600_000
        assert iso.parse("2023-01-01T12:00") == 1_672_570_800_000
        assert iso.parse("2023-01-01T12:00Z") == 1_672_574_400_000
    finally:
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()
