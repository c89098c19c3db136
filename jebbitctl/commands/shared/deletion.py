"""Deletes resources by their ids: asks once, goes on after one that is not found, and says what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.commands.shared.interruptions import note_if_interrupted
from jebbitctl.errors import AmbiguousWriteError, JebbitctlError, NotFoundError, RejectedError
from jebbitctl.util.ids import require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jebbitctl.api.client import Client
    from jebbitctl.context import Context

_NOT_TRIED = "not tried"


def confirm_and_delete(
    context: Context,
    noun: str,
    ids: Sequence[str],
    *,
    yes: bool,
    describe: Callable[[str], str],
    delete: Callable[[Client, str], None],
) -> None:
    """Ask for confirmation unless ``yes``, then delete resources, each once.

    Args:
        context: of the command.
        noun: such as ``integration``.
        ids: of the resources, at least one.
        yes: do not ask.
        describe: returns a description of a resource for the question; called only to ask.
        delete: deletes a resource.

    Raises:
        UsageError: an id is not valid; nothing was deleted.
        JebbitctlError: a resource was not deleted.
    """
    ids = list(dict.fromkeys(require_id(id_) for id_ in ids))
    if not yes:
        _confirm(context, noun, ids, describe)
    Deletion(context, noun, ids, delete).run()


def _confirm(context: Context, noun: str, ids: list[str], describe: Callable[[str], str]) -> None:
    hint = f"add --yes to delete {'it' if len(ids) == 1 else 'them'} without confirmation"
    context.prompts.require("confirmation", hint=hint)
    if len(ids) == 1:
        context.prompts.confirm(f"Delete {noun} {ids[0]} ({describe(ids[0])})?", hint=hint)
        return
    width = max(map(len, ids))
    for id_ in ids:
        try:
            about = describe(id_)
        except NotFoundError:
            about = "not found"
        context.output.note(f"{id_:{width}}  {about}")
    context.prompts.confirm(f"Delete these {len(ids)} {noun}s?", hint=hint)


class Deletion:
    """Deletes resources one after another.

    One that is not found, or that Jebbit refuses to delete, does not keep the others. Anything else ends the
    work: it would fail for the others, too.

    Args:
        context: of the command.
        noun: such as ``integration``.
        ids: of the resources, each once.
        delete: deletes a resource.
    """

    def __init__(
        self, context: Context, noun: str, ids: Sequence[str], delete: Callable[[Client, str], None]
    ) -> None:
        self._context = context
        self._noun = noun
        self._ids = ids
        self._delete = delete
        self._deleted: list[str] = []
        self._unclear: str | None = None
        """The resource that may have been deleted or not: its request got no answer."""
        self._errors: dict[str, JebbitctlError] = {}

    def run(self) -> None:
        """Delete the resources, and print what was done, also after a failure or an interrupt.

        Raises:
            JebbitctlError: of the resources that were not deleted.
        """
        try:
            with note_if_interrupted(self._context.output, self._stopped):
                for id_ in self._ids:
                    if not self._try(id_):
                        break
        finally:
            self._print_document()
        if self._errors:
            raise self._error()

    def _try(self, id_: str) -> bool:
        """Delete a resource; return whether to go on with the others."""
        self._unclear = id_
        try:
            self._delete(self._context.client, id_)
        except JebbitctlError as error:
            self._unclear = id_ if isinstance(error, AmbiguousWriteError) else None
            self._errors[id_] = error
            return isinstance(error, NotFoundError | RejectedError)
        self._deleted.append(id_)
        self._unclear = None
        if not self._context.output.json:
            self._context.output.note(f"Deleted {self._noun} {id_}.")
        return True

    @property
    def _not_tried(self) -> list[str]:
        return [id_ for id_ in self._ids if id_ not in {*self._deleted, *self._errors, self._unclear}]

    def _stopped(self) -> str:
        """Say what an interrupt has left."""
        failed = ", ".join(id_ for id_ in self._errors if id_ != self._unclear)
        parts = [
            f"{len(self._deleted)} of {len(self._ids)} deleted",
            f"{self._unclear} may have been deleted" if self._unclear else "",
            f"failed: {failed}" if failed else "",
            f"{_NOT_TRIED}: {', '.join(self._not_tried)}" if self._not_tried else "",
        ]
        return f"Stopped: {'; '.join(filter(None, parts))}."

    def _error(self) -> JebbitctlError:
        """Return one error for everything that was not deleted; the one that ended the work comes first."""
        errors = list(self._errors.values())
        if len(self._ids) == 1:
            return errors[0]
        worst = next((e for e in reversed(errors) if not isinstance(e, NotFoundError)), errors[0])
        reasons = [
            error.message if id_ in error.message else f"{id_}: {error.message}"
            for id_, error in self._errors.items()
        ]
        if self._not_tried:
            reasons.append(f"{_NOT_TRIED}: {', '.join(self._not_tried)}")
        left = len(self._ids) - len(self._deleted)
        message = f"{left} of {len(self._ids)} {self._noun}s not deleted: {'; '.join(reasons)}"
        return type(worst)(message, hint=worst.hint, status=worst.status, request_id=worst.request_id)

    def _print_document(self) -> None:
        """Print one object for one resource that was deleted, a list for several; nothing unless JSON."""
        output = self._context.output
        if not output.json:
            return
        with output.best_effort():
            if len(self._ids) > 1:
                output.document([self._row(id_) for id_ in self._ids])
            elif self._deleted:
                output.document(self._row(self._ids[0]))

    def _row(self, id_: str) -> dict[str, Any]:
        if id_ in self._deleted:
            return {"id": id_, "ok": True, "error": None}
        if id_ in self._errors:
            error: str | None = self._errors[id_].message
        else:
            error = "interrupted" if id_ == self._unclear else _NOT_TRIED
        return {"id": id_, "ok": None if id_ == self._unclear else False, "error": error}
