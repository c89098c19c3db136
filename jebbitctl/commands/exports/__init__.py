"""``exports``: the files that Jebbit sends on a schedule, read only."""

from jebbitctl.commands.base import group
from jebbitctl.commands.exports.campaigns import campaigns
from jebbitctl.commands.exports.check import check
from jebbitctl.commands.exports.get import get
from jebbitctl.commands.exports.list import list_

app = group("Show and check the files that Jebbit sends on a schedule.", list_, get, check, campaigns)
