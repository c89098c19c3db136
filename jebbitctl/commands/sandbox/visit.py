"""``sandbox visit``."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.completion import values
from jebbitctl.commands.shared.interruptions import last_report
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.api.sandbox_control import Visits


_STOPPED = "Stopped. The sandbox may still make visits that it was asked for, and delivers what is queued."


@command(
    example="jebbitctl sandbox visit --count 100 --rate 20\n"
    "jebbitctl sandbox visit --set data.email=ann@example.com"
)
def visit(
    context: Context,
    *,
    campaign: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Campaign to visit. Default: the launched ones in turn.",
            autocompletion=values.campaigns,
        ),
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="Number of visits.", min=1)] = 1,
    rate: Annotated[
        float | None, typer.Option(metavar="PER_SECOND", help="Maximum visits per second.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="data.NAME=VALUE",
            help="Set what visitors answer, before mappings apply; implies --finish. VALUE is JSON if valid, "
            "else a string. Repeatable.",
        ),
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Let each visitor reach the end, with an e-mail address.")
    ] = False,
) -> None:
    """Simulate visits to the campaigns of a running sandbox.

    Some visitors leave before the end, as real ones do. The sandbox delivers the answers of the others to
    each active webhook integration that their campaign feeds, as its settings say. Prints what became of the
    deliveries, and why visits were not delivered. Exits 0 even if an endpoint refuses them.
    """
    from jebbitctl.api import sandbox_control
    from jebbitctl.webhooks.body_edits import require_edits

    require_edits(set_ or (), ())
    sandbox_control.require_sandbox_url(context.settings.api_url.value)
    visits = sandbox_control.Visits(count, rate, campaign, tuple(set_ or ()), finish)
    result: dict[str, Any] = {}
    try:
        for latest in _results(context, visits):
            result = latest
    except (KeyboardInterrupt, SystemExit, JebbitctlError) as error:
        failed = isinstance(error, JebbitctlError)
        with nullcontext() if failed else last_report(context.output):
            if result or not failed:
                until = " Until then:" if result else ""
                context.output.note(f"{'Failed.' if failed else _STOPPED}{until}")
            if result:
                _show(context, result)
        raise
    _show(context, result)
    if not result["finished"] and not context.output.json:
        context.output.note("To let each visitor reach the end: --finish")


def _results(context: Context, visits: Visits) -> Iterator[dict[str, Any]]:
    """Yield what came of the visits so far, until each delivery has a result; show the progress."""
    from jebbitctl.api import sandbox_control

    result: dict[str, Any] = {}
    with context.output.progress("Visiting", visits.number) as bar:
        for latest in sandbox_control.visit(context.client, visits):
            result = latest
            bar.reach(result["visits"])
            yield result
    if not result["pending"]:
        return
    with context.output.progress("Delivering", result["deliveries"]) as bar:
        for latest in sandbox_control.wait_for_deliveries(context.client, result["id"]):
            bar.reach(latest["deliveries"] - latest["pending"])
            yield latest


def _show(context: Context, result: dict[str, Any]) -> None:
    output = context.output
    with output.best_effort():
        if output.json:
            output.document({name: value for name, value in result.items() if name != "id"})
        elif output.plain_requested:
            output.key_values(_pairs(result))
        else:
            for line in _lines(result):
                output.line(line)


def _lines(result: dict[str, Any]) -> Iterator[str]:
    summary = f"{plural(result['visits'], 'visit')}, {result['finished']} finished"
    yield f"{summary}, {plural(result['deliveries'], 'delivery')}"
    waiting = {"no result yet": result["pending"]} if result["pending"] else {}
    yield from _counted((count, words) for words, count in {**result["results"], **waiting}.items())
    if result["duplicates"]:
        yield from _counted([(result["duplicates"], "sent twice, as --faults asks for")])
    if result["kept_back"]:
        yield "Not delivered:"
        yield from _counted((one["count"], _explanation(one)) for one in result["kept_back"])


def _counted(pairs: Iterable[tuple[int, str]]) -> Iterator[str]:
    from jebbitctl.output.streams import line_width
    from jebbitctl.output.wrapping import wrap

    for count, words in sorted(pairs, reverse=True):
        yield from wrap(f"  {count:>5}  {words}", line_width(), hanging=" " * 9)


def _explanation(kept_back: dict[str, Any]) -> str:
    ids = [*kept_back["integrations"], *(["and more"] if kept_back["more_integrations"] else [])]
    return f"{kept_back['explanation']} ({', '.join(ids)})" if ids else str(kept_back["explanation"])


def _pairs(result: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("visits", "finished", "deliveries", "pending"):
        yield name, result[name]
    yield from result["outcomes"].items()
    if result["duplicates"]:
        yield "duplicates", result["duplicates"]
    for one in result["kept_back"]:
        yield f"kept_back.{one['reason']}", one["count"]
