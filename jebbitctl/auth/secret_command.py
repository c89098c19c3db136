"""Client secrets that a command prints, such as the one of a password manager."""

from __future__ import annotations

import os
import shlex
import signal
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING

from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.util.inputs import clean_credential
from jebbitctl.util.redaction import register_secret
from jebbitctl.util.timeouts import call_with_timeout

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

COMMAND_TIMEOUT = 10.0
"""Seconds for a password manager that asks at its own window, or at its service."""
MAX_OUTPUT = 64 * 1024
_RUN_IT_YOURSELF = "its output is never shown: run it yourself to see why"


def program_name(command: str) -> str:
    """Return the name of a command's program without its directory, empty if there is none."""
    with suppress(ValueError):
        for word in _words(command):
            return PurePath(word).name
    return ""


def require_secret_command(command: str) -> str:
    """Return a command unchanged if it names a program.

    Raises:
        UsageError: it is empty, or has control characters or unbalanced quotes; or its program depends on the
            directory that a command happens to run in, where it may be somebody else's.
    """
    if not command.isprintable() or not program_name(command):
        raise UsageError(
            "the client secret's command is empty, or has unbalanced quotes or control characters",
            hint="give a program and its arguments, such as 'op read op://vault/jebbit/secret'",
        )
    program = _words(command)[0]  # not as a path, which drops ./
    if {os.sep, os.altsep} & set(program) and not PurePath(program).is_absolute():
        raise UsageError(
            f"the client secret's command has no absolute path: {program}",
            hint="give its whole path, as there is no shell to expand ~; a name alone is looked for in PATH",
        )
    return command


def run_secret_command(command: str, variables: Mapping[str, str]) -> str:
    """Return the secret that a command prints. It runs without a shell, and nothing that it prints is shown.

    Args:
        command: a program and its arguments, quoted as for a shell.
        variables: the environment that it gets.

    Raises:
        CredentialsError: it fails, is too slow, or prints no valid secret.
    """
    require_secret_command(command)
    name = program_name(command)
    try:
        output, status = _run(command, variables)
    except TimeoutError:
        raise CredentialsError(
            f"the client secret's command {name} did not end within {COMMAND_TIMEOUT:g} s",
            hint="it must not ask at the terminal: unlock what it needs first, then run this again",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a program"
        raise CredentialsError(
            f"the client secret's command {name} cannot be run: {reason}",
            hint="give the absolute path of a program: PATH is not the same everywhere, such as in cron",
        ) from None
    if len(output) > MAX_OUTPUT:
        raise CredentialsError(f"the client secret's command {name} prints more than a secret")
    if status:
        how = f"exited with status {status}" if status > 0 else f"was ended by signal {-status}"
        raise CredentialsError(f"the client secret's command {name} {how}", hint=_RUN_IT_YOURSELF)
    try:
        text = output.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialsError(
            f"the output of the client secret's command {name} is not UTF-8 text"
        ) from None
    return register_secret(clean_credential(text, source=f"the output of the client secret's command {name}"))


def require_no_secret(command: str, secret: str) -> None:
    """Check that a command does not contain the secret that it prints.

    Raises:
        UsageError: it does, so that its profile would keep the secret as text.
    """
    if any(secret in part for part in (command, *_words(command))):
        raise UsageError(
            f"the client secret's command {program_name(command)} contains the secret itself",
            hint="give a command that reads it from elsewhere, or use --client-secret-stdin",
        )


def _words(command: str) -> list[str]:
    """Split a command as a shell does. On Windows, a backslash separates directories."""
    if os.name == "posix":
        return shlex.split(command)
    return [word.strip('"') for word in shlex.split(command, posix=False)]


def _run(command: str, variables: Mapping[str, str]) -> tuple[bytes, int]:
    """Run a command; return the beginning of its output, and its status.

    Its process group is its own, so that no child of it outlives the limit; Ctrl-C ends it as well. On
    Windows, the system splits the command.

    Raises:
        TimeoutError: it did not end in time.
        OSError: it cannot be started.
    """
    import subprocess

    is_posix = os.name == "posix"
    process = subprocess.Popen(  # noqa: S603 - the user's command, without a shell
        _words(command) if is_posix else command,
        bufsize=0,  # a buffer could not be closed while a process that left the group holds the pipe
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0 if is_posix else None,
    )
    try:
        return call_with_timeout(COMMAND_TIMEOUT, lambda: _result(process))
    except BaseException:
        _end(process)
        raise
    finally:
        if process.stdout:
            process.stdout.close()


def _result(process: subprocess.Popen[bytes]) -> tuple[bytes, int]:
    output = b""
    while process.stdout and (part := process.stdout.read(MAX_OUTPUT)):
        output += part
        if len(output) > MAX_OUTPUT:
            _end(process)
            break
    return output, process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and the children in its group."""
    if os.name == "posix":
        with suppress(OSError):  # the group has just ended
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
