"""``integrations``: the webhooks that Jebbit sends."""

from jebbitctl.commands.base import group
from jebbitctl.commands.integrations.apply import apply
from jebbitctl.commands.integrations.campaigns import campaigns
from jebbitctl.commands.integrations.create import create
from jebbitctl.commands.integrations.delete import delete
from jebbitctl.commands.integrations.diagnose import diagnose
from jebbitctl.commands.integrations.diff import diff
from jebbitctl.commands.integrations.export import export
from jebbitctl.commands.integrations.get import get
from jebbitctl.commands.integrations.list import list_
from jebbitctl.commands.integrations.secret import secret
from jebbitctl.commands.integrations.test import test
from jebbitctl.commands.integrations.update import update

app = group(
    "Manage and diagnose the webhooks that Jebbit sends.",
    *(list_, get, create, update, delete),
    *(test, secret, campaigns, diagnose),
    *(export, diff, apply),
)
