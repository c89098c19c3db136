"""``campaigns``: read only."""

from jebbitctl.commands.base import group
from jebbitctl.commands.campaigns.get import get
from jebbitctl.commands.campaigns.links import links
from jebbitctl.commands.campaigns.list import list_
from jebbitctl.commands.campaigns.recipients import exports, integrations
from jebbitctl.commands.campaigns.stats import stats

app = group(
    "Show the campaigns that integrations deliver for.",
    *(list_, get, links, stats, integrations, exports),
)
