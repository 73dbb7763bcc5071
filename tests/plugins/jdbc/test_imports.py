"""What the package imports when it is looked at, and which room imports which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import penstock_jdbc

ROOT = Path(penstock_jdbc.__file__).parent
BELOW = {"database": (), "config": ("database",), "source": ("config", "database"), "sink": ("config", "database")}
HEAVY = ("sqlalchemy", "psycopg", "MySQLdb", "pymysql", "sqlite3")


@pytest.mark.parametrize("plugin", [*penstock_jdbc.penstock_sources(), *penstock_jdbc.penstock_sinks()])
def test_discovery_imports_neither_sqlalchemy_nor_drivers(plugin: penstock_jdbc.Plugin) -> None:
    module = plugin.target.partition(":")[0]
    code = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("plugin", [*penstock_jdbc.penstock_sources(), *penstock_jdbc.penstock_sinks()])
def test_a_connector_names_its_task_by_text_so_that_it_is_imported_before_tasks_are_forked(
    plugin: penstock_jdbc.Plugin,
) -> None:
    code = (
        "import sys, importlib\n"
        f"cls = getattr(importlib.import_module('{plugin.target.partition(':')[0]}'), '{plugin.target.partition(':')[2]}')\n"
        "module, _, name = cls.task_class.partition(':')\n"
        "getattr(importlib.import_module(module), name)\n"
        "print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_import_those_below_them(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    allowed = {room, *BELOW.get(room, ())}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    rooms = {module.split(".")[1] for module in modules if module.startswith("penstock_jdbc.")}
    assert rooms <= allowed
