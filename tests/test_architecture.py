"""Data walks one way: commands → context → (api | storage | webhooks | sandbox) → errors."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "jebbitctl"
LEAVES = {"deadline", "error_chain", "ids", "redaction", "sessions", "text", "times", "urls"}
BELOW = {"errors", *LEAVES}
ROOMS = {"api", "storage", "webhooks"}
WIRING = {"settings", "authentication", "accounts", "context", "output", "prompts"}

MAY_IMPORT = {
    "errors": set[str](),
    **dict.fromkeys(LEAVES, BELOW),
    "api": BELOW,
    "storage": BELOW,
    "webhooks": BELOW,
    "sandbox": BELOW | {"webhooks"},
    "output": BELOW,
    "prompts": BELOW | {"output"},
    "settings": BELOW | ROOMS,
    "authentication": BELOW | ROOMS | {"settings"},
    "accounts": BELOW | ROOMS | {"settings", "authentication"},
    "context": BELOW | ROOMS | WIRING,
    "checkup": BELOW | ROOMS | {"settings", "authentication", "context"},
    "manifest": BELOW | {"api", "storage"},
    "commands": BELOW | ROOMS | WIRING | {"sandbox", "checkup", "manifest"},
    "cli": BELOW | {"commands", "output"},
    "__main__": {"cli"},
    "__init__": set[str](),
}
"""Each room, and the rooms it may import from; itself goes without saying."""

ONLY_IN = {
    "rich": {"output"},
    "typer": {"cli", "commands", "output", "prompts"},
    "keyring": {"storage"},
    "filelock": {"storage"},
    "tomlkit": {"storage", "manifest"},
    "requests": {"api", "sessions", "webhooks", "sandbox"},
    "waitress": {"webhooks"},
    "truststore": {"sessions"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in the file it does."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = room(path)
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("jebbitctl.")}
    assert rooms - {here, "__version__"} <= MAY_IMPORT[here]
    libraries = {name.split(".")[0] for name in imported(path)}
    assert {library for library in libraries & ONLY_IN.keys() if here not in ONLY_IN[library]} == set()


def test_no_imports_go_round_in_a_circle() -> None:
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in FILES}
    ways = {
        module: {
            target
            for name in imported(path)
            for target in (name, name.rpartition(".")[0])
            if target in modules and target != module
        }
        for module, path in modules.items()
    }
    assert set(TopologicalSorter(ways).static_order()) == set(modules)


def test_only_its_command_and_the_demo_import_the_sandbox() -> None:
    users = {
        path.name
        for path in FILES
        if room(path) != "sandbox" and any(name.startswith("jebbitctl.sandbox") for name in imported(path))
    }
    assert users == {"sandbox.py", "demo.py"}
