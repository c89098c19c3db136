"""``sandbox``: a local Jebbit, on its own or for one command."""

from jebbitctl.commands.base import group
from jebbitctl.commands.sandbox.run import run
from jebbitctl.commands.sandbox.serve import serve

app = group("Run a local Jebbit for testing.", serve, run)
