"""What botocore raises, as the house's exceptions (spec 9.2)."""

from __future__ import annotations

from typing import Any

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from penstock.api import ConnectException, RetriableException
from penstock_s3.storage.errors import (
    ForbiddenException,
    NoSuchUploadException,
    NotThereException,
    PreconditionException,
    StoreException,
    StoreRetriableException,
)

_LATER = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",
        "OperationAborted",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_LATER_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_REFUSED: dict[str, type[ConnectException]] = {
    "PreconditionFailed": PreconditionException,
    "412": PreconditionException,
    "NoSuchUpload": NoSuchUploadException,
    "NoSuchKey": NotThereException,
    "NotFound": NotThereException,
    "404": NotThereException,
    "403": ForbiddenException,
    "AccessDenied": ForbiddenException,
}
_CONNECTION = (
    aws.ConnectionError,  # also time-outs of connecting, proxies, TLS
    aws.HTTPClientError,  # also cut connections and time-outs of reading
    aws.IncompleteReadError,
    aws.ResponseStreamingError,
    aws.CredentialRetrievalError,
    aws.MetadataRetrievalError,
    ResponseParserError,  # half an answer, or a proxy's page
)


def translated(error: Exception, what: str) -> ConnectException | RetriableException:
    """``error`` as one of ours, which says what was tried. Unknown failures are not tried again."""
    if isinstance(error, aws.ClientError):
        return _refused(error.response, f"S3 did not {what}: {error}")
    if isinstance(error, aws.SSLError):
        return StoreException(f"Could not {what}: {error}")
    if isinstance(error, (*_CONNECTION, OSError)):
        return StoreRetriableException(f"Could not {what}: {error}")
    return StoreException(f"Could not {what}: {error}")


def _refused(response: Any, told: str) -> ConnectException | RetriableException:
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _REFUSED:
        return _REFUSED[code](told)
    if code in _LATER or status in _LATER_STATUS:
        return StoreRetriableException(told)
    return StoreException(told)
