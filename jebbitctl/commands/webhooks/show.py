"""``webhooks show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jebbitctl.commands.base import Context, command
from jebbitctl.commands.webhooks.options import SOURCES, SecretOptions, read_optional_secret
from jebbitctl.commands.webhooks.recorded_rows import forwarded, kind, target, to_json
from jebbitctl.commands.webhooks.recording_options import (
    Mask,
    RecordingFile,
    SelectOptions,
    read_selected,
    require_one_stdin,
)
from jebbitctl.util.text import escape_controls, indented_json, parse_json

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery, ForwardOutcome
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

Number = Annotated[
    int,
    typer.Argument(
        metavar="N", help="Number of the delivery, as in webhooks list.", min=1, show_default=False
    ),
]


@command(
    example="jebbitctl webhooks show monday.jsonl 3 --integration L5m24mjs\n"
    "jebbitctl webhooks show monday.jsonl 3 --curl"
)
def show(
    context: Context,
    file: RecordingFile,
    number: Number,
    *,
    curl: Annotated[
        bool, typer.Option("--curl", help="Print a curl command that sends the same request.")
    ] = False,
    mask: Mask = False,
    secret: SecretOptions,
) -> None:
    """Show a recorded delivery, and why it was refused.

    Needs the shared secret to find out why, unless the signature header is missing.
    """
    require_one_stdin(file, secret)
    (record,) = read_selected(context, file, SelectOptions(only=str(number)), join=True)
    key = read_optional_secret(context, secret)
    explanation = {} if curl else explain_recorded(record.delivery, key)
    if mask:
        from jebbitctl.webhooks.recordings.masking import mask_record

        record = mask_record(record)
    if curl:
        _print_curl(context, record.delivery)
    elif context.output.json:
        body = {"headers": _headers(record.delivery), "body": _decoded(record.delivery.body)}
        context.output.document({**to_json(record), **body, **explanation})
    else:
        _print(context, record, explanation)
    if not curl and not record.delivery.verification.valid and not explanation:
        context.output.note(f"hint: to see why it was refused, use {SOURCES}")


def explain_recorded(delivery: Delivery, secret: str | None) -> dict[str, str | None]:
    """Return why a delivery was refused, or that this cannot be found out; nothing about a valid one.

    Without a secret, only a request without a signature header is explained.
    """
    if delivery.verification.valid:
        return {}
    from jebbitctl.webhooks.explain import NO_HEADER, explain
    from jebbitctl.webhooks.signature import SIGNATURE_HEADER, verify

    header = delivery.headers.get(SIGNATURE_HEADER)
    if header is None:
        return NO_HEADER.to_document()
    if secret is None:
        return {}
    if delivery.masked:
        return {"explanation": "The recording is masked: the body is no longer the one that was signed."}
    if delivery.omitted_bytes:
        return {"explanation": f"{delivery.omitted_bytes} bytes of the body were not recorded."}
    verification = verify(secret, delivery.body, header, now=delivery.time)
    return explain(secret, delivery.body, header, reason=verification.reason).to_document()


def _print_curl(context: Context, delivery: Delivery) -> None:
    from jebbitctl.webhooks.curl_command import curl_command

    text = curl_command(delivery)
    if context.output.json:
        context.output.document({"curl": text})
    else:
        context.output.verbatim(text.split("\n"))


def _print(context: Context, record: RecordedDelivery, explanation: dict[str, str | None]) -> None:
    delivery = record.delivery
    pairs: list[tuple[str, Any]] = [
        ("number", record.number),
        ("time", to_json(record)["time"]),
        ("request", f"{delivery.method} {target(delivery)}"),
        ("reason", str(delivery.verification.reason)),
        ("status", delivery.status or None),
        ("kind", kind(delivery)),
        ("secret", delivery.secret),
        ("forwarded", forwarded(record)),
        *((f"forward {number}", _outcome(one)) for number, one in enumerate(record.forwards or (), start=1)),
        *((name, value) for name, value in explanation.items() if name != "cause"),
        *((f"header {name}", value) for name, value in _headers(delivery).items()),
    ]
    context.output.key_values((name, value) for name, value in pairs if value is not None)
    context.output.line("")
    for line in _pretty(delivery.body):
        context.output.line(line)
    if delivery.omitted_bytes:
        context.output.note(f"{delivery.omitted_bytes} more bytes of the body were not recorded.")


def _outcome(outcome: ForwardOutcome) -> str:
    """Return what became of a forward in words."""
    time = f" in {outcome.milliseconds:g} ms" if outcome.attempts else ""
    attempts = f", {outcome.attempts} attempts" if outcome.attempts > 1 else ""
    answer = f": {outcome.response}" if outcome.response else ""
    return f"{outcome.url}: {outcome.error or outcome.status}{time}{attempts}{answer}"


def _headers(delivery: Delivery) -> dict[str, str]:
    """Return the headers without credentials."""
    from jebbitctl.util.redaction import redact_headers

    return redact_headers(delivery.headers)


def _pretty(body: bytes) -> list[str]:
    """Return a body for people: JSON indented, anything else as text with control characters escaped."""
    decoded = _decoded(body)
    if not isinstance(decoded, str):
        return indented_json(body).split("\n")
    return [escape_controls(line.removesuffix("\r")) for line in decoded.split("\n")]


def _decoded(body: bytes) -> Any:
    """Return a body as JSON, else as text."""
    try:
        return parse_json(body)
    except ValueError:
        return body.decode("utf-8", "backslashreplace")
