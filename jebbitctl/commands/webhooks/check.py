"""``webhooks check``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from jebbitctl.commands.base import API_OPTIONS, Context, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.webhooks.endpoint_options import EndpointOptions, endpoint_client
from jebbitctl.commands.webhooks.options import SecretOptions, read_secret
from jebbitctl.errors import CheckFailedError, UnavailableError, UsageError
from jebbitctl.util.text import as_reason, plural
from jebbitctl.util.timeouts import sleep
from jebbitctl.util.urls import shown_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.commands.shared.junit_file import JunitFile
    from jebbitctl.commands.webhooks.check_output import CheckOutput
    from jebbitctl.webhooks.endpoint_check import EndpointCheck

_PROBED_HEADERS = ("content-type", "x-jebbit-test")


class ProbeOptions(NamedTuple):
    """Which probes to run, and how fast."""

    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROBE",
            help="Run only this probe and the probe valid. Repeatable, or separated by commas.",
            autocompletion=values.probes,
        ),
    ] = None
    skip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROBE",
            help="Skip this probe. Repeatable, or separated by commas.",
            autocompletion=values.probes,
        ),
    ] = None
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Also send a valid delivery without x-jebbit-test. It creates a real record."
        ),
    ] = False
    rate: Annotated[float | None, typer.Option(metavar="PER_SECOND", help="Maximum requests per second.")] = (
        None
    )


@command(
    example="jebbitctl webhooks check https://example.com/hook --integration L5m24mjs\n"
    "jebbitctl webhooks check --integration L5m24mjs --junit check.xml",
    common=(*API_OPTIONS, "csv"),
)
def check(
    context: Context,
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]",
            help="URL of the endpoint. Default: the endpoint of --integration.",
            show_default=False,
        ),
    ] = None,
    *,
    probes: ProbeOptions,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the results as JUnit XML.")
    ] = None,
    endpoint: EndpointOptions,
    secret: SecretOptions,
) -> None:
    """Check that an endpoint is a correct receiver.

    Sends valid deliveries, which a correct endpoint accepts, and forged ones, which it refuses. All have
    x-jebbit-test, so that it does not process them, except for two forgeries: an endpoint that accepts those
    may store a record of test@example.com. jebbitctl help receivers describes each probe.

    Exits 6 if a probe fails or refusals cannot be tested, 5 if the endpoint cannot be reached.
    """
    from jebbitctl.commands.shared.junit_file import JunitFile
    from jebbitctl.commands.webhooks.check_junit import unended_xml
    from jebbitctl.commands.webhooks.check_output import CheckOutput
    from jebbitctl.webhooks.endpoint_check import EndpointCheck
    from jebbitctl.webhooks.probe_target import ProbeTarget
    from jebbitctl.webhooks.probes import select_probes

    report = JunitFile(junit) if junit else None
    if report:
        report.begin(unended_xml(report.started))  # first of all: whatever fails, no older results remain
    chosen = select_probes(_names(probes.only), _names(probes.skip), live=probes.live)
    _require_no_probed_header(endpoint)
    url = url or _endpoint_of(context, secret)
    output = context.output

    with (
        endpoint_client(context, url, endpoint) as client,
        output.progress("Probing", len(chosen)) if output.json else nullcontext() as progress,
    ):
        target = ProbeTarget(client, read_secret(context, secret), probes.rate, _announced_wait(context))
        running = EndpointCheck(target, chosen)
        shown = CheckOutput(output)
        try:
            for result in running.run():
                shown.show(result)
                if progress:
                    progress.advance()
        except (KeyboardInterrupt, SystemExit):
            _end(running, shown, report, "the check was interrupted")
            raise
    _end(running, shown, report, "")
    _raise_if_not_ok(running)


def _end(check: EndpointCheck, shown: CheckOutput, report: JunitFile | None, reason: str) -> None:
    """Print and write the results; probes that have none were not tested, for this reason."""
    url = shown_url(check.target.client.url)
    results = check.all_results(reason)
    shown.end(check, results, url=url)
    if report:
        from jebbitctl.commands.webhooks.check_junit import junit_xml

        report.end(junit_xml(results, url=url, started=report.started))


def _raise_if_not_ok(check: EndpointCheck) -> None:
    """Fail unless everything holds that the probes were to show.

    Raises:
        UnavailableError: the endpoint cannot be reached.
        CheckFailedError: a probe failed, or refusals could not be tested.
    """
    if check.diagnosis:
        reason, hint = as_reason(check.diagnosis.finding), as_reason(check.diagnosis.fix)
        if check.diagnosis.unreachable:
            raise UnavailableError(reason, hint=hint)
        raise CheckFailedError(f"a valid delivery was not accepted: {reason}", hint=hint)
    if check.failed:
        raise CheckFailedError(
            f"{len(check.failed)} of {plural(len(check.probes), 'probe')} failed: {', '.join(check.failed)}",
            hint="fix what is marked with ✗; jebbitctl help receivers describes a correct receiver",
        )
    if check.untested:
        raise CheckFailedError(
            f"could not test whether the endpoint refuses {', '.join(check.untested)}",
            hint="see the reason of each probe above; if the endpoint limits requests, use --rate",
        )


def _names(values: list[str] | None) -> list[str]:
    """Return the names in options that may be repeated, or hold several with commas."""
    return [name for value in values or () for name in (part.strip() for part in value.split(",")) if name]


def _require_no_probed_header(options: EndpointOptions) -> None:
    """Check that no header replaces one that probes vary: they would show nothing.

    Raises:
        UsageError: one does.
    """
    for line in options.header or ():
        name = line.partition(":")[0].strip().lower()
        if name in _PROBED_HEADERS:
            raise UsageError(f"--header cannot set {name}: probes set it", hint="leave it out")


def _endpoint_of(context: Context, secret: SecretOptions) -> str:
    """Return the endpoint of the integration whose secret is used.

    Raises:
        UsageError: no integration is named, or Jebbit does not say its endpoint.
    """
    id_ = secret.integration
    if id_ is None:
        raise UsageError("no endpoint given", hint="give its URL, or --integration ID to check its endpoint")
    from jebbitctl.api.differences import ENDPOINT, knows
    from jebbitctl.api.integrations import get_complete

    attributes = get_complete(context.client, id_, [ENDPOINT]).attributes
    if not (knows(attributes, [ENDPOINT]) and attributes[ENDPOINT]):
        raise UsageError(
            f"Jebbit does not say the endpoint of integration {id_}",
            hint=f"give it: jebbitctl webhooks check URL --integration {id_}",
        )
    return str(attributes[ENDPOINT])


def _announced_wait(context: Context) -> Callable[[float], None]:
    """Return a function that waits for an endpoint that limits requests, and says so."""

    def wait(seconds: float) -> None:
        context.output.note(f"Waiting {seconds:.0f} s: the endpoint limits requests.")
        sleep(seconds)

    return wait
