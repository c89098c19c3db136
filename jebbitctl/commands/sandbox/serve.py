"""``sandbox serve``."""

from __future__ import annotations

import time

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.sandbox.account import show_environment
from jebbitctl.commands.sandbox.options import (
    BehaviourOptions,
    StartOptions,
    sandbox_options,
    warn_of_remote_use,
)
from jebbitctl.util.timeouts import POLL_INTERVAL


@command(
    common=LOCAL_OPTIONS,
    example="jebbitctl sandbox serve --port 8700 --integrations 3\n"
    "jebbitctl sandbox serve --from jebbit.toml --visits 5 --faults lost,slow\n"
    "jebbitctl sandbox serve --host 0.0.0.0 --allow-remote --port 8700 \\\n"
    "  --client-id ci --client-secret-file secret.txt --from jebbit.toml \\\n"
    "  --deliver-to hooks.example.com=http://app:8080",
)
def serve(context: Context, behaviour: BehaviourOptions, start: StartOptions) -> None:
    """Serve a local Jebbit until Ctrl-C.

    It serves integrations, mappings, backfills and feeds, and, read only, campaigns with their launch links
    and statistics, attributes, exports, and which campaign feeds which integration or export.

    Once it accepts connections, it prints the environment variables to set: lines to paste on a terminal,
    NAME=value lines in a pipe. In another terminal, "sandbox env" prints them. GET /healthz returns 200,
    without credentials. For a token that can only read or only write, append "-readonly" or "-writeonly" to
    the client id; the secret stays the same.

    Deliveries are real and signed: tests, backfills, and the answers of simulated visitors ("sandbox visit",
    --visits). They only go to this machine, and to hosts of --deliver-to. "sandbox deliveries" lists
    them. Of --faults, only lost and duplicate hit backfills, and none hits tests.
    """
    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.storage.running_sandboxes import RunningSandbox, RunningSandboxes

    output = context.output
    options = sandbox_options(context, behaviour, start)
    certificates = context.environment.trusted_certificates()
    announce = RunningSandboxes(context.config_dir).announce
    with (
        Sandbox(options, log=output.note, warn=output.warn, certificates=certificates) as sandbox,
        announce(RunningSandbox(sandbox.run, sandbox.environment), output.warn),
    ):
        try:
            warn_of_remote_use(context, start)
            output.note(f"Serving a local Jebbit at {sandbox.url}. Press Ctrl-C to stop. To use it, set:")
            show_environment(context, sandbox.environment, for_shell=not output.plain)
            while True:
                time.sleep(POLL_INTERVAL)
        except KeyboardInterrupt:
            output.note("Stopped.")
        except SystemExit:  # a signal
            output.note("Stopped.")
            raise
