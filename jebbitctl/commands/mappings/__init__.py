"""``mappings``: the names under which integrations send attributes."""

from jebbitctl.commands.base import group
from jebbitctl.commands.mappings.create import create
from jebbitctl.commands.mappings.delete import delete
from jebbitctl.commands.mappings.get import get
from jebbitctl.commands.mappings.import_ import import_
from jebbitctl.commands.mappings.lint import lint
from jebbitctl.commands.mappings.list import list_
from jebbitctl.commands.mappings.update import update

app = group(
    "Manage the names under which integrations send attributes.",
    *(list_, get, create, update, delete),
    import_,
    lint,
)
