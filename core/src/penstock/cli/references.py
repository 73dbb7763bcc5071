"""References (``${provider:path:key}``) in the worker's own properties, resolved once at its start (design decision 13).

Providers are plugins, so a process of its own asks them: parent and child are the two halves of this module. The child is
given the properties and what discovery found on its standard input, and answers one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from penstock.api.exceptions import ConfigException
from penstock.api.hooks import PluginKind
from penstock.config.transformer import ConfigTransformer, has_reference, make_providers
from penstock.discovery.plugins import PluginIndex, PluginNotFoundError, load_class
from penstock.logcontext import SECRETS
from penstock.orphans import die_with_parent

DEADLINE_S = 30.0
"""How long providers may take together."""

_RAW_KEY = "plugin.path"
"""Read as it is written (spec 2.5)."""

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from penstock.cli.references import child; child()"


def has_references(props: Mapping[str, str]) -> bool:
    """Whether the properties declare providers and refer to any."""
    return "config.providers" in props and any(has_reference(value) for key, value in props.items() if key != _RAW_KEY)


def resolved_properties(props: Mapping[str, str], index: PluginIndex, deadline_s: float = DEADLINE_S) -> dict[str, str]:
    """The properties with their references resolved; what came from providers is hidden in logs from now on.

    Blocks. Raises :class:`ConfigException` with the provider's text, or saying that it did not answer.
    """
    question = {"props": dict(props), "index": index.to_plain(), "parent": os.getpid()}
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, our own code
            [sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path)],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=deadline_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigException(
            f"The config providers of the worker's properties did not answer within {deadline_s:g} s. "
            f"The references are in: {', '.join(_referring(props))}"
        ) from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-1000:]
        raise ConfigException(f"The process that asks config providers ended with code {done.returncode}: {said}")
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise ConfigException(answer["error"])
    SECRETS.hide(answer["secrets"])
    return {**answer["props"], **{key: props[key] for key in (_RAW_KEY,) if key in props}}


def child() -> None:
    """The other half. Whatever a provider prints goes to standard error, so that the answer stays readable."""
    question = json.loads(sys.stdin.buffer.read())
    die_with_parent(question["parent"])
    with ExitStack() as stack:
        answer_to = stack.enter_context(os.fdopen(os.dup(1), "w"))
        os.dup2(2, 1)
        json.dump(_answer(question["props"], PluginIndex.from_plain(question["index"])), answer_to)


def _answer(props: dict[str, str], index: PluginIndex) -> dict[str, object]:
    def find_class(name: str) -> type:
        try:
            return load_class(index.find(PluginKind.CONFIG_PROVIDER, name))
        except PluginNotFoundError as error:
            raise LookupError(str(error)) from error

    try:
        with ConfigTransformer(make_providers(props, find_class)) as transformer:
            resolved = transformer.transform(props)
    except Exception as error:  # noqa: BLE001  # a provider's fault, told to the parent
        return {"error": str(error) or type(error).__name__}
    return {"props": dict(resolved.data), "secrets": sorted(resolved.secrets)}


def _referring(props: Mapping[str, str]) -> list[str]:
    return sorted(key for key, value in props.items() if has_reference(value))
