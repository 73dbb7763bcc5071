"""What an object store answers when it does not do as asked, grouped by what the caller does next.

::

    ConnectException
    ├── StoreException            not to be helped by trying again: the task FAILS
    │   ├── NoSuchUploadException the multipart upload is gone: completed already, or aborted by somebody
    │   ├── NotThereException     there is no object of that key
    │   └── ForbiddenException    403: somebody else's, or hidden from us
    ├── PreconditionException     412: the object is there, or is another than expected
    └── RetriableException
        └── StoreRetriableException   overload, cut connections, time-outs: the same call again later

Client libraries' exceptions are translated in the stores and never caught above.
"""

from __future__ import annotations

from typing import ClassVar

from penstock.api import ConnectException, RetriableException


class StoreException(ConnectException):
    """The store refused, and would again."""

    connect_name: ClassVar[str] = ConnectException.connect_name


class NoSuchUploadException(StoreException):
    """No such multipart upload: it was completed or aborted before."""


class NotThereException(StoreException):
    """No object of this key."""


class ForbiddenException(StoreException):
    """The store does not say whether there is such an object."""


class PreconditionException(ConnectException):
    """The object that was to be absent is there, or the one that was to be replaced is not the one expected."""

    connect_name: ClassVar[str] = ConnectException.connect_name


class StoreRetriableException(RetriableException):
    """The store may do it when asked again later."""

    connect_name: ClassVar[str] = RetriableException.connect_name
