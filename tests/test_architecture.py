"""Dependencies point one way, and each library is used in one place."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "jebbitctl"
LEAVES = {"errors", "environment", "util"}
ROOMS = {"api", "storage", "webhooks"}
WIRING = {"settings", "auth", "context", "output", "prompts"}

MAY_IMPORT = {
    "errors": set[str](),
    "util": {"errors"},
    "environment": {"errors", "util"},
    "api": LEAVES,
    "storage": LEAVES,
    "webhooks": LEAVES,
    "sandbox": LEAVES | {"webhooks"},
    "output": LEAVES,
    "prompts": LEAVES | {"output"},
    "settings": LEAVES | {"storage"},
    "auth": LEAVES | {"api", "storage", "settings"},
    "manifest": LEAVES | {"api", "storage"},
    "context": LEAVES | ROOMS | WIRING,
    "diagnose": LEAVES | ROOMS,
    "doctor": LEAVES | ROOMS | {"auth", "context"},
    "commands": LEAVES | ROOMS | WIRING | {"sandbox", "diagnose", "doctor", "manifest"},
    "pytest_plugin": LEAVES | {"webhooks", "sandbox"},
    "cli": LEAVES | {"commands", "output"},
    "__main__": {"cli"},
    "__init__": set[str](),
}
"""For each package or top-level module, those that it may import from besides itself."""

ONLY_IN = {
    "rich": {"output"},
    "typer": {"cli", "commands", "output", "prompts"},
    "keyring": {"storage"},
    "filelock": {"storage"},
    "platformdirs": {"storage"},
    "tomlkit": {"storage", "manifest"},
    "requests": {"api", "util", "webhooks"},
    "urllib3": {"api", "util", "webhooks"},
    "waitress": {"webhooks"},
    "werkzeug": {"sandbox"},
    "truststore": {"util"},
    "jmespath": {"output"},
    "pytest": {"pytest_plugin"},
}
FILES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES_OF_A_FILE, MAX_LINES_OF_A_FUNCTION = 400, 60


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.fixture(scope="module")
def imports() -> dict[Path, set[str]]:
    """The modules that each file imports, inside functions as well."""
    return {path: imported_by(path) for path in FILES}


def imported_by(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_imports_point_down(imports: dict[Path, set[str]]) -> None:
    for path, names in imports.items():
        here = room(path)
        rooms = {name.split(".")[1] for name in names if name.startswith("jebbitctl.")}
        assert rooms - {here, "__version__"} <= MAY_IMPORT[here], path


def test_a_library_is_imported_only_where_it_belongs(imports: dict[Path, set[str]]) -> None:
    for path, names in imports.items():
        libraries = {name.split(".")[0] for name in names}
        misplaced = {library for library in libraries & ONLY_IN.keys() if room(path) not in ONLY_IN[library]}
        assert misplaced == set(), path


def test_no_imports_form_a_circle(imports: dict[Path, set[str]]) -> None:
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in FILES}
    graph = {
        module: {
            target
            for name in imports[path]
            for target in (name, name.rpartition(".")[0])
            if target in modules and target != module
        }
        for module, path in modules.items()
    }
    assert set(TopologicalSorter(graph).static_order()) == set(modules)


def test_only_the_sandbox_commands_the_demo_and_the_pytest_plugin_import_the_sandbox(
    imports: dict[Path, set[str]],
) -> None:
    users = {
        path.relative_to(PACKAGE).parts[:2] if room(path) == "commands" else room(path)
        for path in FILES
        if room(path) != "sandbox" and any(name.startswith("jebbitctl.sandbox") for name in imports[path])
    }
    assert users == {("commands", "sandbox"), ("commands", "demo.py"), "pytest_plugin"}


def test_no_class_is_defined_in_an_init() -> None:
    assert [path for path in FILES if path.name == "__init__.py" and "\nclass " in path.read_text()] == []


def test_class_names_are_unique() -> None:
    defined: dict[str, list[str]] = {}
    for path in [*FILES, *Path(__file__).parent.rglob("*.py")]:
        for name in re.findall(r"^ *class (\w+)[:(]", path.read_text(encoding="utf-8"), re.MULTILINE):
            defined.setdefault(name, []).append(str(path.relative_to(PACKAGE.parent)))
    assert {name: paths for name, paths in defined.items() if len(paths) > 1} == {}


def test_the_sandbox_is_described_by_all_of_its_modules() -> None:
    package = PACKAGE / "sandbox"
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    modules = {path.stem for path in package.glob("*.py")} - {"__init__", "server"}
    assert {name for name in re.findall(r"``(\w+)``", text) if name.islower()} == modules


def test_functions_and_files_can_be_seen_at_once() -> None:
    for path in [*FILES, *Path(__file__).parent.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= MAX_LINES_OF_A_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < MAX_LINES_OF_A_FUNCTION, f"{path}: {node.name}"


def test_words_for_a_shell_are_quoted_in_one_place() -> None:
    quoting = {
        path for path in FILES if re.search(r"shlex\.(quote|join)\(", path.read_text(encoding="utf-8"))
    }
    assert quoting == {PACKAGE / "util" / "shell.py"}
