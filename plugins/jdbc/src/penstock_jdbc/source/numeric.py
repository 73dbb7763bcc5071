"""``numeric.mapping``: what becomes of NUMERIC columns (spec jdbc 10.1)."""

from __future__ import annotations

import enum

from penstock.api import Type

_MOST_DIGITS_OF_LONG = 18
_SMALLEST_SCALE = -84
_UNKNOWN_SCALE = -127
ANY_SCALE = 127
"""The scale of a Decimal schema for a column that holds numbers of any scale."""


class NumericMapping(enum.Enum):
    """What becomes of a NUMERIC column. The value is what ``numeric.mapping`` takes."""

    NONE = "none"
    PRECISION_ONLY = "precision_only"
    BEST_FIT = "best_fit"
    BEST_FIT_EAGER_DOUBLE = "best_fit_eager_double"

    @classmethod
    def of(cls, name: str | None, *, precision_mapping: bool) -> NumericMapping:
        """The mapping of ``numeric.mapping`` or, where that is unset, of the older ``numeric.precision.mapping``."""
        if name is not None:
            return cls(name.lower())
        return cls.PRECISION_ONLY if precision_mapping else cls.NONE

    def type_of(self, precision: int, scale: int) -> Type | None:
        """The type of a column of so many digits, ``scale`` of them behind the point; None for a Decimal."""
        match self:
            case NumericMapping.NONE:
                return None
            case NumericMapping.PRECISION_ONLY:
                return integer_for(precision) if scale == 0 and precision <= _MOST_DIGITS_OF_LONG else None
            case NumericMapping.BEST_FIT if precision > _MOST_DIGITS_OF_LONG:
                return None
            case NumericMapping.BEST_FIT_EAGER_DOUBLE if precision > _MOST_DIGITS_OF_LONG:
                return Type.FLOAT64 if scale > 0 else None
        if scale > 0:
            return Type.FLOAT64
        return integer_for(precision) if scale >= _SMALLEST_SCALE else None


def integer_for(precision: int) -> Type:
    """The integer that so many digits fit into."""
    if precision < 3:
        return Type.INT8
    if precision < 5:
        return Type.INT16
    return Type.INT32 if precision < 10 else Type.INT64


def decimal_scale(scale: int) -> int:
    """The scale of a Decimal schema: drivers tell −127 for a column of any scale, which becomes 127."""
    return ANY_SCALE if scale == _UNKNOWN_SCALE else scale
