"""Acceptance check 5: what becomes of numbers under every mapping, by the databases.

The whole matrix of digits is in tests/plugins/jdbc/source/test_numeric.py.
"""

from __future__ import annotations

import decimal
from typing import Any

import pytest

from penstock.api import ConnectException, DataException, Decimal, Schema
from tests.plugins.jdbc.acceptance.reading import kind_of, task_on

INTEGERS = {2: "int8", 4: "int16", 9: "int32", 10: "int64", 18: "int64"}
"""By precision; larger ones are none."""
MAPPINGS = ("none", "precision_only", "best_fit", "best_fit_eager_double")


def expected(mapping: str, precision: int, scale: int) -> str:
    """The specification's table (10.1)."""
    if mapping != "none" and scale == 0 and precision <= 18:
        return INTEGERS[precision]
    double = mapping == "best_fit_eager_double" or (mapping == "best_fit" and precision <= 18)
    if double and scale > 0:
        return "float64"
    return f"Decimal({scale})"


def shown(schema: Schema) -> str:
    if schema.name == Decimal.LOGICAL_NAME:
        assert schema.parameters is not None
        return f"Decimal({schema.parameters['scale']})"
    return str(schema.type.value)


DECLARED = [(2, 0), (4, 0), (9, 0), (10, 0), (18, 0), (19, 0), (38, 0), (4, 1), (9, 9), (18, 1), (38, 1), (38, 38)]


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("kind", ["numeric", "decimal"])
def test_values(server_database: Any, kind: str, mapping: str) -> None:
    """The largest, the smallest and 0 of the declared digits. PostgreSQL has one type under both names, reported as NUMERIC;
    MariaDB has one too, reported as DECIMAL, which no mapping reaches."""
    columns = {f"v{precision}_{scale}": (precision, scale) for precision, scale in DECLARED}
    given = {
        name: [
            decimal.Decimal(f"{sign}{digits}E-{scale}")
            for sign, digits in (("", "9" * precision), ("-", "9" * precision), ("", 0))
        ]
        for name, (precision, scale) in columns.items()
    }
    types = ", ".join(f"{name} {kind}({precision},{scale})" for name, (precision, scale) in columns.items())
    server_database.run(f"CREATE TABLE t (id integer, {types})", "INSERT INTO t (id) VALUES (9)")
    for row in range(3):
        values = ", ".join(f"{column[row]:f}" for column in given.values())
        server_database.run(f"INSERT INTO t VALUES ({row}, {values})")
    config = {"mode": "bulk", "query": "SELECT * FROM t ORDER BY id", "poll.interval.ms": "600000"}
    with task_on(server_database, {**config, "numeric.mapping": mapping}) as reader:
        reader.read(4)
        schema = reader.records[0].value_schema
        assert schema is not None
        for name, (precision, scale) in columns.items():
            wanted = expected("none" if kind_of(server_database) == "mariadb" else mapping, precision, scale)
            assert (name, shown(schema.field(name).schema)) == (name, wanted)  # type: ignore[union-attr]
            found = reader.values(name)
            assert found == [float(value) if wanted == "float64" else value for value in given[name]] + [None]
            python = {"float64": float, f"Decimal({scale})": decimal.Decimal}.get(wanted, int)
            assert {type(value) for value in found[:3]} == {python}


def test_numbers_of_any_digits(postgresql: Any) -> None:
    """As in Java: 127 digits behind the point without a mapping, and an int8 with one, which must not lose anything silently."""
    postgresql.run("CREATE TABLE t (v numeric)", "INSERT INTO t VALUES (1.5), (NULL), (12345678901234567890.125)")
    config = {"mode": "bulk", "query": "SELECT * FROM t", "poll.interval.ms": "600000"}
    with task_on(postgresql, config) as reader:
        assert reader.read(3).values("v") == [decimal.Decimal("1.5"), None, decimal.Decimal("12345678901234567890.125")]
        assert reader.values("v")[0].as_tuple().exponent == -127


REFUSED = {
    "128": "Column v holds 128, which does not fit int8, the type of its field",
    "1.5": "Column v holds 1.5, which does not fit int8, the type of its field. Declare the column's digits (numeric(10,2)), "
    "CAST it in a query, or set 'numeric.mapping' to none",
}


@pytest.mark.parametrize("value", REFUSED)
def test_a_number_that_its_integer_cannot_hold_is_told(postgresql: Any, value: str) -> None:
    """Java cuts fractions off."""
    postgresql.run("CREATE TABLE t (v numeric)", f"INSERT INTO t VALUES (NULL), ({value})")
    config = {"mode": "bulk", "query": "SELECT * FROM t", "numeric.mapping": "best_fit"}
    with task_on(postgresql, config) as reader, pytest.raises(ConnectException) as raised:
        reader.read(1)
    error: BaseException = raised.value
    while error.__cause__ is not None:
        error = error.__cause__
    assert isinstance(error, DataException)
    assert str(error) == REFUSED[value]
