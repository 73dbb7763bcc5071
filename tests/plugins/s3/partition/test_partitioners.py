"""Partitioners by default, field, time, template, and what is wrapped around them."""

from __future__ import annotations

import datetime as dt

import pytest

from penstock.api import (
    ConfigException,
    ConnectException,
    DataException,
    Date,
    Headers,
    Instant,
    Schema,
    SchemaBuilder,
    Struct,
    StructColumn,
    Timestamp,
)
from penstock_s3.config.choices import Escaping, Extractor, Partitioning, SchemaAffix
from penstock_s3.partition.making import make_partitioner
from penstock_s3.partition.partitioner import PartitionException
from tests.plugins.s3.partition.parts import HOUR, NOON, run, settings, struct_schema, structs


def at(hour: int) -> dt.datetime:
    return dt.datetime(2023, 11, 15, hour, tzinfo=dt.UTC)


INNER = SchemaBuilder.struct().optional().field("id", Schema.OPTIONAL_INT64).build()
ORDER = struct_schema(
    country=Schema.OPTIONAL_STRING,
    kind=Schema.OPTIONAL_INT32,
    open=Schema.OPTIONAL_BOOLEAN,
    price=Schema.OPTIONAL_FLOAT64,
    at=Timestamp.builder().optional().build(),
    inner=INNER,
)
TEMPLATE = {"kind": Partitioning.TEMPLATE}
FIELDS = {"kind": Partitioning.FIELD}
TIME = {"kind": Partitioning.TIME}


NAIVE = (
    "The datetime 2023-11-15T00:00:00 has no time zone, so it is no point in time; give it one, such as "
    "tzinfo=datetime.timezone.utc"
)


class Reversing:
    """A partitioner of a user's own."""

    time_based = False

    def __init__(self, its_settings: object) -> None:
        self.settings = its_settings

    def encode(self, part, now_ms):
        from penstock_s3.partition.partitioner import Encoded

        return Encoded([str(value)[::-1] for value in part.values])


def test_default() -> None:
    found = make_partitioner(settings()).encode(run(["a", "b"]), 0)
    assert found.paths == ["partition=7", "partition=7"]
    assert found.only == "partition=7"
    assert found.times is None


class TestFields:
    def test_types_and_nulls(self) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=("country", "kind", "open", "inner.id")))
        rows = structs(ORDER, {"country": "a/b", "kind": -3, "open": True}, {})
        rows.append(Struct(ORDER, {"inner": Struct(INNER, {"id": 4})}))
        found = partitioner.encode(run(rows, ORDER), 0)
        assert list(found.paths) == [
            "country=a/b/kind=-3/open=true/inner.id=null",
            "country=null/kind=null/open=null/inner.id=null",
            "country=null/kind=null/open=null/inner.id=4",
        ]
        assert found.only is None

    def test_equal_paths_are_one_object(self) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=("country",)))
        rows = structs(ORDER, *[{"country": f"{word}"} for word in ("de", "de", "fr")])
        found = partitioner.encode(run(rows, ORDER), 0)
        assert found.paths[0] is found.paths[1]
        again = partitioner.encode(run(rows[:2], ORDER), 0)
        assert again.only is again.paths[0] is found.paths[0]

    def test_a_default_stands_for_null(self) -> None:
        schema = struct_schema(s=SchemaBuilder.string().optional().default("d").build())
        found = make_partitioner(settings(**FIELDS, fields=("s",))).encode(run(structs(schema, {}), schema), 0)
        assert found.only == "s=d"

    @pytest.mark.parametrize(("name", "value"), [("price", 1.5), ("inner", Struct(INNER)), ("at", at(9))])
    def test_types_that_make_no_directory(self, name: str, value: object) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=(name,)))
        found = partitioner.encode(run(structs(ORDER, {}, {name: value}), ORDER), 0)
        assert {place: str(error) for place, error in found.errors.items()} == {1: "Error encoding partition."}
        assert isinstance(found.errors[1], PartitionException)
        assert list(found.paths) == [f"{name}=null", ""]

    def test_a_missing_field(self) -> None:
        found = make_partitioner(settings(**FIELDS, fields=("inner.x",))).encode(run(structs(ORDER, {}), ORDER), 0)
        assert isinstance(found.errors[0], DataException)
        assert str(found.errors[0]) == "Field 'inner.x' is not present in the schema."

    def test_a_path_that_goes_on_behind_a_value(self) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=("country.x.y",)))
        error = partitioner.encode(run(structs(ORDER, {}), ORDER), 0).errors[0]
        assert str(error) == f"Unable to get field 'country.x.y' from schema {ORDER}."
        assert str(error.__cause__) == "Cannot look up fields on non-struct type"

    def test_fields_are_looked_at_in_their_order(self) -> None:
        """A type that makes no directory is told before a field that is missing, where it is not null."""
        partitioner = make_partitioner(settings(**FIELDS, fields=("price", "nope")))
        found = partitioner.encode(run(structs(ORDER, {}, {"price": 1.5}), ORDER), 0)
        assert {place: str(error) for place, error in found.errors.items()} == {
            0: "Field 'nope' is not present in the schema.",
            1: "Error encoding partition.",
        }

    def test_values_that_are_no_structs(self) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=("country",)))
        found = partitioner.encode(run([{"country": "de"}]), 0)
        assert str(found.errors[0]) == "Error encoding partition."
        mixed = partitioner.encode(run([None, *structs(ORDER, {"country": "de"})], ORDER), 0)
        assert list(mixed.paths) == ["", "country=de"]
        assert list(mixed.errors) == [0]

    def test_what_is_wrong_with_a_struct_is_told_among_nulls_as_well(self) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=("price",)))
        found = partitioner.encode(run([None, *structs(ORDER, {"price": 1.5}, {})], ORDER), 0)
        assert list(found.paths) == ["", "", "price=null"]
        assert {place: str(error) for place, error in found.errors.items()} == {
            0: "Error encoding partition.",
            1: "Error encoding partition.",
        }
        nothing = partitioner.encode(run([None], ORDER), 0)
        assert (list(nothing.paths), list(nothing.errors)) == ([""], [0])

    def test_another_schema_has_another_plan(self) -> None:
        other = struct_schema(kind=Schema.INT32, country=Schema.STRING)
        partitioner = make_partitioner(settings(**FIELDS, fields=("country",)))
        partitioner.encode(run(structs(ORDER, {"country": "de"}), ORDER), 0)
        assert partitioner.encode(run(structs(other, {"kind": 1, "country": "x"}), other), 0).only == "country=x"

    def test_escaping(self) -> None:
        partitioner = make_partitioner(settings(**FIELDS, fields=("country",), escaping=Escaping.PERCENT))
        rows = structs(ORDER, *[{"country": word} for word in ("a/b", "..", ".", "100%", "a\nb", "ü", "a\\b")])
        assert [path[8:] for path in partitioner.encode(run(rows, ORDER), 0).paths] == [
            "a%2Fb", "%2E%2E", "%2E", "100%25", "a%0Ab", "ü", "a%5Cb",
        ]  # fmt: skip

    def test_no_field_at_all(self) -> None:
        with pytest.raises(ConfigException, match=r"^Partition field name cannot be null or empty"):
            make_partitioner(settings(**FIELDS))


class TestTimes:
    def test_wallclock(self) -> None:
        found = make_partitioner(settings(**TIME, extractor=Extractor.WALLCLOCK)).encode(run(["a", "b"]), NOON)
        assert found.only == "2023-11-15-12"
        assert list(found.times or ()) == [NOON, NOON]

    def test_record_times_and_one_that_is_missing(self) -> None:
        partitioner = make_partitioner(settings(**TIME))
        found = partitioner.encode(run(["a", "b", "c"], times=[NOON, None, NOON + HOUR]), 0)
        assert list(found.paths) == ["2023-11-15-12", "", "2023-11-15-13"]
        assert str(found.errors[1]) == "Error encoding partition."
        assert partitioner.encode(run(["a"]), 0).errors.keys() == {0}

    def test_no_records(self) -> None:
        assert len(make_partitioner(settings(**TIME)).encode(run([], times=[]), 0)) == 0

    @pytest.mark.parametrize(
        ("field", "value", "expected"),
        [
            ("at", at(9), "2023-11-15-09"),
            ("n", NOON, "2023-11-15-12"),
            ("s", str(NOON), "2023-11-15-12"),
            ("s", "2023-11-15T10:30Z", "2023-11-15-10"),
        ],
    )
    def test_fields_of_structs(self, field: str, value: object, expected: str) -> None:
        schema = struct_schema(
            at=Timestamp.builder().optional().build(), n=Schema.OPTIONAL_INT64, s=Schema.OPTIONAL_STRING
        )
        partitioner = make_partitioner(settings(**TIME, extractor=Extractor.RECORD_FIELD, timestamp_field=field))
        found = partitioner.encode(run(structs(schema, {field: value}, {}), schema), 0)
        assert list(found.paths) == [expected, ""]
        assert str(found.errors[1]) == f"The field '{field}' does not exist."

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({"t": NOON}, "2023-11-15-12"),
            ({"t": float(NOON) + 0.9}, "2023-11-15-12"),
            ({"t": at(9)}, "2023-11-15-09"),
            ({"t": "2023-11-15T10:30Z"}, "2023-11-15-10"),
            ({"t": float("nan")}, "1970-01-01-00"),
            ({"t": float("inf")}, "292278994-08-17-07"),
            ({"t": Instant(253_402_300_800_000)}, "10000-01-01-00"),
        ],
    )
    def test_fields_of_maps(self, value: object, expected: str) -> None:
        partitioner = make_partitioner(settings(**TIME, extractor=Extractor.RECORD_FIELD, timestamp_field="t"))
        assert partitioner.encode(run([value]), 0).only == expected

    @pytest.mark.parametrize(
        ("value", "error", "cause"),
        [
            ({}, "The field 'n.t' does not exist.", "Unable to find nested field 'n'"),
            ({"n": {}}, "The field 'n.t' does not exist.", "Unable to find nested field 't'"),
            ({"n": 5}, "The field 'n.t' does not exist.", "Argument not a Struct or Map. Cannot get field 't'."),
            ({"n": {"t": True}}, "Error extracting timestamp from record field: n.t", None),
            ({"n": {"t": "noon"}}, 'Invalid format: "noon"', 'Invalid format: "noon"'),
            ({"n": {"t": at(0).replace(tzinfo=None)}}, NAIVE, None),
            ("text", "Error encoding partition.", None),
        ],
    )
    def test_fields_that_have_no_time(self, value: object, error: str, cause: str | None) -> None:
        partitioner = make_partitioner(settings(**TIME, extractor=Extractor.RECORD_FIELD, timestamp_field="n.t"))
        found = partitioner.encode(run([value]), 0).errors[0]
        assert str(found) == error
        assert (None if found.__cause__ is None else str(found.__cause__)) == cause

    @pytest.mark.parametrize(
        ("path", "error"),
        [
            ("n.t.", None),
            ("n.", "Error extracting timestamp from record field: n."),
            (".", "Error extracting timestamp from record field: ."),
            (".n", "The field to extract cannot be null or empty."),
            ("n..t", "The field to extract cannot be null or empty."),
            ("n.x.", "The field 'n.x.' does not exist."),
        ],
    )
    def test_points_without_a_name_beside_them(self, path: str, error: str | None) -> None:
        """Those at the end mean nothing; elsewhere a name is missing."""
        partitioner = make_partitioner(settings(**TIME, extractor=Extractor.RECORD_FIELD, timestamp_field=path))
        inner = struct_schema(t=Schema.INT64)
        holder = struct_schema(n=inner)
        for part in (run([{"n": {"t": NOON}}]), run([Struct.of(holder, [Struct.of(inner, [NOON])])], holder)):
            found = partitioner.encode(part, 0)
            assert [str(each) for each in found.errors.values()] == ([] if error is None else [error])

    @pytest.mark.parametrize(
        ("schema", "value", "error"),
        [
            (Timestamp.SCHEMA, at(0).replace(tzinfo=None), NAIVE),
            (Timestamp.SCHEMA, "noon", "Error encoding partition: str is no number of milliseconds"),
            (Date.SCHEMA, dt.date(2023, 11, 15), "Error encoding partition: date is no number of milliseconds"),
            (Schema.FLOAT64, 1.5, "Error extracting timestamp from record field: t"),
        ],
    )
    def test_fields_of_structs_that_have_no_time(self, schema: Schema, value: object, error: str) -> None:
        partitioner = make_partitioner(settings(**TIME, extractor=Extractor.RECORD_FIELD, timestamp_field="t"))
        holder = struct_schema(t=schema)
        found = partitioner.encode(run([Struct.of(holder, [value])], holder), 0)
        assert {place: str(told) for place, told in found.errors.items()} == {0: error}

    @pytest.mark.parametrize("extractor", list(Extractor))
    def test_before_1970_times_are_cut_towards_zero(self, extractor: Extractor) -> None:
        partitioner = make_partitioner(settings(**TIME, extractor=extractor, timestamp_field="t"))
        found = partitioner.encode(run([{"t": -1}], times=[-1]), -1)
        assert found.only == "1970-01-01-00"

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"duration_ms": -1}, "Invalid value -1 for configuration partition.duration.ms: Partition duration needs to be a positive."),
            ({"duration_ms": 0}, "Invalid value 0 for configuration partition.duration.ms: No time can be divided by 0; give a number of milliseconds, such as 3600000."),
            ({"path_format": "/"}, "Invalid value / for configuration path.format: Path format cannot be empty."),
            ({"path_format": " "}, "Invalid value   for configuration path.format: Path format cannot be empty."),
            ({"path_format": "Q"}, "Invalid value Q for configuration path.format: Illegal pattern component: Q"),
            ({"locale": ""}, "Invalid value  for configuration locale: Locale cannot be empty."),
            ({"timezone": ""}, "Invalid value  for configuration timezone: Timezone cannot be empty."),
            ({"timezone": "No"}, "Invalid value No for configuration timezone: The datetime zone id 'No' is not recognised"),
            ({"extractor": "record"}, "Invalid timestamp extractor: record"),
            ({"extractor": "io.confluent.connect.storage.partitioner.FieldPartitioner"}, "Class io.confluent.connect.storage.partitioner.FieldPartitioner does not implement TimestampExtractor"),
            ({"extractor": "java.lang.String"}, "Class java.lang.String does not implement TimestampExtractor"),
            ({"extractor": Extractor.RECORD_FIELD, "timestamp_field": " "}, "The field to extract cannot be null or empty."),
        ],
    )  # fmt: skip
    def test_what_cannot_be(self, changes: dict[str, object], text: str) -> None:
        with pytest.raises((ConfigException, ConnectException)) as told:
            make_partitioner(settings(**{**TIME, **changes}))
        assert str(told.value) == text

    def test_hours_and_days_have_patterns_of_their_own(self) -> None:
        part = run(["a"], times=[NOON])
        for kind, delim, expected in (
            (Partitioning.HOURLY, "/", "year=2023/month=11/day=15/hour=12"),
            (Partitioning.DAILY, "/", "year=2023/month=11/day=15"),
            (Partitioning.DAILY, "", "year=2023month=11day=15"),
            (Partitioning.DAILY, "_", "year=2023_month=11_day=15"),
        ):
            made = make_partitioner(settings(kind=kind, delim=delim, duration_ms=-1, path_format=""))
            assert made.encode(part, 0).only == expected


class TestTemplates:
    def test_every_variable(self) -> None:
        template = (
            "{{topic}}/{{partition}}-{{partition:padding=true}}/{{schema}}/{{field:country}}/{{field:inner.id|none}}/"
            "{{ts:yyyy-MM-dd}}/{{timestamp:unit=HH}}/{{key}}/{{header:h}}/{{header:x| - }}"
        )
        headers = Headers().add_string("h", "old").add_string("h", "new")
        part = run(structs(ORDER, {"country": "de"}), ORDER, times=[NOON], keys=[b"k"], headers=[headers])
        found = make_partitioner(settings(**TEMPLATE, template=template)).encode(part, 0)
        assert found.only == "orders/7-0000000007/com.example.Order/de/none/2023-11-15/12/k/new/-"
        assert list(found.times or ()) == [NOON]

    def test_maps_keys_and_hash_buckets(self) -> None:
        template = "{{field:a.b}}-{{key:id}}-{{hash:4}}"
        part = run([{"a": {"b": 1.5}}, {"a": 5}, None], keys=[{"id": 7}, None, "k"])
        found = make_partitioner(settings(**TEMPLATE, template=template)).encode(part, 0)
        assert [path.rsplit("-", 1)[0] for path in found.paths] == ["1.5-7", "null-null", "null-null"]
        assert all(path.rsplit("-", 1)[1] in "0123" for path in found.paths)
        assert not found.errors

    def test_keys_that_are_no_unicode_have_buckets_too(self) -> None:
        partitioner = make_partitioner(settings(**TEMPLATE, template="{{hash:1000}}"))
        half, mark = partitioner.encode(run([1, 1], keys=["a\ud800", "a?"]), 0).paths
        assert half == mark  # as Java encodes it

    def test_text_alone_and_percent_signs(self) -> None:
        assert make_partitioner(settings(**TEMPLATE, template="100%")).encode(run(["a"]), 0).only == "100%"
        assert make_partitioner(settings(**TEMPLATE, template="%{{topic}}")).encode(run(["a"]), 0).only == "%orders"

    def test_a_record_without_time_fails_alone(self) -> None:
        partitioner = make_partitioner(settings(**TEMPLATE, template="{{topic}}/{{ts:HH}}"))
        found = partitioner.encode(run(["a", "b"], times=[None, NOON]), 0)
        assert list(found.paths) == ["", "orders/12"]
        assert str(found.errors[0]) == "Error encoding partition."
        assert partitioner.time_based
        assert not make_partitioner(settings(**TEMPLATE, template="{{topic}}")).time_based

    def test_values_are_escaped_when_asked(self) -> None:
        part = run(["a"], keys=["a/b"])
        assert make_partitioner(settings(**TEMPLATE, template="{{key}}")).encode(part, 0).only == "a/b"
        escaped = make_partitioner(settings(**TEMPLATE, template="{{key}}", escaping=Escaping.PERCENT))
        assert escaped.encode(part, 0).only == "a%2Fb"

    @pytest.mark.parametrize(
        ("template", "text"),
        [
            ("", "partition.template is empty; say {{topic}}/{{partition}}, for example"),
            ("{{topic}}/{{ts:HH", "The template '{{topic}}/{{ts:HH' opens a variable that it does not close with }}"),
            ("{{tpoic}}", "A template cannot say {{tpoic}}: there is no such variable; use one of topic, partition, schema, ts, timestamp, key, field, header, hash"),
            ("{{ts:Q}}", "A template cannot say {{ts:Q}}: Illegal pattern component: Q"),
            ("{{ts}}", "A template cannot say {{ts}} without a pattern; say {{ts:yyyy-MM-dd}}"),
            ("{{timestamp:unit=mm}}", "A template cannot say {{timestamp:unit=mm}}; say unit=yyyy, unit=MM, unit=dd or unit=HH"),
            ("{{partition:wide=true}}", "A template cannot say {{partition:wide=true}}; say padding=true or padding=false"),
            ("{{header}}", "A template cannot say {{header}} without a name; say {{header:name}}"),
            ("{{hash:0}}", "A template cannot say {{hash:0}}; say a number of buckets, such as {{hash:16}}"),
        ],
    )  # fmt: skip
    def test_templates_that_are_wrong(self, template: str, text: str) -> None:
        with pytest.raises(ConfigException) as told:
            make_partitioner(settings(**TEMPLATE, template=template))
        assert str(told.value) == text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({**FIELDS, "fields": ("country", "kind")}, ["country=de/kind=1", "country=fr/kind=null"]),
        ({**TEMPLATE, "template": "{{field:country}}-{{field:inner.id}}"}, ["de-null", "fr-5"]),
        ({**TIME, "extractor": Extractor.RECORD_FIELD, "timestamp_field": "at"}, ["2023-11-15-09", "2023-11-15-10"]),
        ({**FIELDS, "fields": ("inner.id",), "tombstone": "gone"}, ["inner.id=null", "inner.id=5"]),
    ],
)
def test_columns_of_structs(changes: dict[str, object], expected: list[str]) -> None:
    columns = [["de", "fr"], [1, None], [None, None], [None, None], [at(9), at(10)], [None, Struct(INNER, {"id": 5})]]
    found = make_partitioner(settings(**changes)).encode(run(StructColumn(ORDER, columns), ORDER), 0)
    assert list(found.paths) == expected


class TestWrapping:
    def test_schema_names(self) -> None:
        for affix, expected in (
            (SchemaAffix.PREFIX, "schema_name=com.example.Order/partition=7"),
            (SchemaAffix.SUFFIX, "partition=7/schema_name=com.example.Order"),
        ):
            made = make_partitioner(settings(affix=affix))
            assert made.encode(run(structs(ORDER, {}), ORDER), 0).only == expected
            assert made.encode(run(["a"]), 0).only == expected.replace("com.example.Order", "null")

    def test_a_record_that_failed_has_no_affix(self) -> None:
        made = make_partitioner(settings(**TIME, affix=SchemaAffix.PREFIX))
        found = made.encode(run(["a", "b"], times=[None, NOON]), 0)
        assert list(found.paths) == ["", "schema_name=null/2023-11-15-12"]

    def test_tombstones(self) -> None:
        made = make_partitioner(settings(**TIME, affix=SchemaAffix.PREFIX, tombstone="gone"))
        assert made.time_based
        found = made.encode(run(["a", None, "c"], times=[NOON, 5, None]), 0)
        assert list(found.paths) == ["schema_name=null/2023-11-15-12", "gone", ""]
        assert list(found.times or ()) == [NOON, 5, None]
        assert found.errors.keys() == {2}
        assert made.encode(run([None, None], times=[1, 2]), 0).only == "gone"
        assert made.encode(run(["a"], times=[NOON]), 0).only == "schema_name=null/2023-11-15-12"


class TestOfTheUser:
    def test_is_called_with_the_settings(self) -> None:
        made = make_partitioner(settings(kind=Partitioning.CUSTOM, custom=f"{__name__}.Reversing"))
        assert list(made.encode(run(["abc"]), 0).paths) == ["cba"]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("no.such.Class", "Invalid value no.such.Class for configuration partitioner.class: Class no.such.Class could not be found."),
            ("decimal.Decimal", "Invalid value decimal.Decimal for configuration partitioner.class: A partitioner has time_based and encode; see penstock_s3.partition.partitioner.Partitioner"),
        ],
    )  # fmt: skip
    def test_must_be_one(self, name: str, text: str) -> None:
        with pytest.raises(ConfigException) as told:
            make_partitioner(settings(kind=Partitioning.CUSTOM, custom=name))
        assert str(told.value) == text
