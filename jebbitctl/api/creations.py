"""What a run has created but not yet checked for duplicates."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from jebbitctl.api import integrations, mappings
from jebbitctl.api.ambiguous_writes import list_command, noun
from jebbitctl.api.duplicates import Creation, DuplicateCheck
from jebbitctl.errors import AmbiguousWriteError, JebbitctlError
from jebbitctl.util.ids import is_id
from jebbitctl.util.timeouts import sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jebbitctl.api.client import Client
    from jebbitctl.api.duplicates import Verdict
    from jebbitctl.api.resources import WriteResult

POLL_DELAYS = (0.0, 0.5, 1.0, 2.0)
"""Seconds before each look. The first one decides, unless another run has yet to remove its resource."""


class CreationLog(Protocol):
    """Notes about creations, for the next run if this process is killed."""

    def add(self, note: dict[str, Any]) -> None:
        """Add a note; called from several threads."""

    def clear(self) -> None:
        """Remove all notes."""


class Creations:
    """The creations of a run that have not been checked for duplicates.

    Args:
        tell: called with one line if another run has created and removed the same resource.
        log: notes each creation before and after its POST; None if that is not possible.
    """

    def __init__(self, tell: Callable[[str], None], log: CreationLog | None = None) -> None:
        self._tell = tell
        self._log = log
        self._lock = Lock()
        self._open: dict[int, Creation] = {}
        self._count = 0

    @classmethod
    def from_notes(
        cls, notes: Iterable[Mapping[str, Any]], tell: Callable[[str], None], log: CreationLog
    ) -> Creations:
        """Return the creations of a run that was killed; what is not a note is skipped."""
        creations = cls(tell, log)
        found = creations._open
        for note in notes:
            number, id_, known = note.get("number"), note.get("id"), note.get("known")
            if not isinstance(number, int):
                continue
            if note.get("type") in (integrations.TYPE, mappings.TYPE) and isinstance(known, list):
                key, host = str(note.get("key")), note.get("host")
                found[number] = Creation(
                    note["type"], key, frozenset(map(str, known)), host=host if isinstance(host, str) else ""
                )
            elif number in found and isinstance(id_, str) and is_id(id_):
                found[number].id = id_
            elif note.get("failed"):
                found.pop(number, None)
        return creations

    def create(self, creation: Creation, post: Callable[[], WriteResult]) -> WriteResult:
        """Create a resource, to be checked by :meth:`settle`.

        Args:
            creation: what ``post`` creates.
            post: creates it, and returns the response.
        """
        with self._lock:
            self._count += 1
            number = self._count
            self._open[number] = creation
        note: dict[str, Any] = {"key": creation.key, "known": sorted(creation.known)}
        self._note(number, type=creation.type, **note, **({"host": creation.host} if creation.host else {}))
        try:
            result = post()
        except AmbiguousWriteError:
            raise
        except JebbitctlError:  # surely nothing was created
            with self._lock:
                self._open.pop(number, None)
            self._note(number, failed=True)
            raise
        if result.resource.id is not None and is_id(result.resource.id):
            creation.id = result.resource.id
            self._note(number, id=creation.id)
        return result

    def create_one(
        self, client: Client, creation: Creation, post: Callable[[], WriteResult]
    ) -> tuple[WriteResult, BaseException | None]:
        """Create a resource, and check it at once.

        Returns:
            the response, and an error to raise when the secret in it is safe: several resources exist, or
            the check was interrupted or failed.

        Raises:
            ConflictError: another run has created the resource at the same time, and this one was removed.
            JebbitctlError: it was not created.
        """
        result = self.create(creation, post)
        try:
            verdicts = self.settle(client)
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            self.forget()  # the next run must not remove what is in use from now on
            return result, _unchecked(creation, error)
        for verdict in verdicts:
            if verdict.removed and verdict.error:
                raise verdict.error
            return result, verdict.error
        return result, None

    def settle(self, client: Client) -> list[Verdict]:
        """Look for duplicates of all creations, remove this run's where it has to, and forget them all.

        Returns:
            the creations with an error: they met others that remain, or could not be checked.

        Raises:
            JebbitctlError: Jebbit could not be asked; the creations are not forgotten.
        """
        settled: list[Verdict] = []
        waiting: list[tuple[Creation, Verdict | None]] = [
            (creation, None) for creation in self._open.values()
        ]
        for delay in POLL_DELAYS if waiting else ():
            sleep(delay)
            looks = {
                type_: DuplicateCheck(client, [creation for creation, _ in waiting if creation.type == type_])
                for type_ in {creation.type for creation, _ in waiting}
            }
            verdicts = [looks[creation.type].judge(creation, last) for creation, last in waiting]
            settled += [verdict for verdict in verdicts if verdict and not verdict.pending]
            waiting = [(verdict.creation, verdict) for verdict in verdicts if verdict and verdict.pending]
            if not waiting:
                break
        self.forget()
        settled += [verdict for _, verdict in waiting if verdict]
        for verdict in settled:
            if not verdict.error:
                others = " and ".join(verdict.others)
                self._tell(
                    f"Another run created {noun(verdict.creation.type)} {others} at the same time, and has "
                    "removed it."
                )
        return [verdict for verdict in settled if verdict.error]

    def forget(self) -> None:
        """Do not check what has been created so far."""
        with self._lock:
            self._open.clear()
        if self._log:
            self._log.clear()

    def _note(self, number: int, **values: Any) -> None:
        if self._log:
            self._log.add({"number": number, **values})


def _unchecked(creation: Creation, error: BaseException) -> BaseException:
    """Return the error of a check, with what it means for the resource."""
    if not isinstance(error, JebbitctlError):
        return error
    what = f"{noun(creation.type)} {creation.id or ''}".rstrip()
    return error.with_context(
        f"created {what}, but could not check whether another run has created one as well: "
    ).with_hint(f"check with: {list_command(creation.type)}")
