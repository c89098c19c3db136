"""A project of somebody else, with a wheel in an environment of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import Cli

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "tests" / "example_project"
CASES = 9
"""Tests of the project, each case of a parametrized one counted."""
pytestmark = pytest.mark.long
_NO_VERSION_CHECK = ("--quiet", "--disable-pip-version-check")
_IMPORTED = """\
import pytest, sys
pytest.main(["--collect-only", "--quiet", "-p", "no:cacheprovider"])
print("imported:", *sorted(name for name in sys.modules if name.startswith(("jebbitctl", "waitress"))))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Run Python in a copy of the project with a new environment, and return what it prints."""
    directory = tmp_path_factory.mktemp("example")
    project, venv, wheels = directory / "project", directory / "venv", directory / "wheels"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    temporary = directory / "tmp"
    temporary.mkdir()
    changes = {"TMPDIR": str(temporary), "TEMP": str(temporary), "PYTHONWARNINGS": None}  # pip has some
    environment = Cli(directory).environment(changes)

    def run_python(*args: str, python: str = "", check: bool = True) -> str:
        inside = venv / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        done = subprocess.run(
            [python or str(inside), *args],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout
        assert list(temporary.glob("jebbitctl*")) == []
        return done.stdout

    pip = ("-m", "pip", *_NO_VERSION_CHECK)
    run_python(*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT), python=sys.executable)
    run_python("-m", "venv", str(venv), python=sys.executable)
    run_python("-m", "pip", "install", *_NO_VERSION_CHECK, *map(str, wheels.iterdir()))
    assert "No module named 'pytest'" in run_python("-c", "import pytest", check=False)
    assert run_python("-m", "jebbitctl", "--version").startswith("jebbitctl ")
    run_python("-m", "pip", "install", *_NO_VERSION_CHECK, "pytest", "pytest-xdist", "mypy")
    return run_python


@pytest.mark.parametrize("options", [["-n", "0"], ["-n", "3"]])
def test_its_tests_pass_one_after_the_other_and_in_parallel(
    run: Callable[..., str], options: list[str]
) -> None:
    assert re.search(rf"^{CASES} passed in ", run("-m", "pytest", "-q", *options), re.MULTILINE)


def test_mypy_finds_nothing_in_it_when_it_is_strict(run: Callable[..., str]) -> None:
    assert "Success: no issues found in 5 source files" in run("-m", "mypy", "--strict", ".")


def test_mypy_finds_a_mistake_in_the_use_of_the_public_classes(run: Callable[..., str]) -> None:
    program = (
        "from jebbitctl.sandbox import Sandbox, Sandbx\n"
        "from jebbitctl.webhooks import Receiver\n"
        "Sandbox().visit(count='1')\n"
        "reveal_type(Receiver().wait_for(1)[0].verification.valid)\n"
    )
    found = run("-m", "mypy", "--strict", "-c", program, check=False)
    assert 'Module "jebbitctl.sandbox" has no attribute "Sandbx"' in found
    assert 'Argument "count" to "visit" of "Sandbox" has incompatible type "str"' in found
    assert 'Revealed type is "builtins.bool"' in found or 'Revealed type is "bool"' in found


def test_collecting_it_imports_only_what_its_modules_import(run: Callable[..., str]) -> None:
    (line,) = [line for line in run("-c", _IMPORTED).splitlines() if line.startswith("imported: ")]
    imported = set(line.split()[1:])
    assert "jebbitctl.pytest_plugin" in imported
    assert "jebbitctl.sandbox.server" in imported  # by test_brands
    assert "jebbitctl.webhooks.receiver" not in imported
