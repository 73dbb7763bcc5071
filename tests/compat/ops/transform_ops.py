"""The recorded operations on transformations and predicates."""

from __future__ import annotations

from typing import Any

from penstock import transforms
from penstock.api import Predicate, Transformation
from penstock.api.plugin import Configurable
from tests.compat.runner import phase
from tests.compat.vectors_codec import decode, decode_record, encode_record

Plain = dict[str, Any]

CLASSES: dict[str, type[Configurable]] = {
    cls.connect_name: cls for cls in (getattr(transforms, name) for name in transforms.__all__)
}


def _configured(given: Plain) -> Any:
    plugin: Any = CLASSES[given["class"]]()
    config = {key: decode(value) if isinstance(value, dict) else value for key, value in given["config"].items()}
    with phase("configure"):
        plugin.use_config(config)
        plugin.configure(config)
    return plugin


def configure(given: Plain) -> None:
    _configured(given)


def apply(given: Plain) -> Plain:
    transformation: Transformation[Any] = _configured(given)
    record = decode_record(given["record"])
    with phase("apply"):
        changed = transformation.apply(record)
    return {"record": encode_record(changed)} | ({"same": True} if changed is record else {})


def test_predicate(given: Plain) -> bool:
    predicate: Predicate[Any] = _configured(given)
    record = decode_record(given["record"])
    with phase("apply"):
        return predicate.test(record)


OPS = {
    "smt.configure": configure,
    "smt.apply": apply,
    "predicate.configure": configure,
    "predicate.test": test_predicate,
}
