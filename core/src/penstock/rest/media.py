"""Content negotiation as Connect's resources do it: JSON in, JSON out, and nothing else."""

from __future__ import annotations

from http import HTTPStatus

from penstock.rest.errors import HttpError, MalformedRequestError

JSON = "application/json"
TEXT = "text/plain"


def check_consumable(content_type: str | None) -> None:
    """Raises :class:`HttpError`: 415 unless the body is announced as JSON or not at all, 400 for what is no media type.

    The header alone decides, whether or not there is a body, on every method.
    """
    if content_type is None:
        return
    kind, slash, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    if not (kind and slash and subtype) or "," in content_type:
        raise MalformedRequestError(f"Content-Type is no media type: {content_type!r}")
    if (kind, subtype) != ("application", "json"):
        raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def check_acceptable(accept: str | None) -> None:
    """Raises :class:`HttpError` (406) when the client takes no JSON, 400 for a quality that is no number."""
    if not _accepts(accept, JSON):
        raise HttpError(HTTPStatus.NOT_ACCEPTABLE)


def prefers_text(accept: str | None) -> bool:
    """Whether OPTIONS answers with text: unless the client's first choice is another type."""
    ranges = _ranges(accept)
    return not ranges or ranges[0] == "*/*" or _matches(ranges[0], TEXT)


def first_choice(accept: str | None) -> str:
    """What the client asks for in the first place."""
    return _ranges(accept)[0]


def _accepts(accept: str | None, media_type: str) -> bool:
    ranges = _ranges(accept)
    return not ranges or any(_matches(each, media_type) for each in ranges)


def _ranges(accept: str | None) -> list[str]:
    """The media ranges, most specific and highest quality first. ``q=0`` counts as acceptable, as Connect has it."""
    ranked: list[tuple[int, float, str]] = []
    for entry in (accept or "").split(","):
        media_range, *parameters = (part.strip().lower() for part in entry.split(";"))
        if not media_range:
            continue
        media_range = "*/*" if media_range == "*" else media_range
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value.strip(), accept)
        ranked.append((-media_range.count("*"), quality, media_range))
    ranked.sort(key=lambda item: item[:2], reverse=True)
    return [media_range for _, _, media_range in ranked]


def _quality(text: str, accept: str | None) -> float:
    try:
        return float(text)
    except ValueError:
        raise MalformedRequestError(f"Accept has a quality that is no number: {accept!r}") from None


def _matches(media_range: str, media_type: str) -> bool:
    wanted_kind, _, wanted_subtype = media_range.partition("/")
    kind, _, subtype = media_type.partition("/")
    return wanted_kind in ("*", kind) and wanted_subtype in ("*", subtype)
