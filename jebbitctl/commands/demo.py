"""``demo``: from credentials to a verified webhook, against a sandbox."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command, single
from jebbitctl.commands.integrations.test import show_report
from jebbitctl.commands.sandbox.account import sandbox_environment
from jebbitctl.commands.whoami import describe_account, show_account
from jebbitctl.environment import Environment
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.redaction import redact
from jebbitctl.util.timeouts import wait
from jebbitctl.util.times import rfc3339, rfc3339_or_none
from jebbitctl.webhooks.signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.receiving.webhook_server import WebhookServer

ARRIVAL_TIMEOUT = 10.0
"""Seconds to wait for the delivery."""


class Story:
    """The steps of the demo, printed one by one or collected for a JSON document."""

    def __init__(self, context: Context) -> None:
        self.output = context.output
        self.steps: list[dict[str, Any]] = []

    def add(self, purpose: str, command_line: str, result: Any, show: Callable[[], None]) -> None:
        """Print a step: its purpose, the command that a user would type, and the result."""
        self.steps.append({"command": command_line, "result": result})
        if not self.output.json:
            self.output.line(f"\n{len(self.steps)}. {purpose}\n   $ {command_line}\n")
            show()


@command(common=LOCAL_OPTIONS, example="jebbitctl demo")
def demo(context: Context) -> None:
    """Show how everything works together, without credentials.

    A sandbox stands in for Jebbit, and a receiver stands in for your endpoint. The steps run the code of the
    real commands: get a token, show the account, create an integration, send a test delivery, verify it.
    Exits 0 only if the delivery is verified.
    """
    from jebbitctl.context import Context as SandboxContext
    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.webhooks.receiving.webhook_server import WebhookServer

    arrived = threading.Event()
    deliveries: list[Delivery] = []

    def on_delivery(delivery: Delivery) -> None:
        deliveries.append(delivery)
        arrived.set()

    story = Story(context)
    with (
        Sandbox(log=context.output.debug) as sandbox,
        sandbox_environment(context.environment, sandbox.environment) as variables,
        WebhookServer(None, on_delivery) as receiver,
    ):
        options = context.options._replace(query=None)
        _from_token_to_test(story, SandboxContext(options, Environment(variables)), receiver)
        wait(arrived, ARRIVAL_TIMEOUT)
    _conclude(story, receiver, deliveries)


def _from_token_to_test(story: Story, context: Context, receiver: WebhookServer) -> None:
    from jebbitctl.api import integrations

    output = context.output
    token = context.tokens.get()
    expires_at = rfc3339_or_none(token.expires_at)
    story.add(
        "Exchange client id and secret for an access token, cached while it is valid.",
        "jebbitctl token",
        redact({"access_token": token.access_token, "expires_at": expires_at, "scopes": list(token.scopes)}),
        lambda: output.line(f"{token.access_token[:12]}… (valid until {expires_at})"),
    )
    account = describe_account(context)
    story.add("Show the account.", "jebbitctl whoami", account, lambda: show_account(context, account))
    endpoint = f"{receiver.url}/jebbit"
    created = integrations.create(
        context.client, {"endpoint": endpoint, "region": "us", "is_active": True}
    ).resource
    receiver.secret = str(created.attributes["shared_secret"])
    story.add(
        "Create an integration. Your endpoint needs its shared_secret to verify.",
        f"jebbitctl integrations create --region us --active --endpoint {endpoint}",
        created.to_dict(),
        lambda: output.resource(created, show_secrets=True),
    )
    id_ = str(created.id)
    report = integrations.send_test(context.client, id_)
    story.add(
        "Make Jebbit send a test delivery. It returns the bodies that it sent.",
        f"jebbitctl integrations test {id_}",
        {"id": id_, **report.to_dict()},
        lambda: show_report(output, id_, report),
    )


def _conclude(story: Story, receiver: WebhookServer, deliveries: list[Delivery]) -> None:
    output = story.output
    verified = any(delivery.verification.valid for delivery in deliveries)
    if output.json:
        described = [_describe(delivery) for delivery in deliveries]
        output.document({"ok": verified, "steps": story.steps, "deliveries": described})
    else:
        output.line(f"\n{len(story.steps) + 1}. Verify the delivery at {receiver.url}.\n")
        for delivery in deliveries:
            output.key_values(_describe(delivery).items())
    if not verified:
        raise CheckFailedError(
            "the delivery arrived, but its signature is not valid" if deliveries else "no delivery arrived",
            hint="use --debug to log the requests that the sandbox receives",
        )
    if not output.json:
        output.line("\n✓ The delivery arrived, and its signature is valid. Next step: jebbitctl login")


def _describe(delivery: Delivery) -> dict[str, Any]:
    return {
        "received_at": rfc3339(delivery.time, "microseconds"),
        "bytes": len(delivery.body),
        SIGNATURE_HEADER: delivery.headers.get(SIGNATURE_HEADER),
        "test": delivery.test,
        "reason": str(delivery.verification.reason),
        "age_seconds": delivery.verification.age_seconds,
        "status": delivery.status,
    }


app = single(demo)
