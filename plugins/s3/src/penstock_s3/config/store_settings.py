"""From the keys of Confluent's dialect to :class:`StoreSettings` (spec 2.4, 9, 12)."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

from penstock.api import ConfigException, ParsedConfig
from penstock_s3.config.choices import Credentials, OnTaggingError
from penstock_s3.config.java_classes import PROVIDERS, chosen
from penstock_s3.config.settings import (
    CredentialSettings,
    EncryptionSettings,
    ProxySettings,
    RetrySettings,
    StoreSettings,
    TaggingSettings,
)

logger = logging.getLogger(__name__)

_PROVIDER = "s3.credentials.provider."
_CUSTOMER_KEY_BYTES = 32
_DAY_MS = 86_400_000


def store_settings(config: ParsedConfig, options: ParsedConfig, *, conditional_writes: bool) -> StoreSettings:
    """Where and how objects are stored. Raises ConfigException for what validation lets pass but no store can do."""
    path_style, accelerate = config.get_bool("s3.path.style.access.enabled"), config.get_bool("s3.wan.mode")
    if path_style and accelerate:
        raise ConfigException(
            "s3.wan.mode and s3.path.style.access.enabled cannot both be true; set s3.path.style.access.enabled to false"
        )
    return StoreSettings(
        bucket=config.get_string("s3.bucket.name"),
        region=config.get_string("s3.region"),
        endpoint=endpoint(config.get_string("store.url", None)),
        credentials=_credentials(config),
        encryption=_encryption(config),
        retry=RetrySettings(
            attempts=max(1, config.get_int("s3.part.retries")),
            backoff_ms=config.get_long("s3.retry.backoff.ms"),
            max_backoff_ms=_DAY_MS,
        ),
        proxy=_proxy(config),
        tagging=_tagging(config),
        path_style=path_style,
        accelerate=accelerate,
        part_size=config.get_int("s3.part.size"),
        buffer_memory=options.get_long("s3.buffer.memory.bytes"),
        acl=config.get_string("s3.acl.canned", None),
        send_digest=config.get_bool("s3.send.digest"),
        expect_continue=config.get_bool("s3.http.send.expect.continue"),
        conditional_writes=conditional_writes,
        abort_orphans=options.get_bool("s3.abort.orphans"),
    )


def endpoint(url: str | None) -> str | None:
    """An endpoint with its scheme, https where none is given; None for AWS. Raises ConfigException for no URL at all."""
    if url is None or not url.strip():
        return None
    whole = url if "://" in url or url.startswith("file:") else f"https://{url}"
    try:
        parts = urlsplit(whole)
        usable = parts.scheme == "file" or (parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigException.of(
            "store.url", url, "Give the URL of an S3 service, such as http://minio:9000, or file:///dir"
        )
    return whole


def _credentials(config: ParsedConfig) -> CredentialSettings:
    source = chosen("s3.credentials.provider.class", config["s3.credentials.provider.class"], PROVIDERS)
    key_id, secret = config.get_string("aws.access.key.id"), config.get_password("aws.secret.access.key").value
    both = bool(key_id.strip() and secret.strip())
    own = {name: str(value or "") for name, value in config.originals_with_prefix(_PROVIDER).items()}
    if source is Credentials.ASSUME_ROLE:
        return _assumed_role(own, key_id if both else "", secret if both else "")
    if both:
        return CredentialSettings(Credentials.STATIC, key_id, secret)
    return CredentialSettings(source, profile=own.get("profile", ""))


def _assumed_role(own: Mapping[str, str], key_id: str, secret: str) -> CredentialSettings:
    for name in ("sts.role.arn", "sts.role.session.name", "sts.role.external.id"):
        if name not in own:
            raise ConfigException(f'Missing required configuration "{_PROVIDER}{name}" which has no default value.')
    return CredentialSettings(
        Credentials.ASSUME_ROLE,
        key_id,
        secret,
        role_arn=own["sts.role.arn"],
        role_session_name=own["sts.role.session.name"],
        role_external_id=own["sts.role.external.id"],
        sts_region=own.get("sts.region", ""),
    )


def _encryption(config: ParsedConfig) -> EncryptionSettings:
    algorithm = config.get_string("s3.ssea.name") or None
    customer_key = config.get_password("s3.sse.customer.key").value.strip()
    if customer_key and algorithm == "AES256":
        return EncryptionSettings(customer_key=_customer_key(customer_key))
    if customer_key:
        logger.warning("s3.sse.customer.key is not used: it takes effect with s3.ssea.name=AES256 only")
    key_id = config.get_string("s3.sse.kms.key.id").strip() or None
    if algorithm is not None and algorithm.startswith("aws:kms"):
        if key_id is None:
            logger.warning(
                "s3.sse.kms.key.id is empty: objects are encrypted with the account's default key of AWS KMS"
            )
        return EncryptionSettings(algorithm, key_id)
    return EncryptionSettings(algorithm)


def _customer_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _CUSTOMER_KEY_BYTES:
        raise ConfigException.of("s3.sse.customer.key", "[hidden]", "Give 32 bytes in base64, which are 44 characters")
    return key


def _proxy(config: ParsedConfig) -> ProxySettings | None:
    url = config.get_string("s3.proxy.url")
    if not url.strip():
        return None
    whole = url if "://" in url else f"http://{url}"
    try:
        usable = bool(urlsplit(whole).hostname) and urlsplit(whole).port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigException.of("s3.proxy.url", url, "Give the URL of a proxy, such as http://proxy:3128")
    return ProxySettings(
        whole, config.get_string("s3.proxy.user", None), config.get_password("s3.proxy.password").value or None
    )


def _tagging(config: ParsedConfig) -> TaggingSettings | None:
    if not config.get_bool("s3.object.tagging"):
        return None
    extra = {}
    for pair in config.get_list("s3.object.tagging.key.value.pairs"):
        name, *values = pair.split(":")
        if not values:
            raise ConfigException.of("s3.object.tagging.key.value.pairs", pair, "Give each tag as name:value")
        extra[name] = values[0]  # what follows a second colon is dropped, as by the original
    return TaggingSettings(extra, OnTaggingError(config.get_string("s3.object.behavior.on.tagging.error").lower()))
