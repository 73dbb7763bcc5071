"""The configuration keys of the sources that have schemas: CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import ConfigDef, ConfigType, Importance, Width, recommenders
from penstock_file.spooldir import checks, names

_SCHEMA, _GENERATION, _TIMES, _CSV = "Schema", "Schema Generation", "Timestamps", "CSV Parsing"
_MODEL = "com.github.jcustenborder.kafka.connect.model"


def _generated(parsed: Mapping[str, object]) -> bool:
    return parsed.get(names.SCHEMA_GENERATION) is True


SCHEMA_KEYS = (
    ConfigDef()
    .define(
        names.KEY_SCHEMA,
        ConfigType.STRING,
        default="",
        validator=checks.schema_text,
        importance=Importance.HIGH,
        group=_SCHEMA,
        width=Width.LONG,
        doc="The schema of the keys, as JSON. A field of a key has the value of the field with the same name in the value.",
    )
    .define(
        names.VALUE_SCHEMA,
        ConfigType.STRING,
        default="",
        validator=checks.schema_text,
        importance=Importance.HIGH,
        group=_SCHEMA,
        width=Width.LONG,
        doc="The schema of the values, as JSON.",
    )
    .define(
        names.SCHEMA_GENERATION,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        group=_GENERATION,
        doc="Whether key.schema and value.schema are made from the first files, all fields as optional texts. While there is "
        "no file the connector waits for one.",
    )
    .define(
        names.GENERATION_KEY_FIELDS,
        ConfigType.LIST,
        default="",
        importance=Importance.MEDIUM,
        group=_GENERATION,
        recommender=recommenders.visible_if(_generated),
        doc="The fields that make up a generated schema of the keys.",
    )
    .define(
        names.GENERATION_KEY_NAME,
        ConfigType.STRING,
        default=f"{_MODEL}.Key",
        importance=Importance.MEDIUM,
        group=_GENERATION,
        recommender=recommenders.visible_if(_generated),
        doc="The name of a generated schema of the keys.",
    )
    .define(
        names.GENERATION_VALUE_NAME,
        ConfigType.STRING,
        default=f"{_MODEL}.Value",
        importance=Importance.MEDIUM,
        group=_GENERATION,
        recommender=recommenders.visible_if(_generated),
        doc="The name of a generated schema of the values.",
    )
    .define(
        names.TIMESTAMP_ZONE,
        ConfigType.STRING,
        default="UTC",
        validator=checks.time_zone,
        importance=Importance.LOW,
        group=_TIMES,
        doc="The time zone of dates that name none.",
    )
    .define(
        names.DATE_FORMATS,
        ConfigType.LIST,
        default="yyyy-MM-dd'T'HH:mm:ss,yyyy-MM-dd' 'HH:mm:ss",
        validator=checks.date_formats,
        importance=Importance.LOW,
        group=_TIMES,
        doc="Patterns of Java's SimpleDateFormat; a date is read by the first one that it matches.",
    )
    .define(
        names.TIMESTAMP_FIELD,
        ConfigType.STRING,
        default="",
        importance=Importance.MEDIUM,
        group=_TIMES,
        recommender=recommenders.visible_if(
            lambda parsed: parsed.get(names.TIMESTAMP_MODE) == names.TimestampMode.FIELD.value
        ),
        doc="With timestamp.mode=FIELD: the field of the value that is the record's timestamp. It must be a Timestamp and "
        "not optional.",
    )
)

CSV_KEYS = (
    ConfigDef()
    .define(
        names.CSV_SKIP_LINES,
        ConfigType.INT,
        default=0,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Skip lines",
        doc="How many lines at the beginning of a file are left out.",
    )
    .define(
        names.CSV_SEPARATOR,
        ConfigType.INT,
        default=44,
        validator=checks.character,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Separator Character",
        doc="The number of the character between fields: 44 is a comma, 9 a tab. 0 stands for a null character and the "
        "parser of RFC 4180.",
    )
    .define(
        names.CSV_QUOTE,
        ConfigType.INT,
        default=34,
        validator=checks.character,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Quote Character",
        doc="The number of the character around fields that hold separators or line ends.",
    )
    .define(
        names.CSV_ESCAPE,
        ConfigType.INT,
        default=92,
        validator=checks.character,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Escape Character",
        doc="The number of the character before a quote, a separator or an escape that is to be taken as it is. Anywhere "
        "else it is left out.",
    )
    .define(
        names.CSV_STRICT_QUOTES,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Strict Quotes",
        doc="Whether what stands outside of quotes is left out.",
    )
    .define(
        names.CSV_IGNORE_LEADING_WHITESPACE,
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Ignore leading whitespace",
        doc="Whether white space before a quote is left out.",
    )
    .define(
        names.CSV_IGNORE_QUOTATIONS,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Ignore quotations",
        doc="Whether separators and line ends count inside of quotes too.",
    )
    .define(
        names.CSV_KEEP_CARRIAGE_RETURN,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Preserve Carriage Return?",
        doc="Whether a carriage return before a line end is a part of the last field. Lines then end at line feeds only.",
    )
    .define(
        names.CSV_VERIFY_READER,
        ConfigType.BOOLEAN,
        default=True,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Verify reader",
        doc="Without effect: whether a file can still be read shows when it is read.",
    )
    .define(
        names.CSV_NULL_FIELD_INDICATOR,
        ConfigType.STRING,
        default=names.NullFieldIndicator.NEITHER.value,
        validator=checks.choice(names.NullFieldIndicator),
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="Null field indicator",
        doc="Which empty fields are null: EMPTY_SEPARATORS, those without quotes; EMPTY_QUOTES, those with; BOTH; NEITHER.",
    )
    .define(
        names.CSV_FIRST_ROW_AS_HEADER,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.MEDIUM,
        group=_CSV,
        width=Width.LONG,
        display_name="Treat first row as header.",
        doc="Whether the first row names the fields. If not, they are those of value.schema, in its order.",
    )
    .define(
        names.CSV_CHARSET,
        ConfigType.STRING,
        default="UTF-8",
        validator=checks.charset,
        importance=Importance.LOW,
        group=_CSV,
        width=Width.LONG,
        display_name="File character set.",
        doc="The charset of the files.",
    )
    .define(
        names.CSV_CASE_SENSITIVE,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        display_name="Case sensitive field names.",
        doc="Whether the names in the first row must be written as in the schema, upper and lower case included.",
    )
    .define(
        names.CSV_RFC_4180,
        ConfigType.BOOLEAN,
        default=False,
        importance=Importance.LOW,
        display_name="Flag to determine if the RFC 4180 should be used instead.",
        doc="Whether files are read by RFC 4180 instead: no escapes, a quote inside of quotes is doubled, white space counts.",
    )
)

OWN_CSV_KEYS = ConfigDef().define(
    names.INFER_TYPES,
    ConfigType.BOOLEAN,
    default=False,
    importance=Importance.LOW,
    doc="With schema.generation.enabled: whether fields get types other than text, where the first rows of the first files "
    "have only whole numbers, numbers, true and false, or dates in them. An option of Penstock.",
)
