"""``sandbox``: a local Jebbit, on its own or for one command."""

from jebbitctl.commands.base import group
from jebbitctl.commands.sandbox.assumptions import assumptions
from jebbitctl.commands.sandbox.deliveries import deliveries
from jebbitctl.commands.sandbox.env import env
from jebbitctl.commands.sandbox.run import run
from jebbitctl.commands.sandbox.serve import serve
from jebbitctl.commands.sandbox.visit import visit

app = group("Run a local Jebbit for testing.", serve, run, env, visit, deliveries, assumptions)
