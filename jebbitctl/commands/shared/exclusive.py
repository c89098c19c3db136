"""Keeps the runs of commands that create resources apart."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jebbitctl.api.ambiguous_writes import noun
from jebbitctl.api.businesses import business_in_use
from jebbitctl.api.creations import Creations
from jebbitctl.commands.shared.interruptions import NOTHING_CHANGED, note_if_interrupted
from jebbitctl.storage.run_lock import RunLock
from jebbitctl.storage.token_cache import cache_key
from jebbitctl.storage.write_journal import WriteJournal
from jebbitctl.util.urls import normalize_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context


class ExclusiveRun:
    """The only run on this machine that changes these businesses, while its ``with`` block runs.

    First it finishes what a killed run left: a resource that may be a duplicate.

    Args:
        context: of the command.
        clients: by business; None is the business in use.
        directory: where the command writes secrets; no other run does so meanwhile.

    Attributes:
        creations: by business; those that this run has to check for duplicates.

    Raises:
        UnavailableError: another run does not end.
        ConflictError: a killed run left a duplicate that only a person can choose from.
    """

    def __init__(
        self, context: Context, clients: Mapping[str | None, Client], *, directory: Path | None = None
    ) -> None:
        self._context = context
        self._clients = clients
        self._locks = {business: _lock_name(client) for business, client in clients.items()}
        names = set(self._locks.values())
        if directory:
            names.add(cache_key("directory", str(directory.resolve())))
        self._lock = RunLock(context.config_dir, names, note=context.output.note, warn=context.output.warn)
        self.creations: dict[str | None, Creations] = {}

    @property
    def locked(self) -> bool:
        """Whether no other run on this machine can interfere; False if locks cannot be used."""
        return self._lock.held

    def __enter__(self) -> Self:
        with note_if_interrupted(self._context.output, NOTHING_CHANGED):
            self._lock.acquire()
        self._begin()
        return self

    def _begin(self) -> None:
        """Settle what killed runs have left; release the lock if that fails."""
        try:
            by_lock = {name: self._start(name, business) for business, name in self._locks.items()}
        except BaseException:
            self._lock.release()
            raise
        self.creations = {business: by_lock[name] for business, name in self._locks.items()}

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let other runs go first while the block runs, such as while a person thinks."""
        self._lock.release()
        yield
        self._lock.acquire()
        self._begin()

    def _start(self, name: str, business: str | None) -> Creations:
        """Settle what a killed run has created in a business; return the creations of this run."""
        tell = self._context.output.note
        if not self._lock.held:
            return Creations(tell)
        journal = WriteJournal(self._lock.path(name, ".journal"))
        if notes := journal.read():
            self._settle(Creations.from_notes(notes, tell, journal), self._clients[business])
        return Creations(tell, journal)

    def _settle(self, left: Creations, client: Client) -> None:
        errors = []
        for verdict in left.settle(client):
            if verdict.removed and verdict.others:
                self._context.output.note(
                    f"Removed {noun(verdict.creation.type)} {verdict.creation.id}, which an interrupted run "
                    f"created at the same time as another run created {verdict.others[0]}."
                )
            elif verdict.error and not verdict.removed:
                errors.append(verdict.error)
        for error in errors[1:]:
            self._context.output.warn(error.message)
        if errors:
            raise errors[0].with_context("an earlier run was interrupted: ")


def _lock_name(client: Client) -> str:
    """Return a name that is the same for all profiles that reach a business at the same service."""
    return cache_key("business", normalize_url(client.base_url), business_in_use(client) or "")
