"""The keys of Confluent's S3 sink in its group Keys and Headers, not all of which concern these (spec 2.4)."""

from __future__ import annotations

from penstock.api import Width, validators
from penstock_s3.config.connector_keys import VALUE_FORMATS
from penstock_s3.config.java_classes import AVRO_FORMAT, JSON_FORMAT, PARQUET_FORMAT
from penstock_s3.config.key_parts import BOOLEAN, CLASS, INT, LOW, Place, Rules, key, shown_if

_SIDE = "Keys and Headers"


def _short(order: int, title: str) -> Place:
    return Place(_SIDE, order, title, LOW, Width.SHORT)


SIDE_KEYS = (
    key(
        "store.kafka.keys",
        BOOLEAN,
        False,
        _short(1, "Store kafka keys"),
        "Whether the keys of records are stored, in objects of their own.",
        Rules(dependents=("keys.format.class",)),
    ),
    key(
        "store.kafka.headers",
        BOOLEAN,
        False,
        _short(2, "Store kafka headers"),
        "Whether the headers of records are stored, in objects of their own.",
        Rules(dependents=("headers.format.class",)),
    ),
    key(
        "keys.format.class",
        CLASS,
        AVRO_FORMAT,
        Place(_SIDE, 3, "Keys format class", width=Width.NONE),
        "The format of objects with keys.",
        Rules(recommender=shown_if(lambda parsed: parsed.get("store.kafka.keys") is True, VALUE_FORMATS)),
    ),
    key(
        "headers.format.class",
        CLASS,
        AVRO_FORMAT,
        Place(_SIDE, 4, "Headers format class", width=Width.NONE),
        "The format of objects with headers: Avro, JSON or Parquet.",
        Rules(
            recommender=shown_if(
                lambda parsed: parsed.get("store.kafka.headers") is True, (AVRO_FORMAT, JSON_FORMAT, PARQUET_FORMAT)
            )
        ),
    ),
    key(
        "s3.path.style.access.enabled",
        BOOLEAN,
        True,
        _short(5, "Enable Path Style Access to S3"),
        "Whether the bucket stands in the path of URLs, not in their host.",
    ),
    key(
        "s3.elastic.buffer.enable",
        BOOLEAN,
        False,
        Place(_SIDE, 6, "Enable elastic buffer to staging s3-part"),
        "Accepted for the original's sake: buffers always grow as they are filled.",
    ),
    key(
        "s3.elastic.buffer.init.capacity",
        INT,
        131_072,
        Place(_SIDE, 7, "Elastic buffer initial capacity"),
        "Accepted for the original's sake.",
        Rules(validators.at_least(4096)),
    ),
    key(
        "partitioner.max.open.files",
        INT,
        -1,
        Place("", -1, "partitioner.max.open.files", width=Width.NONE),
        "How many files of a topic partition may be open at a time. -1: any number.",
    ),
)
