"""``api``: send any request to Jebbit's API."""

from jebbitctl.commands.api.request import api
from jebbitctl.commands.base import single

app = single(api)
