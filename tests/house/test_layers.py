"""Who may import whom (design section 3): imports point down only, rooms on one line do not know each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src" / "penstock"
RANKS = (
    {"pytest_plugin"},  # stands outside of testing, so that pytest loads nothing else
    {"cli", "testing"},
    {"rest", "console"},
    {"herder"},
    {"worker", "chains"},
    {"tasks"},
    {"cluster", "storage", "errors"},
    {"discovery"},
    {"converters", "transforms", "config", "log", "metrics"},
    {"api", "clock", "jackson", "logcontext", "orphans", "procname"},
    {"ids", "javafloat", "states"},  # single modules without a room, which the line above builds on
)
RANK = {room: number for number, rooms in enumerate(RANKS) for room in rooms}
HOMES = {
    "confluent_kafka": ("log/kafka",),
    "kafka": ("cluster/kafka_group", "log/kafka_admin"),
    "sqlite3": ("log/sqlite",),
    "starlette": ("rest/", "console/"),
    "uvicorn": ("rest/",),
    "pluggy": ("api/hooks", "discovery/"),
    "click": ("cli/",),
    "rich": ("cli/",),
    "pytest": ("testing/", "pytest_plugin"),
}
PLUGIN_DOORS = ("penstock.api", "penstock.converters", "penstock.transforms", "penstock.testing")
FACES = ("penstock.api", "penstock.converters", "penstock.transforms", "penstock.testing")


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; name the room"
            module = node.module or ""
            yield node.lineno, module
            if module == "penstock":
                yield from ((node.lineno, f"penstock.{alias.name}") for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(CORE), ids=lambda path: path.relative_to(CORE).as_posix())
def test_imports_point_down(path: Path) -> None:
    room = room_of(path)
    for line, name in imported(path):
        if not name.startswith("penstock."):
            continue
        other = name.split(".")[1]
        if room in ("__init__", "__main__") or other in (room, "__version__"):
            continue
        assert room in RANK, f"{room} is a new room: give it a line in RANKS and in the design"
        assert other in RANK, f"{path}:{line}: imports the unknown room {other}"
        assert RANK[other] > RANK[room], f"{path}:{line}: room {room} imports {name}, beside or above it"


@pytest.mark.parametrize("path", modules(CORE), ids=lambda path: path.relative_to(CORE).as_posix())
def test_every_dependency_has_one_home(path: Path) -> None:
    inside = path.relative_to(CORE).as_posix()
    for line, name in imported(path):
        home = HOMES.get(name.split(".")[0])
        assert home is None or inside.startswith(home), f"{path}:{line}: {name} is at home in {home} only"


@pytest.mark.parametrize(
    "path",
    [path for plugin in sorted((ROOT / "plugins").glob("*/src")) for path in modules(plugin)],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_plugins_use_the_doors(path: Path) -> None:
    for line, name in imported(path):
        if name.split(".")[0] == "penstock":
            assert name in PLUGIN_DOORS, f"{path}:{line}: a plugin imports {name}; its doors are {PLUGIN_DOORS}"


@pytest.mark.parametrize(
    "path",
    [path for path in modules(CORE) if path.name == "__init__.py"],
    ids=lambda p: p.parent.relative_to(CORE).as_posix(),
)
def test_no_code_in_init(path: Path) -> None:
    """``__init__`` holds a docstring, imports of a face, ``__all__`` and the version, nothing else; a lazy face (PEP 562) also
    its table of modules and ``__getattr__``, so that who needs one converter does not import all."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        plain = isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
        for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        names = [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []
        assigned = bool(names) and (names[0].startswith("__") or names[0] == "_MODULES")
        lazy = isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
        assert plain or for_types or assigned or lazy, f"{path}:{node.lineno}: code in __init__.py"


def test_the_api_stands_alone() -> None:
    for path in modules(CORE / "api"):
        for line, name in imported(path):
            allowed = ("penstock.api", "penstock.javafloat")  # how Java writes a float is needed in texts and in JSON
            assert not name.startswith("penstock.") or name.startswith(allowed), f"{path}:{line}: {name}"
