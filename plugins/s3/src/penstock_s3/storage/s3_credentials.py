"""Where the credentials for S3 come from (spec 2.4): botocore's chain, one provider of it, fixed ones, or a role."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialResolver,
    DeferredRefreshableCredentials,
    create_credential_resolver,
)

from penstock_s3.config.choices import Credentials
from penstock_s3.config.settings import CredentialSettings

_METHODS = {
    Credentials.ENVIRONMENT: ("env",),
    Credentials.PROFILE: ("shared-credentials-file", "config-file", "assume-role", "sso"),
    Credentials.INSTANCE: ("iam-role",),
    Credentials.CONTAINER: ("container-role",),
    Credentials.WEB_IDENTITY: ("assume-role-with-web-identity",),
    Credentials.PROCESS: ("custom-process",),
}
"""botocore's names of its providers."""

_ROLE_SECONDS = 3600


def session_for(settings: CredentialSettings, region: str) -> boto3.session.Session:
    """A session whose clients are known to S3 as the settings say. Nothing is fetched yet."""
    core = botocore.session.Session(profile=settings.profile or None)
    if settings.source in _METHODS:
        _keep_only(core, _METHODS[settings.source])
    elif settings.source is Credentials.ASSUME_ROLE:
        core._credentials = _role(core, settings, region)  # noqa: SLF001  # as botocore's own documentation of deferred credentials does
    keys: dict[str, Any] = {}
    if settings.source is Credentials.STATIC:
        keys = {
            "aws_access_key_id": settings.access_key_id,
            "aws_secret_access_key": settings.secret_access_key,
        }
    return boto3.session.Session(botocore_session=core, region_name=region, **keys)


def signature_of(settings: CredentialSettings) -> object:
    """What goes into a client's config: nothing special, or no signature at all."""
    return UNSIGNED if settings.source is Credentials.ANONYMOUS else None


def _keep_only(core: Any, methods: tuple[str, ...]) -> None:
    resolver = create_credential_resolver(core)
    resolver.providers = [provider for provider in resolver.providers if provider.METHOD in methods]
    core.register_component("credential_provider", resolver)


def _role(core: Any, settings: CredentialSettings, region: str) -> DeferredRefreshableCredentials:
    """Credentials of a role, fetched at first need and again before they expire."""
    sts_region = settings.sts_region or region

    def client(service: str, **keys: Any) -> Any:
        where = {"endpoint_url": settings.sts_endpoint} if settings.sts_endpoint else {}
        return core.create_client(service, region_name=sts_region, **where, **keys)

    extra: dict[str, Any] = {
        "RoleSessionName": settings.role_session_name,
        "DurationSeconds": settings.role_session_seconds or _ROLE_SECONDS,
    }
    if settings.role_external_id:
        extra["ExternalId"] = settings.role_external_id
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=client,
        source_credentials=_source(core, settings),
        role_arn=settings.role_arn,
        extra_args=extra,
    )
    return DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)


def _source(core: Any, settings: CredentialSettings) -> Any:
    """Who asks for the role: fixed credentials if there are any, else botocore's chain."""
    if settings.access_key_id and settings.secret_access_key:
        core.set_credentials(settings.access_key_id, settings.secret_access_key)
        return core.get_credentials()
    resolver: CredentialResolver = create_credential_resolver(core)
    return resolver.load_credentials()
