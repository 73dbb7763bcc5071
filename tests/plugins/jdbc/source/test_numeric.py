"""``numeric.mapping`` over precisions and scales (spec jdbc 10.1, 20.5)."""

from __future__ import annotations

import pytest

from penstock.api import Type
from penstock_jdbc.database.jdbc_type import JdbcType
from penstock_jdbc.source.facts import ColumnFacts
from penstock_jdbc.source.fields import FieldRules, field_plans
from penstock_jdbc.source.numeric import NumericMapping

PRECISIONS = (0, 2, 4, 9, 10, 18, 19, 38)
SCALES = (-127, -84, -1, 0, 1, 127)


def integer(precision: int) -> Type:
    return next(
        kind for most, kind in ((2, Type.INT8), (4, Type.INT16), (9, Type.INT32), (18, Type.INT64)) if precision <= most
    )


def expected(mapping: NumericMapping, precision: int, scale: int) -> Type | None:
    """The specification's table, read row by row."""
    short = precision <= 18
    whole = -84 <= scale <= 0
    match mapping:
        case NumericMapping.PRECISION_ONLY if scale == 0 and short:
            return integer(precision)
        case NumericMapping.BEST_FIT if short and whole:
            return integer(precision)
        case NumericMapping.BEST_FIT if short and scale > 0:
            return Type.FLOAT64
        case NumericMapping.BEST_FIT_EAGER_DOUBLE if short and whole:
            return integer(precision)
        case NumericMapping.BEST_FIT_EAGER_DOUBLE if scale > 0:
            return Type.FLOAT64
    return None


@pytest.mark.parametrize("code", [JdbcType.NUMERIC, JdbcType.DECIMAL])
@pytest.mark.parametrize("mapping", NumericMapping)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("scale", SCALES)
def test_the_matrix(code: JdbcType, mapping: NumericMapping, precision: int, scale: int) -> None:
    (plan,) = field_plans([ColumnFacts("v", code, "n", precision, scale)], FieldRules(mapping))
    kind = expected(mapping, precision, scale) if code is JdbcType.NUMERIC else None

    if kind is None:
        assert plan.schema.type is Type.BYTES
        assert plan.schema.parameters == {
            "scale": "127" if scale == -127 else str(scale),
            "connect.decimal.precision": str(precision),
        }
    else:
        assert plan.schema.type is kind
        assert plan.schema.name is None


@pytest.mark.parametrize(
    ("name", "old", "mapping"),
    [
        (None, False, NumericMapping.NONE),
        (None, True, NumericMapping.PRECISION_ONLY),
        ("BEST_FIT", True, NumericMapping.BEST_FIT),
        ("none", True, NumericMapping.NONE),
    ],
)
def test_the_older_key_counts_where_the_newer_is_unset(name: str | None, old: bool, mapping: NumericMapping) -> None:
    assert NumericMapping.of(name, precision_mapping=old) is mapping
