"""Validators and recommenders of keys that stand in another definition under a prefix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock.api.config_key import Recommender, Validator
from penstock.api.validators import validator_text


@dataclass(frozen=True, slots=True)
class EmbeddedValidator:
    """Asks ``inner`` under the key's name without the prefix: so does Kafka, and the name stands in the error text."""

    prefix: str
    inner: Validator

    def __call__(self, name: str, value: object) -> None:
        self.inner(name.removeprefix(self.prefix), value)

    def __str__(self) -> str:
        return validator_text(self.inner) or ""


@dataclass(frozen=True, slots=True)
class EmbeddedRecommender:
    """Asks ``inner`` with only the values that have the prefix, under their names without it."""

    prefix: str
    inner: Recommender

    def valid_values(self, name: str, parsed: Mapping[str, object]) -> Sequence[object]:
        """What the inner one recommends."""
        return self.inner.valid_values(name.removeprefix(self.prefix), self._inner_values(parsed))

    def visible(self, name: str, parsed: Mapping[str, object]) -> bool:
        """What the inner one says."""
        return self.inner.visible(name.removeprefix(self.prefix), self._inner_values(parsed))

    def _inner_values(self, parsed: Mapping[str, object]) -> dict[str, object]:
        return {key[len(self.prefix) :]: value for key, value in parsed.items() if key.startswith(self.prefix)}
