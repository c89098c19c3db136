"""``sandbox env``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.sandbox.account import show_environment
from jebbitctl.errors import JebbitctlError, NotFoundError, UsageError

if TYPE_CHECKING:
    from jebbitctl.storage.running_sandboxes import RunningSandbox


@command(
    common=LOCAL_OPTIONS,
    example='eval "$(jebbitctl sandbox env)"\njebbitctl sandbox env --plain > sandbox.env',
)
def env(
    context: Context,
    *,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Port of the sandbox, if several run.", min=1, max=65535)
    ] = None,
) -> None:
    """Print the variables of a running sandbox for a shell.

    Finds the sandbox that "sandbox serve" runs on this machine with the same configuration directory, and in
    a command of "sandbox run", the sandbox of that. Prints export lines for a POSIX shell, and unset lines
    for variables that are set and would override them; with --plain, NAME=value lines, as env files have
    them. If no sandbox runs, exits 3 and prints "false", so that eval fails, too, and set -e stops a script
    before it uses your own account.
    """
    output = context.output
    try:
        sandbox = _running(context, port)
    except JebbitctlError:
        if output.plain and not output.plain_requested:  # a shell reads it
            output.line("false")  # eval "$(…)" ignores the exit code in it
        raise
    show_environment(context, sandbox.environment, for_shell=not output.plain_requested)


def _running(context: Context, port: int | None) -> RunningSandbox:
    """Return the sandbox that is running, on this port if there is one.

    Raises:
        NotFoundError: there is none.
        UsageError: there are several.
    """
    from jebbitctl.api.sandbox_control import is_serving
    from jebbitctl.storage.running_sandboxes import RunningSandboxes

    store = RunningSandboxes(context.config_dir)
    running = []
    for sandbox in store.all():
        if not is_serving(sandbox.url, sandbox.run):
            store.forget(sandbox)  # its process was killed
        elif port in {None, sandbox.port}:
            running.append(sandbox)
    if not running:
        where = "on this machine" if port is None else f"on port {port}"
        raise NotFoundError(
            f"no sandbox is running {where}", hint="start one in another terminal: jebbitctl sandbox serve"
        )
    if len(running) > 1:
        ports = sorted(sandbox.port for sandbox in running)
        raise UsageError(
            f"{len(ports)} sandboxes are running, on the ports {', '.join(map(str, ports))}",
            hint=f"choose one, such as --port {ports[0]}",
        )
    return running[0]
