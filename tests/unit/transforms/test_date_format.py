"""Dates in Java's patterns. The expected answers were given by ``java.text.SimpleDateFormat`` (Java 17, en_US, UTC)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.javatime import MS_PER_DAY
from penstock.transforms.date_format import DateFormat
from penstock.transforms.date_parse import parse_date
from penstock.transforms.date_parts import parts_writer
from penstock.transforms.date_pattern import Literal, Run, parse_pattern
from penstock.transforms.date_quick import quick_reader
from penstock.transforms.date_write import Moment, piece
from penstock.transforms.date_zones import UTC

NOV_2023 = 1_700_000_000_123
GREGORIAN_SINCE, UNTIL = -12_219_292_800_000, 253_402_300_800_000  # 1582-10-15, 10000-01-01
YEAR_1 = -62_135_596_800_000


@pytest.mark.parametrize(
    ("pattern", "ms", "text"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", NOV_2023, "2023-11-14T22:13:20.123Z"),
        ("EEE, d MMM yyyy HH:mm:ss Z", NOV_2023, "Tue, 14 Nov 2023 22:13:20 +0000"),
        ("EEEE d MMMM yyyy GGGG", NOV_2023, "Tuesday 14 November 2023 AD"),
        ("yy/M/d h a", NOV_2023, "23/11/14 10 PM"),
        ("YYYY-'W'ww-u", NOV_2023, "2023-W46-2"),
        ("YYYY-ww", 1_735_603_200_000, "2025-01"),  # 31 December 2024
        ("W F D", NOV_2023, "3 2 318"),
        ("kk KK hh HH", 0, "24 00 12 00"),
        ("zzzz zzz", 0, "Coordinated Universal Time UTC"),
        ("''yyyy'' 'o''clock'", 0, "'1970' o'clock"),
        ("yyyy.MM.dd", YEAR_1, "0001.01.03"),  # the Julian calendar
        ("yyyy G", YEAR_1 - 400 * MS_PER_DAY, "0002 BC"),
        ("dd.MM.yyyy F", GREGORIAN_SINCE, "15.10.1582 1"),
        ("dd.MM.yyyy", GREGORIAN_SINCE - 1, "04.10.1582"),
        ("yyyy yy", 253_402_300_800_000, "10000 00"),
        ("100%d", NOV_2023, "100%14"),
    ],
)
def test_writes_as_java_does(pattern: str, ms: int, text: str) -> None:
    assert DateFormat(pattern).format(ms) == text


@pytest.mark.parametrize(
    ("pattern", "text", "ms"),
    [
        ("yyyy-MM-dd HH:mm:ss.SSS", "2023-11-14 22:13:20.123", NOV_2023),
        ("yyyy-MM-dd HH:mm:ss.SSS", "2023-11-14 22:13:20.123 and more", NOV_2023),
        ("yyyy-MM-dd", "2024-2-30", 1_709_251_200_000),  # 1 March: lenient
        ("yyyy-MM-dd", " 2024-02-03", 1_706_918_400_000),
        ("yyyyMMdd", "20240229", 1_709_164_800_000),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-01-01T00:00:00+02:00", 1_704_060_000_000),
        ("yyyy-MM-dd'T'HH:mm:ssX", "2024-01-01T00:00:00Z", 1_704_067_200_000),
        ("yyyy-MM-dd HH:mm Z", "2024-01-01 00:00 -0130", 1_704_072_600_000),
        ("yyyy-MM-dd HH:mm z", "2024-01-01 00:00 GMT+1:30", 1_704_061_800_000),
        ("yyyy-MM-dd HH:mm z", "2024-01-01 00:00 pdt", 1_704_092_400_000),
        ("yyyy-MM-dd HH:mm zzzz", "2024-01-01 00:00 Central European Summer Time", 1_704_060_000_000),
        ("EEE, d MMM yyyy", "mon, 5 FEBRUARY 2024", 1_707_091_200_000),
        ("hh:mm a", "12:30 am", 1_800_000),
        ("yyyy DDD", "2024 060", 1_709_164_800_000),
        ("YYYY-'W'ww-u", "2023-W46-2", 1_699_920_000_000),
        ("yyyy MM F E", "2024 01 3 Tue", 1_705_363_200_000),
        ("yyyy MM W E", "2024 01 3 Tue", 1_705_363_200_000),
        ("yyyy G", "0005 BC", -62_293_622_400_000),
        ("dd.MM.yyyy", "10.10.1582", -12_218_860_800_000),
        ("HH:mm", "1E1:05", 36_300_000),
        ("S", "٤٢", 42),
    ],
)
def test_reads_as_java_does(pattern: str, text: str, ms: int) -> None:
    assert DateFormat(pattern).parse(text)[0] == ms


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyyMMdd", "2024"),
        ("yyyy-MM-dd", "2024/01/01"),
        ("yyyy-MM-dd", ""),
        ("yyyy MMM", "2024  Feb"),  # blanks before names are not skipped
        ("HH:mmX", "10:00"),
        ("HH:mmX", "10:00+2"),
        ("HH:mmXXX", "10:00+0200"),
        ("HH:mm Z", "10:00 +24"),
        ("HH:mm z", "10:00 Nowhere"),
        ("E", "Someday"),
    ],
)
def test_refuses_what_does_not_match(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        DateFormat(pattern).parse(text)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("bbb", "Illegal pattern character 'b'"),
        ("yyyy'", "Unterminated quote"),
        ("XXXX", "invalid ISO 8601 format: length=4"),
        ("XXXXT", "Illegal pattern character 'T'"),
    ],
)
def test_wrong_patterns_are_told_in_java_s_words(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        DateFormat(pattern)
    assert str(caught.value) == message


def test_a_pattern_falls_apart_into_letters_and_texts() -> None:
    assert parse_pattern("yyyy-MM'T''o'") == (Run("y", 4), Literal("-"), Run("M", 2), Literal("T'o"))


def test_years_of_two_digits_lie_around_today() -> None:
    short, long = DateFormat("dd/MM/yy"), DateFormat("dd/MM/yyyy")
    this_year = DateFormat("yyyy").format(short._century + 80 * 366 * MS_PER_DAY)
    assert short.parse(f"15/06/{this_year[2:]}") == long.parse(f"15/06/{this_year}")
    assert short.parse("15/06/2024") == long.parse("15/06/2024")


def test_the_zone_of_a_text_is_known() -> None:
    form = DateFormat("yyyy-MM-dd HH:mm z")
    ms, zone = form.parse("2024-01-01 00:00 PST")
    assert (ms, zone.short, zone.offset_ms) == (1_704_096_000_000, "PST", -8 * 3_600_000)
    assert form.format(ms, zone) == "2024-01-01 00:00 PST"
    assert DateFormat("HH:mmXXX Z X zzzz").format(ms, zone) == "00:00-08:00 -0800 -08 Pacific Standard Time"


QUICK_PATTERNS = (
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyyMMddHHmmssSSS",
    "yyyy-MM-dd'T'HH:mm:ssXXX",
    "d.M.yyyy",
    "HH:mm Z",
    "S",
    "y%MM",
)


PARTS_PATTERNS = (*QUICK_PATTERNS, "EEE, d MMM yyyy h:mm a z", "G y D F w W u", "'at' kk:mm:ss.SSSX", "MMMM yy", "")


@given(st.sampled_from(PARTS_PATTERNS), st.lists(st.integers(-(1 << 47), 1 << 49), max_size=5))
def test_texts_in_parts_are_the_careful_ones(pattern: str, column: list[int]) -> None:
    elements = parse_pattern(pattern)
    careful = ["".join(piece(element)(Moment.of(ms, UTC)) for element in elements) for ms in column]
    writer = parts_writer(elements)
    assert DateFormat(pattern).format_column(column) == careful
    assert writer is None or writer.write(column) == careful


def test_most_patterns_are_written_in_parts() -> None:
    assert parts_writer(parse_pattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")) is not None
    assert parts_writer(parse_pattern("HH:mm dd.MM.")) is None


def test_parts_are_not_kept_for_ever() -> None:
    days = [day * 86_400_000 for day in range(5000)]
    writer = parts_writer(parse_pattern("yyyy-MM-dd"))
    assert writer is not None
    assert writer.write(days)[-1] == "1983-09-09"
    assert writer.write(days[:1]) == ["1970-01-01"]


@given(
    st.sampled_from(QUICK_PATTERNS),
    st.integers(GREGORIAN_SINCE, UNTIL - 1),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("0123456789 -:.TZE+")), max_size=3),
)
def test_the_quick_way_to_read_agrees_with_the_careful_one(
    pattern: str, ms: int, changes: list[tuple[int, str]]
) -> None:
    elements = parse_pattern(pattern)
    text = "".join(piece(element)(Moment.of(ms, UTC)) for element in elements)
    for place, char in changes:
        text = text[:place] + char + text[place + 1 :]
    read = quick_reader(elements)
    found = None if read is None else read(text)
    if found is not None:
        assert parse_date(elements, text, 0, 1970)[0] == found


def test_most_texts_are_read_the_quick_way() -> None:
    for pattern in QUICK_PATTERNS[:4]:
        read = quick_reader(parse_pattern(pattern))
        assert read is not None
        assert read(DateFormat(pattern).format(NOV_2023)) is not None
