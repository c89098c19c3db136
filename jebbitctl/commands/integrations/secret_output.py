"""Where a shared secret goes: the file of ``--secret-file``, or what is left if it cannot be saved there."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path  # noqa: TC003 - read at runtime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.api import integrations
from jebbitctl.errors import JebbitctlError, RejectedError, UsageError
from jebbitctl.storage import secret_files
from jebbitctl.util.signals import deferred_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context


class SecretFileOptions(NamedTuple):
    """The file that gets the shared secret."""

    secret_file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Write the shared secret to this file, mode 0600, instead of printing it."
        ),
    ] = None
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite another secret in the file of --secret-file.")
    ] = False


class SecretFile:
    """The file that gets an integration's shared secret.

    Args:
        context: of the command.
        path: of the file.
        force: whether it may hold another secret.

    Raises:
        UsageError: it cannot be written.
    """

    def __init__(self, context: Context, path: Path, *, force: bool) -> None:
        self._context = context
        self.path = context.environment.expand_home(str(path))
        self._force = force
        secret_files.require_secret_file_usable(self.path)

    @classmethod
    def from_options(cls, context: Context, options: SecretFileOptions) -> SecretFile | None:
        """Return the file, None if no option names one.

        Raises:
            UsageError: it cannot be written, or there is nothing to force.
        """
        if options.secret_file is not None:
            return cls(context, options.secret_file, force=options.force)
        if options.force:
            raise UsageError("--force requires --secret-file PATH")
        return None

    def require_free(self) -> None:
        """Check that no other secret would be overwritten.

        Raises:
            UsageError: the file holds something.
        """
        if not self._force:
            secret_files.require_secret_file_free(self.path)

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Hold the file for a secret that does not exist yet."""
        with secret_files.reserved_secret_file(self.path, force=self._force) as tightened:
            if tightened:
                self._warn_of_mode()
            yield

    def save(self, secret: str) -> None:
        """Write the secret, and say so.

        Raises:
            UsageError: the file holds something else.
            JebbitctlError: it cannot be written.
        """
        if not self._force:
            secret_files.require_secret_fits(self.path, secret)
        self._save(secret)

    def save_existing(self, integration: Resource) -> None:
        """Write the secret of an integration that was there before; Jebbit may not show it any more.

        Raises:
            RejectedError: Jebbit does not show it, and the file holds nothing.
        """
        secret = integrations.secret_in(integration)
        if secret is None:
            try:
                secret = integrations.shared_secret(self._context.client, str(integration.id))
            except RejectedError as error:
                if not self.path.is_file() or not self.path.stat().st_size:
                    raise
                self._context.output.warn(f"{self.path} is unchanged and was not compared: {error.message}")
                return
        self.save(secret)

    def save_new(self, integration: Resource) -> None:
        """Write the secret of an integration that was just created; if that fails, print it.

        Raises:
            JebbitctlError: it cannot be written; the hint says where it is.
        """
        secret = integrations.secret_in(integration)
        if secret is None:
            self.save(integrations.shared_secret(self._context.client, str(integration.id)))
            return
        may_wait = self.path.exists() and not self.path.is_file()  # for somebody who reads a pipe
        try:
            with nullcontext() if may_wait else deferred_signals():
                self._save(secret)
        except JebbitctlError as error:
            raise error.with_hint(keep_secret(self._context, integration, secret)) from error
        except (KeyboardInterrupt, SystemExit):
            with deferred_signals():
                if not secret_files.holds_secret(self.path, secret):
                    keep_secret(self._context, integration, secret)
            raise

    def _save(self, secret: str) -> None:
        if secret_files.holds_secret(self.path, secret):
            self._context.output.note(f"{self.path} already holds the shared secret.")
            if secret_files.make_private(self.path):
                self._warn_of_mode()
            return
        if secret_files.write_secret_file(self.path, secret, force=self._force):
            self._warn_of_mode()
        self._context.output.note(f"Wrote the shared secret to {self.path}.")

    def _warn_of_mode(self) -> None:
        self._context.output.warn(f"other users could read {self.path}; its mode is now 0600")


def keep_secret(context: Context, integration: Resource, secret: str) -> str:
    """Print the secret of a new integration on stderr if nothing else has it; return a hint where it is."""
    if integrations.shows_secret(context.client, integration.id):
        return f"print the secret with: jebbitctl integrations secret {integration.id}"
    context.output.unsaved_secret(f"integration {integration.id or 'without an id'}", secret)
    return "save the shared secret that is printed above: Jebbit does not show it again"
