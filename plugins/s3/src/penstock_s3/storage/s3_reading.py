"""An object of S3 as a file that is read once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from penstock_s3.storage.s3_errors import translated

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class ObjectStream(io.RawIOBase):
    """Reads the body of an answer; what goes wrong on the way is raised as the store's own exceptions."""

    def __init__(self, body: Any, what: str) -> None:
        super().__init__()
        self._body = body
        self._what = what

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        try:
            data = self._body.read(len(target))
        except Exception as error:
            raise translated(error, self._what) from error
        target[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()
