"""What is wrong with a manifest, for people: the line, the key, the problem, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ManifestMistake(NamedTuple):
    """One mistake in a manifest.

    Attributes:
        line: where it is, None if it concerns the whole file.
        key: such as ``integrations.spring.mappings[2]``, None if it concerns no key.
        problem: what is wrong.
        hint: what to do about it.
    """

    line: int | None
    key: str | None
    problem: str
    hint: str | None = None

    @property
    def text(self) -> str:
        """The key and the problem."""
        return f"{self.key}: {self.problem}" if self.key else self.problem


class InvalidManifestError(UsageError):
    """A manifest has mistakes.

    Attributes:
        mistakes: what is wrong, in the order of the lines; empty if text was added to the error since.
    """

    mistakes: tuple[ManifestMistake, ...] = ()

    @classmethod
    def of(cls, name: str, mistakes: Sequence[ManifestMistake]) -> InvalidManifestError:
        """Return the error for at least one mistake in the file with this name."""
        first = mistakes[0]
        at = f"line {first.line}: " if first.line else ""
        if len(mistakes) == 1:
            text = f"{name}{', ' if at else ': '}{at}{first.text}"
        else:
            text = f"{name} has {len(mistakes)} mistakes; the first: {at}{first.text}"
        error = cls(text, hint=first.hint)
        error.mistakes = tuple(mistakes)
        return error
