"""``integrations secret``."""

from __future__ import annotations

from jebbitctl.api import integrations
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.integrations.secret_output import SecretFile, SecretFileOptions
from jebbitctl.commands.shared.arguments import IntegrationId
from jebbitctl.util.redaction import MASK


@command(example="jebbitctl integrations secret L5m24mjs --secret-file webhook.secret")
def secret(context: Context, id_: IntegrationId, *, options: SecretFileOptions) -> None:
    """Print an integration's shared secret, which signs its deliveries.

    With --secret-file, writes it to a file instead. Another secret in the file is not overwritten unless you
    add --force.
    """
    file = SecretFile.from_options(context, options)
    value = integrations.shared_secret(context.client, id_)
    if file is None:
        context.output.scalar(value, {"id": id_, "shared_secret": value})
        return
    file.save(value)
    if context.output.json:
        context.output.document({"id": id_, "shared_secret": MASK})
