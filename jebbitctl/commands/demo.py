"""``demo``: from credentials to a signed webhook that is proven to arrive, against a sandbox."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import typer

from jebbitctl.commands.common import LocalCommand, command, single
from jebbitctl.commands.integrations import show_deliveries
from jebbitctl.commands.sandbox import environment_of
from jebbitctl.commands.whoami import account, show_account
from jebbitctl.context import CommonOptions, Context, context_of
from jebbitctl.errors import CheckFailedError
from jebbitctl.redaction import redact
from jebbitctl.times import rfc3339, rfc3339_or_none
from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.receiver import Delivery, Receiver

app = single()

PATIENCE = 10.0
"""Seconds to wait for the delivery."""


class Story:
    """The steps, told one by one on a terminal or in a pipe, or kept for one JSON document."""

    def __init__(self, context: Context) -> None:
        self.output = context.output
        self.steps: list[dict[str, Any]] = []

    def tell(self, about: str, typed: str, result: Any, show: Callable[[], None]) -> None:
        """Tell one step: what it is for, what a user would type, what comes of it."""
        self.steps.append({"command": typed, "result": redact(result)})
        if not self.output.json:
            self.output.line(f"\n{len(self.steps)}. {about}\n   $ {typed}\n")
            show()


@command(app, "demo", cls=LocalCommand, example="jebbitctl demo")
def demo(ctx: typer.Context) -> None:
    """Show the whole story on this machine, no credentials needed.

    A sandbox plays Jebbit and a receiver plays your endpoint: token, account, integration, test, and a
    delivery whose signature is verified, by the code of the real commands. Exit 0 only when it verified.
    """
    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.webhooks.receiver import Receiver

    told = context_of(ctx)
    arrived = threading.Event()
    deliveries: list[Delivery] = []

    def take(delivery: Delivery) -> None:
        deliveries.append(delivery)
        arrived.set()

    with (
        Sandbox(log=told.output.debug) as sandbox,
        environment_of(sandbox.environment) as environment,
        Receiver(None, take) as receiver,
    ):
        os.environ.clear()
        os.environ.update(environment)
        story = Story(told)
        _from_token_to_test(story, Context(_options(told)), receiver)
        arrived.wait(PATIENCE)
    _conclude(story, receiver, deliveries)


def _options(told: Context) -> CommonOptions:
    """Return the options for the steps: they print as the demo does."""
    given = told.options
    return CommonOptions(json=given.json, plain=given.plain, query=None, debug=given.debug)


def _from_token_to_test(story: Story, context: Context, receiver: Receiver) -> None:
    from jebbitctl.api import integrations

    output = context.output
    token = context.tokens.current()
    expires = rfc3339_or_none(token.expires_at)
    story.tell(
        "A client id and secret become an access token, cached while it is valid.",
        "jebbitctl token",
        {"access_token": token.access_token, "expires_at": expires, "scopes": list(token.scopes)},
        lambda: output.line(f"{token.access_token[:12]}… (valid until {expires})"),
    )
    whose = account(context)
    story.tell("Whose account is it?", "jebbitctl whoami", whose, lambda: show_account(context, whose))
    endpoint = f"{receiver.url}/jebbit"
    created, _ = integrations.create(
        context.client, {"endpoint": endpoint, "region": "us", "is_active": True}
    )
    receiver.secret = str(created.attributes["shared_secret"])
    story.tell(
        "An integration says where to deliver. Your endpoint needs its shared_secret.",
        f"jebbitctl integrations create --region us --active --endpoint {endpoint}",
        created.to_dict(),
        lambda: output.resource(created, show_secrets=True),
    )
    story.steps[-1]["result"] = created.to_dict()
    id_ = str(created.id)
    sent = integrations.send_test(context.client, id_)
    story.tell(
        "Jebbit sends a real test delivery, and answers with what it sent.",
        f"jebbitctl integrations test {id_}",
        {"id": id_, "deliveries": sent},
        lambda: show_deliveries(context, id_, sent),
    )


def _conclude(story: Story, receiver: Receiver, deliveries: list[Delivery]) -> None:
    output = story.output
    verified = [delivery for delivery in deliveries if delivery.verification.valid]
    if output.json:
        output.document(
            {
                "steps": story.steps,
                "deliveries": [_described(delivery) for delivery in deliveries],
                "ok": bool(verified),
            }
        )
    else:
        output.line(f"\n5. Did it arrive at {receiver.url}, and is it Jebbit's?\n")
        for delivery in deliveries:
            output.pairs(_described(delivery).items())
    if not verified:
        raise CheckFailedError(
            "the delivery arrived, but its signature does not verify"
            if deliveries
            else "no delivery arrived",
            hint="run it again with --debug to see what the sandbox did",
        )
    if not output.json:
        output.line("\n✓ The delivery arrived, and its signature verifies. Your turn: jebbitctl login")


def _described(delivery: Delivery) -> dict[str, Any]:
    return {
        "received_at": rfc3339(delivery.time, "microseconds"),
        "bytes": len(delivery.body),
        SIGNATURE_HEADER: delivery.headers.get(SIGNATURE_HEADER),
        "test": delivery.test,
        "verification": str(delivery.verification.reason),
        "age_seconds": delivery.verification.age_seconds,
        "answered": delivery.status,
    }
