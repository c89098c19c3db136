"""Runs on several machines at once: never two left untold, never none, never a foreign one removed."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jebbitctl.api import creations
from jebbitctl.commands.integrations.apply import ApplyOptions, apply
from jebbitctl.commands.integrations.attributes import AttributeOptions
from jebbitctl.commands.integrations.create import create
from jebbitctl.commands.integrations.secret_output import SecretFileOptions
from jebbitctl.commands.mappings.import_ import import_
from jebbitctl.errors import ConflictError
from jebbitctl.storage.write_journal import WriteJournal
from tests import interleavings
from tests.interleavings import Choices, Machine, World, all_choices, play
from tests.manifest.support import SPRING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.context import Context

ENDPOINT = "https://hooks.example.com/spring"
FEW = settings(
    max_examples=settings.default.max_examples // 10 if settings.default else 10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
STAMPS = ["ordered", "equal", "missing", "early"]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creations, "POLL_DELAYS", (0, 0, 0))
    monkeypatch.setattr(WriteJournal, "clear", interleavings._clear_unless_killed)  # noqa: SLF001


def create_if_absent(context: Context) -> None:
    create.function(
        context,
        endpoint=ENDPOINT,
        attributes=AttributeOptions(),
        if_absent=True,
        secret_options=SecretFileOptions(),
    )


def applying(directory: Path) -> Callable[[Context], None]:
    path = directory / "jebbit.toml"
    path.write_text(SPRING)
    return lambda context: apply.function(context, str(path), options=ApplyOptions(), yes=True)


def importing(directory: Path, owner: str) -> Callable[[Context], None]:
    path = directory / "mappings.csv"
    path.write_text("jebbit_var,client_var,default\nOutcome,bucket,none\nemail,mail,\n")
    return lambda context: import_.function(context, owner, str(path), yes=True)


class Scene:
    """A Jebbit and the machines that change it."""

    def __init__(self, directory: Path, kind: str, machines: int, world: World) -> None:
        self.world = world
        self.kind = kind
        command: Callable[[Context], None] = create_if_absent
        if kind == "import":
            document = {"data": {"attributes": {"endpoint": ENDPOINT}}}
            owner = world.respond("POST", "/integrations", document)["data"]["id"]
            command = importing(directory, owner)
        elif kind == "apply":
            command = applying(directory)
        self.machines = [Machine(number, directory, world, command) for number in range(machines)]

    @property
    def told(self) -> bool:
        """Whether a run has said that several remain."""
        texts = [text for machine in self.machines for text in machine.messages]
        texts += [error.message for machine in self.machines for error in machine.errors if error]
        return any("has not removed it" in text or "are duplicates" in text for text in texts)

    def groups(self) -> Counter[Any]:
        """Return how many resources there are with each identity."""
        found: Counter[Any] = Counter()
        for resource in self.world.of("integrations").values():
            found["integration"] += resource.attributes["endpoint"] == ENDPOINT
        for resource in self.world.of("integration_mappings").values():
            found[resource.attributes["integration_id"], resource.attributes["jebbit_var"]] += 1
        return found

    def check(self, *, surely_one: bool) -> None:
        """Check what the runs have left."""
        groups = self.groups()
        assert groups["integration"] >= 1
        if any(machine.errors[-1] is None for machine in self.machines):
            assert len(groups) == (1 if self.kind == "create" else 3)
        assert (self.told and not surely_one) or set(groups.values()) == {1}, groups
        for machine in self.machines:
            assert set(machine.deleted) <= set(machine.created)
            for error in filter(None, machine.errors):
                assert isinstance(error, ConflictError) or "matches both" in error.message, error


WORLDS = st.builds(World, st.sampled_from(STAMPS), ascending=st.booleans())
CHOICES = st.builds(Choices.random, st.integers(0))


def run(directory: Path, kind: str, machines: int, choices: Choices, world: World, *, kills: int = 0) -> None:
    """Run a command on each machine, and check what they leave."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    scene = Scene(directory, kind, machines, world)
    play(scene.machines, choices, kills=kills)
    scene.check(surely_one=world.stamps == "ordered" and not kills and kind == "create")


@pytest.mark.parametrize("kind", ["create", "apply", "import"])
@given(CHOICES, WORLDS, st.integers(2, 3))
@FEW
def test_runs_on_two_or_three_machines_leave_one_or_say_so(
    tmp_path: Path, kind: str, choices: Choices, world: World, machines: int
) -> None:
    run(tmp_path / "all", kind, machines, choices, world)


@pytest.mark.parametrize("kind", ["create", "apply", "import"])
@given(CHOICES, WORLDS, st.integers(2, 3))
@FEW
def test_killed_runs_that_are_run_again_leave_one_or_say_so(
    tmp_path: Path, kind: str, choices: Choices, world: World, machines: int
) -> None:
    run(tmp_path / "all", kind, machines, choices, world, kills=machines)


def test_a_run_that_was_killed_right_after_its_creation_removes_it_when_it_is_run_again(
    tmp_path: Path,
) -> None:
    """The other run has ended before, so that nobody else can see both."""
    first_looks, other_runs, first_creates, killed = [0], [1, 1, 1], [0], [1]
    scene = Scene(tmp_path, "create", 2, World())
    play(scene.machines, Choices([*first_looks, *other_runs, *first_creates, *killed]), kills=1)
    first, other = scene.machines
    assert [*scene.world.of("integrations")] == other.created
    assert first.deleted == first.created
    assert (first.errors, other.errors, scene.told) == ([None], [None], False)
    assert first.messages[0].startswith(f"Removed integration {first.created[0]}, which an interrupted run")


@pytest.mark.long
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize(
    ("stamps", "kills"), [*((stamps, 0) for stamps in STAMPS), *((stamps, 1) for stamps in STAMPS[:3])]
)
def test_every_interleaving_of_two_runs_that_create_leaves_one_or_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamps: str, ascending: bool, kills: int
) -> None:
    monkeypatch.setattr(creations, "POLL_DELAYS", (0,) * (2 - kills))  # more looks, many more interleavings

    def play_once(choices: Choices) -> None:
        run(tmp_path / "all", "create", 2, choices, World(stamps, ascending=ascending), kills=kills)

    assert all_choices(play_once) > 50
