"""What the records of each format are, and that reading goes on at any record."""

from __future__ import annotations

import bz2
import datetime as dt
import decimal
import gzip
import importlib
import json
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import ConnectException, Schema, Struct, StructColumn
from penstock_file.spooldir import tasks
from penstock_file.spooldir.task import SpoolDirTask
from tests.plugins.file.spooldir.spool import WITH_SCHEMAS, Spool, set_time

CSV, JSON = tasks.SpoolDirCsvSourceTask, tasks.SpoolDirJsonSourceTask
LINES, TEXTS, BYTES = (
    tasks.SpoolDirLineDelimitedSourceTask,
    tasks.SpoolDirSchemaLessJsonSourceTask,
    tasks.SpoolDirBinaryFileSourceTask,
)


def schemas(**fields: Mapping[str, object] | str) -> dict[str, str]:
    made = {
        name: {"type": field, "isOptional": True} if isinstance(field, str) else field for name, field in fields.items()
    }
    return {
        "value.schema": json.dumps({"type": "STRUCT", "name": "v", "fieldSchemas": made}),
        "key.schema": json.dumps({"type": "STRUCT", "name": "k", "fieldSchemas": {}}),
    }


def logical(name: str, kind: str, **parameters: str) -> dict[str, object]:
    return {
        "name": f"org.apache.kafka.connect.data.{name}",
        "type": kind,
        "version": 1,
        "isOptional": True,
        **({"parameters": parameters} if parameters else {}),
    }


ALL_TYPES: dict[str, Mapping[str, object] | str] = {
    "i8": "INT8",
    "i16": "INT16",
    "i32": "INT32",
    "i64": "INT64",
    "f32": "FLOAT32",
    "f64": "FLOAT64",
    "b": "BOOLEAN",
    "s": "STRING",
    "dec": logical("Decimal", "BYTES", scale="2"),
    "day": logical("Date", "INT32"),
    "clock": logical("Time", "INT32"),
    "when": logical("Timestamp", "INT64"),
}


class TestCsv:
    def test_every_type(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **schemas(**ALL_TYPES), csv_first_row_as_header="true")
        moments = "2015-09-30T15:29:03Z"
        spool.write(
            "f",
            f"{','.join(ALL_TYPES)}\n-128,32767,+5,-9223372036854775808,0.1,1e3,TRUE,x,12.5,{moments},{moments},{moments}\n",
        )
        (row,) = spool.rows()

        when = dt.datetime(2015, 9, 30, 15, 29, 3, tzinfo=dt.UTC)
        single = 0.10000000149011612
        assert row == [
            -128, 32767, 5, -(1 << 63), single, 1000.0, True, "x", decimal.Decimal("12.50"), when.date(), when.time(), when,
        ]  # fmt: skip

    def test_keys_have_the_values_of_their_fields(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS)
        spool.write("f", "1,x\n")
        (record,) = spool.records()

        assert isinstance(record.key, Struct)
        assert record.key.values == [1]
        assert record.key_schema is not None
        assert (record.key_schema.name, record.timestamp, record.kafka_partition) == ("com.example.Key", None, None)

    @pytest.mark.parametrize(
        ("key", "header", "columns"),
        [
            ({"id": {"type": "INT64"}}, "id,name", (True, True)),
            ({"name": {"type": "STRING", "isOptional": True}}, "id,other", (True, True)),
            ({"name": {"type": "STRING"}}, "id,name", (True, False)),  # it may be null
            ({"id": {"type": "INT32"}}, "id,name", (True, False)),
            ({"no": {"type": "INT64"}}, "id,name", (True, False)),
            ({"id": {"type": "INT64"}}, "other,name", (False, False)),  # a required field is missing
        ],
    )
    def test_structs_are_columns_where_all_values_are_sure_to_fit(
        self, tmp_path: Path, key: object, header: str, columns: tuple[bool, bool]
    ) -> None:
        options = {**WITH_SCHEMAS, "key.schema": json.dumps({"type": "STRUCT", "fieldSchemas": key})}
        spool = Spool(tmp_path, CSV, **options, csv_first_row_as_header="true")
        spool.write("f", f"{header}\n1,x\n")
        (batch,) = spool.task.poll() or []
        assert (isinstance(batch.values, StructColumn), isinstance(batch.keys, StructColumn)) == columns
        for structs in (batch.values, batch.keys or ()):
            for struct in structs if isinstance(structs, StructColumn) else ():
                assert isinstance(struct, Struct)
                struct.validate()
        spool.records()

    def test_columns_go_by_the_header(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS, csv_first_row_as_header="true", csv_skip_lines="1")
        spool.write("f", "\ufeff# made by hand\nname,other,ID\nx,y,1\n")
        assert spool.rows() == [[1, "x"]]

    def test_names_may_be_case_sensitive(self, tmp_path: Path) -> None:
        options = {"csv.first.row.as.header": "true", "csv.case.sensitive.field.names": "true"}
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS, **options)
        spool.write("f", "id,NAME\n1,x\n")
        assert spool.rows() == [[1, None]]

    def test_numbers_are_those_of_lines_as_spooldir_counts_them(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS, csv_first_row_as_header="true", csv_skip_lines="2")
        spool.write("f", '#\n#\nid,name\n1,a\n2,"b\nb"\n\n3,c\n')
        numbers = [record.source_offset["offset"] for record in spool.records() if record.source_offset]
        assert numbers == [1, 3, 5]

    def test_a_header_of_several_lines(self, tmp_path: Path) -> None:
        spool = Spool(
            tmp_path,
            CSV,
            **schemas(**{"a\nb": "STRING", "c": "STRING"}),
            csv_first_row_as_header="true",
            batch_size="1",
        )
        spool.write("f", '"a\nb",c\n1,2\n3,4\n')
        assert [[value.values for value in batch.values] for batch in spool.batches()] == [[["1", "2"]]]  # type: ignore[attr-defined]
        spool.commit()
        spool.restart()
        assert spool.rows() == [["3", "4"]]

    @settings(max_examples=40, deadline=None)
    @given(
        rows=st.lists(st.text(st.sampled_from('ab,"\n\\é'), max_size=5), max_size=9),
        stored=st.integers(0, 9),
        size=st.integers(1, 64),
        ends=st.sampled_from(["\n", "\r\n", "\r"]),
        header=st.booleans(),
    )
    def test_any_file_is_gone_on_with_at_any_record(
        self, tmp_path_factory: pytest.TempPathFactory, rows: list[str], stored: int, size: int, ends: str, header: bool
    ) -> None:
        spool = Spool(
            tmp_path_factory.mktemp("spool"),
            CSV,
            **WITH_SCHEMAS,
            file_buffer_size_bytes=str(size),
            csv_first_row_as_header=str(header).lower(),
            batch_size="2",
        )
        quoted = [row.replace("\\", "\\\\").replace('"', '""').replace("\n", ends) for row in rows]
        lines = [f'{number},"{row}"{ends}' for number, row in enumerate(quoted)]
        spool.write("f", (f"id,name{ends}" if header else "") + "".join(lines))
        first = spool.rows()
        spool.commit(stored)
        spool.restart()

        assert first == [[number, row] for number, row in enumerate(rows)]
        assert [*first[: min(stored, len(rows))], *spool.rows()] == first
        spool.commit()
        assert spool.tree()["finished"] == ["f"]

    @pytest.mark.parametrize(
        ("row", "error"),
        [
            ("x,a", "Exception thrown while parsing data for 'id'. linenumber=2: Could not parse 'x' to 'Long'"),
            (" 5,a", "Exception thrown while parsing data for 'id'. linenumber=2: Could not parse ' 5' to 'Long'"),
            ("1_0,a", "Exception thrown while parsing data for 'id'. linenumber=2: Could not parse '1_0' to 'Long'"),
            (
                "9223372036854775808,a",
                "Exception thrown while parsing data for 'id'. linenumber=2: Could not parse '9223372036854775808' to 'Long'",
            ),
            ("", ""),
            ("5", "The row on line 2 has 1 field(s), but there are 2 columns"),
        ],
    )
    def test_what_does_not_fit_is_told_and_what_is_before_gets_through(
        self, tmp_path: Path, row: str, error: str
    ) -> None:
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS)
        spool.write("f", f"1,a\n{row}\n3,c\n")
        if not error:
            assert spool.rows() == [[1, "a"], [3, "c"]]  # an empty line is no row
            return
        (batch,) = spool.batches()
        assert len(batch) == 1
        with pytest.raises(ConnectException) as failure:
            spool.task.poll()
        assert error in str(failure.value)

    def test_null_in_a_required_field_is_told(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS, csv_null_field_indicator="BOTH")
        spool.write("f", "1,\n,x\n")
        (batch,) = spool.batches()
        assert isinstance(batch.values[0], Struct)
        assert batch.values[0].values == [1, None]
        with pytest.raises(
            ConnectException, match=r"'id'. linenumber=2: schema is not optional so input cannot be null\."
        ):
            spool.task.poll()

    @pytest.mark.parametrize(
        ("kind", "text", "value"),
        [
            ("FLOAT64", " 1.5f", 1.5),
            ("FLOAT64", "Infinity", float("inf")),
            ("FLOAT64", "-Infinity", float("-inf")),
            ("FLOAT32", "1e300", float("inf")),
            ("FLOAT64", ".5", 0.5),
            ("FLOAT64", "5.", 5.0),
            ("BOOLEAN", "yes", False),
            ("INT32", "٣", 3),
        ],
    )
    def test_numbers_are_read_as_java_reads_them(self, tmp_path: Path, kind: str, text: str, value: object) -> None:
        spool = Spool(tmp_path, CSV, **schemas(v=kind, w="STRING"))
        spool.write("f", f"{text},\n")
        assert spool.rows() == [[value, ""]]

    @pytest.mark.parametrize("text", ["1e999999999", "1.005", "NaN", "1_0", " 1"])
    def test_decimals_that_would_lose_digits_are_refused(self, tmp_path: Path, text: str) -> None:
        spool = Spool(tmp_path, CSV, **schemas(v=logical("Decimal", "BYTES", scale="2")))
        spool.write("f", f"{text}\n")
        with pytest.raises(ConnectException, match=f"Could not parse '{text}' to 'BigDecimal'"):
            spool.records()

    def test_one_column_may_have_empty_texts(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **schemas(v="STRING"))
        spool.write("f", "a\n\nb\n")
        assert spool.rows() == [["a"], [""], ["b"]]

    def test_tabs_quotes_and_charsets(self, tmp_path: Path) -> None:
        options = {
            "csv.separator.char": "9",
            "csv.quote.char": "39",
            "csv.escape.char": "0",
            "csv.file.charset": "UTF-16",
        }
        spool = Spool(tmp_path, CSV, **WITH_SCHEMAS, **options)
        spool.write("f", "1\t'a\tb'\n2\tc\\d\n".encode("utf-16"))
        assert spool.rows() == [[1, "a\tb"], [2, "c\\d"]]

    def test_dates_in_a_zone_and_in_patterns(self, tmp_path: Path) -> None:
        options = {
            "parser.timestamp.timezone": "Europe/Vienna",
            "parser.timestamp.date.formats": "dd.MM.yyyy HH:mm,yyyy-MM-dd'T'HH:mm:ssX",
        }
        spool = Spool(
            tmp_path, CSV, **schemas(when=logical("Timestamp", "INT64"), day=logical("Date", "INT32")), **options
        )
        spool.write("f", "01.07.2020 00:30,01.07.2020 00:30\n2020-07-01T00:30:00Z,2020-07-01T23:30:00Z\n")
        assert spool.rows() == [
            [dt.datetime(2020, 6, 30, 22, 30, tzinfo=dt.UTC), dt.date(2020, 7, 1)],
            [dt.datetime(2020, 7, 1, 0, 30, tzinfo=dt.UTC), dt.date(2020, 7, 2)],
        ]

    def test_a_text_that_is_no_date(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, CSV, **schemas(when=logical("Timestamp", "INT64")))
        spool.write("f", "2015-09-30 15:29:03\n2015-13-99T25:61:61\nnever\n")
        (batch,) = spool.batches()
        assert isinstance(batch.values[1], Struct)
        assert batch.values[1].values == [dt.datetime(2016, 4, 9, 2, 2, 1, tzinfo=dt.UTC)]  # lenient, as Java
        with pytest.raises(ConnectException, match="Could not parse 'never' to 'Date'"):
            spool.task.poll()

    def test_timestamps_of_records(self, tmp_path: Path) -> None:
        when = {**logical("Timestamp", "INT64"), "isOptional": False}
        spool = Spool(tmp_path, CSV, **schemas(when=when), timestamp_mode="FIELD", timestamp_field="when")
        set_time(spool.write("f", "1970-01-01T00:00:02\n"), 5_000)
        assert [record.timestamp for record in spool.records()] == [2_000]
        by_file = Spool(tmp_path, CSV, **schemas(when=when), timestamp_mode="FILE_TIME")
        by_file.offsets.stored.append(({"fileName": "f"}, None))
        assert [record.timestamp for record in by_file.records()] == [5_000]


class TestJson:
    def test_every_type(self, tmp_path: Path) -> None:
        nested = {"type": "STRUCT", "name": "n", "isOptional": True, "fieldSchemas": {"x": {"type": "INT32"}}}
        items = {"type": "ARRAY", "isOptional": True, "valueSchema": {"type": "STRING", "isOptional": True}}
        pairs = {"type": "MAP", "isOptional": True, "keySchema": {"type": "INT32"}, "valueSchema": {"type": "BOOLEAN"}}
        spool = Spool(tmp_path, JSON, **schemas(**ALL_TYPES, n=nested, items=items, pairs=pairs))
        spool.write(
            "f",
            '{"i8":1,"i16":2.0,"i32":"3","i64":4,"f32":0.1,"f64":5,"b":true,"s":"x","dec":1234567890123456789.25,"day":86400000,'
            '"clock":1000,"when":"2015-09-30T15:29:03","n":{"x":1,"y":2},"items":["a",1,null],"pairs":{"1":true}}\n{}',
        )
        first, second = spool.values()

        assert isinstance(first, Struct)
        n = first.values[12]
        assert isinstance(n, Struct)
        assert n.values == [1]
        assert first.values[:12] == [
            1, 2, 3, 4, 0.10000000149011612, 5.0, True, "x", decimal.Decimal("1234567890123456789.25"), dt.date(1970, 1, 2),
            dt.time(0, 0, 1), dt.datetime(2015, 9, 30, 15, 29, 3, tzinfo=dt.UTC),
        ]  # fmt: skip
        assert first.values[13:] == [["a", "1", None], {1: True}]
        assert isinstance(second, Struct)
        assert second.values == [None] * 15

    def test_numbers_count_from_zero_and_reading_goes_on_behind_them(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, JSON, **WITH_SCHEMAS, file_buffer_size_bytes="3")
        spool.write("f", '{"id":1}\n\n{"id": 2,\n"name": "}{"}{"id":3}[{"id":4},{"id":5}] {"id":6}')
        records = spool.records()
        assert [record.source_offset["offset"] for record in records if record.source_offset] == [0, 1, 2, 3, 4, 5]
        for stored in range(7):
            spool.offsets.stored.clear()
            spool._unstored = list(records)
            if stored:
                record = records[stored - 1]
                assert record.source_partition is not None
                spool.offsets.stored.append((record.source_partition, record.source_offset))
            spool.restart()
            assert [row[0] for row in spool.rows()] == list(range(stored + 1, 7))

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ('{"id":"x"}', "Exception thrown while parsing data for 'id'. linenumber=1: Could not parse 'x' to 'Long'"),
            ('{"id":1.5}', "Exception thrown while parsing data for 'id'. linenumber=1: Could not parse '1.5' to Long"),
            ('{"id":true}', "Could not parse 'true' to Long"),
            ('{"id":1e30}', "Could not parse '1e+30' to Long"),
            ("{}", "'id'. linenumber=1: schema is not optional so input cannot be null."),
            ("7", "The value number 1 is no JSON object"),
            ('{"id":1', "Could not read a JSON value: Expecting ',' delimiter. It begins with [{\"id\":1]"),
            ('{"id":NaN}', "Could not read a JSON value: NaN is no JSON. It begins with"),
            ("nonsense", "Could not read a JSON value: Expecting value. It begins with [nonsense]"),
            ("[" * 100_000, "Could not read a JSON value: it is nested too deeply"),
        ],
    )
    def test_what_does_not_fit_is_told_and_what_is_before_gets_through(
        self, tmp_path: Path, text: str, error: str
    ) -> None:
        spool = Spool(tmp_path, JSON, **WITH_SCHEMAS)
        spool.write("f", f'{{"id":1}}\n{text}')
        (batch,) = spool.batches()
        assert len(batch) == 1
        with pytest.raises(ConnectException) as failure:
            spool.task.poll()
        assert error in str(failure.value)

    def test_texts_are_kept_without_white_space(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, TEXTS, batch_size="2", file_charset="ISO-8859-1")
        spool.write("f", '{ "a" : [1, 2.50,  "x  \\" y"] }\n1\n"\xe4 b" [ ]'.encode("latin-1"))
        assert spool.values() == ['{"a":[1,2.50,"x  \\" y"]}', "1", '"ä b"', "[]"]
        spool.commit(2)
        spool.restart()
        records = spool.records()
        assert [record.value for record in records] == ['"ä b"', "[]"]
        assert [record.value_schema for record in records] == [Schema.STRING] * 2
        assert [record.source_offset["offset"] for record in records if record.source_offset] == [2, 3]

    @settings(max_examples=60, deadline=None)
    @given(
        values=st.lists(
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                max_leaves=4,
            ),
            max_size=5,
        ),
        size=st.integers(1, 40),
        indent=st.sampled_from([None, 2]),
    )
    def test_any_values_however_they_are_cut(
        self, tmp_path_factory: pytest.TempPathFactory, values: list[object], size: int, indent: int | None
    ) -> None:
        spool = Spool(tmp_path_factory.mktemp("json"), TEXTS, file_buffer_size_bytes=str(size))
        spool.write("f", "\n".join(json.dumps(value, indent=indent) for value in values))
        assert [json.loads(str(text)) for text in spool.values()] == values


class TestLinesAndBytes:
    def test_lines_end_in_any_way(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, LINES, file_buffer_size_bytes="1")
        spool.write("f", "a\r\nb\rc\n\nd\u2028e\x0bf\x85g\nlast")
        records = spool.records()
        assert [record.value for record in records] == ["a", "b", "c", "", "d\u2028e\x0bf\x85g", "last"]
        assert [record.source_offset["offset"] for record in records if record.source_offset] == [1, 2, 3, 4, 5, 6]

    def test_bytes_that_are_no_text_are_replaced(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, LINES)
        spool.write("f", b"a\xffb\n")
        assert spool.values() == ["a\ufffdb"]

    def test_a_whole_file_is_one_record(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, BYTES)
        spool.write("a", b"\x00\xff\n")
        spool.write("b", b"")
        (record,) = spool.records()
        assert (record.value, record.value_schema, record.key) == (b"\x00\xff\n", Schema.BYTES, None)
        assert record.source_offset is not None
        assert record.source_offset["offset"] == 0
        spool.commit()
        assert spool.tree()["finished"] == ["a", "b"]

    def test_a_whole_file_is_not_sent_twice(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, BYTES, cleanup_policy="NONE")
        set_time(spool.write("a", b"1"), 1_000)
        assert spool.finish() == [b"1"]
        spool.restart()
        assert spool.finish() == []
        spool.write("a", b"2", append=True)
        assert spool.finish() == [b"12"]


def zstd(data: bytes) -> bytes:
    half = len(data) // 2
    packer = zstandard.ZstdCompressor()
    return packer.compress(data[:half]) + packer.compress(data[half:])


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}


class TestPacked:
    @pytest.mark.parametrize("extension", PACKERS)
    def test_files_are_unpacked_by_their_extension(self, tmp_path: Path, extension: str) -> None:
        spool = Spool(tmp_path, LINES, batch_size="100")
        lines = [f"line {number}" for number in range(1000)]
        spool.write(f"f.{extension}", PACKERS[extension]("\n".join(lines).encode()))
        assert spool.values() == lines
        spool.commit(400)
        spool.restart()
        assert spool.finish() == lines[400:]
        assert spool.tree()["finished"] == [f"f.{extension}"]

    @pytest.mark.parametrize("task", [LINES, TEXTS, BYTES])
    @pytest.mark.parametrize("extension", PACKERS)
    def test_a_damaged_file_is_an_error(self, tmp_path: Path, extension: str, task: type[SpoolDirTask]) -> None:
        spool = Spool(tmp_path, task)
        packed = PACKERS[extension](b"1234567890" * 1000)
        spool.write(f"f.{extension}", packed[:5] + b"damage" + packed[20:])
        with pytest.raises(ConnectException, match=f"'f.{extension}' cannot be unpacked: "):
            spool.records()

    def test_what_cannot_be_unpacked_is_told(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path, LINES)
        spool.write("f.lz4", b"x")
        with pytest.raises(ConnectException) as failure:
            spool.records()
        assert "'f.lz4' is packed by lz4, which is not supported. Unpack it, or pack it by gz, bz2, xz or zst" in str(
            failure.value
        )

    def test_a_missing_library_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def absent(name: str) -> object:
            raise ImportError(name)

        monkeypatch.setattr(importlib, "import_module", absent)
        spool = Spool(tmp_path, LINES)
        spool.write("f.zst", zstd(b"x\n"))
        with pytest.raises(ConnectException) as failure:
            spool.records()
        assert str(failure.value) == "Files with the extension .zst need a library: pip install 'penstock-file[zstd]'"
        assert spool.tree()["in"] == ["f.zst", "f.zst.PROCESSING"]
