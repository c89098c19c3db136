"""Commands that run at the same time on several machines, one request at a time, in a chosen order.

Each machine runs a command in a thread, with its own configuration directory. Before each request it waits
for its turn. Whose turn it is, and whether a run is killed instead, is a choice: the same choices lead to the
same execution. A killed run sends and writes nothing any more, and its machine runs the command again.
"""

from __future__ import annotations

import threading
from random import Random
from typing import TYPE_CHECKING, Any, Self, cast

from werkzeug.datastructures import MultiDict

from jebbitctl.api.access_token import AccessToken
from jebbitctl.api.client import Client
from jebbitctl.api.page_budget import PageBudget
from jebbitctl.context import CommonOptions, Context
from jebbitctl.environment import CONFIG_DIR, Environment
from jebbitctl.errors import JebbitctlError, NotFoundError
from jebbitctl.output.formats import Format
from jebbitctl.output.output import Output
from jebbitctl.output.streams import TerminalSettings
from jebbitctl.sandbox.behaviour import Behaviour
from jebbitctl.sandbox.collection import Collection
from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES, scopes
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.sandbox.state import SandboxState
from jebbitctl.storage.write_journal import WriteJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from jebbitctl.api.transport import Transport
    from jebbitctl.sandbox.state import StoredResource

TURN_LIMIT = 20
"""Seconds that a thread may take between two requests."""


class Killed(BaseException):
    """The process of a run has ended, as with ``kill -9``."""


class Choices:
    """A sequence of choices. The first ones are given; the others are drawn, or the first option each."""

    def __init__(self, given: Iterable[int] = (), draw: Callable[[int], int] = lambda _: 0) -> None:
        self._given = list(given)
        self._draw = draw
        self.made: list[tuple[int, int]] = []
        """Each choice, and the number of its options."""

    @classmethod
    def random(cls, seed: int) -> Self:
        return cls(draw=Random(seed).randrange)  # noqa: S311 - repeatable

    def pick(self, options: int) -> int:
        number = len(self.made)
        choice = self._given[number] if number < len(self._given) else self._draw(options)
        self.made.append((choice, options))
        return choice


def all_choices(play: Callable[[Choices], object]) -> int:
    """Call a function with each possible sequence of choices; return their number."""
    given: list[int] | None = []
    count = 0
    while given is not None:
        choices = Choices(given)
        play(choices)
        count += 1
        given = None
        made = choices.made
        while made and given is None:
            choice, options = made.pop()
            if choice + 1 < options:
                given = [*(earlier for earlier, _ in made), choice + 1]
    return count


class World(SandboxState):
    """The data of a Jebbit whose timestamps and ids are chosen by the test.

    Args:
        stamps: ``ordered``, ``equal`` or ``missing`` timestamps; ``early`` ones are taken before the resource
            becomes visible.
        ascending: whether later ids are greater.
    """

    def __init__(self, stamps: str = "ordered", *, ascending: bool = True) -> None:
        super().__init__(scopes(DIALECTS["article"]), behaviour=Behaviour())
        self.stamps = stamps
        self._ascending = ascending
        self._ids = 0
        self._now = 1_700_000_000.0
        self.clock = lambda: self._now
        self.business = self.add_business("Jebbit Internal")

    def new_id(self) -> str:
        self._ids = getattr(self, "_ids", 0) + 1
        return f"id{self._ids if getattr(self, '_ascending', True) else 999 - self._ids:03}"

    def stamp(self) -> float:
        """Return the time of a creation that begins now."""
        self._now += self.stamps != "equal"
        return self._now

    def of(self, type_: str) -> dict[str, StoredResource]:
        return self.business.of(type_)

    def respond(self, method: str, path: str, document: Any, stamp: float | None = None) -> Any:
        """Handle a request at once, as the API does.

        Raises:
            NotFoundError: there is no such resource.
        """
        type_, _, id_ = path.strip("/").partition("/")
        collection = Collection(self, self.business, RESOURCE_TYPES[type_])
        attributes = document["data"]["attributes"] if document else {}
        try:
            if method == "GET":
                answer = collection.document(collection.find(id_)) if id_ else collection.select(MultiDict())
            elif method == "DELETE":
                collection.delete(id_)
                return None
            elif method == "PATCH":
                answer = collection.document(collection.update(id_, attributes))
            else:
                now, self.clock = self.clock, lambda: stamp or self.stamp()
                answer = collection.document(collection.create(attributes))
                self.clock = now
        except ApiError as error:
            raise NotFoundError(f"{method} {path}", status=error.status) from None
        return {"data": self._copy(answer["data"])}

    def _copy(self, found: Any) -> Any:
        if isinstance(found, list):
            return [self._copy(one) for one in found]
        attributes = dict(found["attributes"])
        if self.stamps == "missing":
            attributes.pop("created_at", None)
        return {**found, "attributes": attributes}


class Turns:
    """Lets one machine go on at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[int, str] = {}
        self._given: dict[int, str] = {}
        self._running: set[int] = set()

    def start(self, machine: int) -> None:
        with self._changed:
            self._running.add(machine)

    def end(self, machine: int) -> None:
        with self._changed:
            self._running.discard(machine)
            self._changed.notify_all()

    def wait(self, machine: int, method: str) -> str:
        """Wait for a turn to send a request; return what to do, see :func:`play`."""
        with self._changed:
            self._waiting[machine] = method
            self._running.discard(machine)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: machine in self._given, TURN_LIMIT)
            return self._given.pop(machine)

    def ready(self) -> dict[int, str]:
        """Return the machines that wait and the methods of their requests, once none is running."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._running, TURN_LIMIT)
            return dict(sorted(self._waiting.items()))

    def give(self, machine: int, action: str) -> None:
        with self._changed:
            del self._waiting[machine]
            self._running.add(machine)
            self._given[machine] = action
            self._changed.notify_all()


class GatedClient(Client):
    """A client whose requests wait for a turn."""

    def __init__(self, world: World, machine: Machine) -> None:
        super().__init__(cast("Transport", None), "https://api.example.com", machine)
        self._world = world
        self._machine = machine

    def pages(self, path: str, *_: object) -> Iterator[Any]:
        yield self.request("GET", path)

    def page_budget(self) -> PageBudget:
        return PageBudget(60)

    def delete(self, path: str) -> None:
        self.request("DELETE", path)

    def request(self, method: str, path: str, *, params: Any = None, document: Any = None) -> Any:  # noqa: ARG002
        machine = self._machine
        stamp = None
        if method == "POST" and self._world.stamps == "early":
            machine.take_turn("GET")
            stamp = self._world.stamp()
        lost = machine.take_turn(method) == "lost"
        if method == "DELETE":
            machine.deleted.append(path.rpartition("/")[2])
        response = self._world.respond(method, path, document, stamp)
        if method == "POST":
            machine.created.append(response["data"]["id"])
        if lost:
            machine.die()
        return response


class QuietOutput(Output):
    """Collects messages and discards results."""

    def __init__(self) -> None:
        super().__init__(Format(plain=True), terminal=TerminalSettings.from_variables({}))
        self.messages: list[str] = []

    def line(self, text: str, *, show_secrets: bool = False) -> None:
        pass

    def note(self, text: str) -> None:
        self.messages.append(text)

    def warn(self, text: str) -> None:
        self.messages.append(text)

    def diff_notes(self, lines: Iterable[tuple[str, str]]) -> None:
        pass


class MachineContext(Context):
    """The context of a command on a machine."""

    def __init__(self, home: Path, client: Client) -> None:
        super().__init__(CommonOptions(), Environment({CONFIG_DIR: str(home / "config")}))
        self.output = QuietOutput()
        self.client = client

    def clients(self) -> Callable[[], Client]:
        return lambda: self.client


class Machine:
    """One machine, which runs one command; again if it was killed.

    Attributes:
        created: the ids that its runs created.
        deleted: the ids that its runs tried to delete.
        errors: how each run ended: an error, or None.
        context: of the latest run.
    """

    def __init__(self, number: int, home: Path, world: World, command: Callable[[Context], None]) -> None:
        self.number = number
        self.created: list[str] = []
        self.deleted: list[str] = []
        self.errors: list[JebbitctlError | None] = []
        self.failures: list[BaseException] = []
        self.turns = Turns()
        self.killed = False
        self._home = home
        self._world = world
        self._command = command
        self.messages: list[str] = []

    renewal_hint = None

    def get(self) -> AccessToken:
        """Return a token, as a source of tokens does."""
        return AccessToken("token", (f"read:business:{self._world.business.id}",), 0, 2**40)

    def refresh(self, rejected: AccessToken) -> None:  # noqa: ARG002
        return None

    def start(self, turns: Turns) -> None:
        self.turns = turns
        self.killed = False
        turns.start(self.number)
        threading.Thread(target=self._run, daemon=True).start()

    def take_turn(self, method: str) -> str:
        if self.killed:
            raise Killed
        action = self.turns.wait(self.number, method)
        if action == "killed":
            self.die()
        return action

    def die(self) -> None:
        self.killed = True
        raise Killed

    def _run(self) -> None:
        RUNNING.machine = self
        context = MachineContext(self._home / str(self.number), GatedClient(self._world, self))
        try:
            self._command(context)
            self.errors.append(None)
        except JebbitctlError as error:
            self.errors.append(error)
        except Killed:
            pass
        except BaseException as failure:  # noqa: BLE001 - the test reports it
            self.failures.append(failure)
        finally:
            self.messages += cast("QuietOutput", context.output).messages
            self.turns.end(self.number)


RUNNING = threading.local()


def _clear_unless_killed(journal: WriteJournal) -> None:
    if not RUNNING.machine.killed:
        _CLEAR(journal)


_CLEAR = WriteJournal.clear


def play(machines: list[Machine], choices: Choices, *, kills: int = 0) -> None:
    """Run the machines' commands to their ends, in the chosen order.

    At each step one request is sent (``go``), or its run is killed before it (``killed``) or after it has
    reached the service (``lost``).

    Args:
        machines: each runs its command, and runs it again after a kill.
        choices: choose each step.
        kills: the largest number of kills.
    """
    turns = Turns()
    for machine in machines:
        machine.start(turns)
    while ready := turns.ready():
        actions = [(number, "go") for number in ready]
        if kills:
            actions += [(number, "killed") for number in ready]
            actions += [(number, "lost") for number, method in ready.items() if method != "GET"]
        number, action = actions[choices.pick(len(actions))]
        turns.give(number, action)
        if action != "go":
            kills -= 1
            turns.ready()
            machines[number].start(turns)
    for machine in machines:
        for failure in machine.failures:
            raise failure
