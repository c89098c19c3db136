"""``webhooks``: tools for the receiving side."""

from jebbitctl.commands.base import group
from jebbitctl.commands.webhooks.check import check
from jebbitctl.commands.webhooks.export import export
from jebbitctl.commands.webhooks.inspect_ import inspect_
from jebbitctl.commands.webhooks.list import list_
from jebbitctl.commands.webhooks.listen.command import listen
from jebbitctl.commands.webhooks.replay import replay
from jebbitctl.commands.webhooks.send import send
from jebbitctl.commands.webhooks.show import show
from jebbitctl.commands.webhooks.sign import sign
from jebbitctl.commands.webhooks.stats import stats
from jebbitctl.commands.webhooks.verify import verify

app = group(
    "Sign, verify, send, check, receive and replay deliveries.",
    *(sign, verify, send, check, listen),
    *(list_, show, inspect_, stats, export, replay),
)
