"""How much data an Arrow array holds, told by its values alone: however it came to be, the same values have the same size."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def data_bytes(array: Any) -> int:
    """Bytes of the values of an array, without what Arrow needs beside them."""
    kind = array.type
    if pa.types.is_struct(kind):
        return sum(map(data_bytes, array.flatten()))
    if pa.types.is_list(kind):
        return 4 * len(array) + data_bytes(array.flatten())
    if pa.types.is_binary(kind):
        return 4 * len(array) + (pc.sum(pc.binary_length(array)).as_py() or 0)
    return len(array) * int(kind.bit_width) // 8
