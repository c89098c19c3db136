"""``help environment``."""

from __future__ import annotations

import textwrap

from jebbitctl.commands.topics.layout import WIDTH, table
from jebbitctl.environment import VARIABLES, Kind

OTHERS = {
    "HTTPS_PROXY, HTTP_PROXY": "Proxy for requests",
    "NO_PROXY": "Hosts to reach without the proxy, separated by commas",
    "REQUESTS_CA_BUNDLE": "File with the certificates to trust, instead of the system's",
    "NO_COLOR": "Print no colours, if not empty",
    "FORCE_COLOR": "Print colours even without a terminal, if not empty",
    "TERM": "dumb: print no colours and no progress bars",
}
"""Variables of other tools that are honoured."""

_PRECEDENCE = """\
PRECEDENCE

A setting comes from the first of these that has it:

  1. an option, such as --business, or a value of the profile that --profile
     names
  2. an environment variable
  3. the profile in use, as saved by `jebbitctl login`
  4. the default

`jebbitctl whoami` shows the values in use and the source of the
credentials.
"""


def text() -> str:
    """Return the precedence of settings and the table of variables."""
    own = table((variable.name, variable.help) for variable in VARIABLES.values())
    switches = " and ".join(name for name, variable in VARIABLES.items() if variable.kind is Kind.SWITCH)
    empty = textwrap.fill(
        f"A variable that is set but empty is an error. {switches} are exceptions: empty, 0, false and no "
        "turn them off, anything else turns them on.",
        WIDTH,
    )
    return "\n".join(
        [
            _PRECEDENCE,
            f"VARIABLES OF JEBBITCTL\n\n{own}\n",
            f"{empty}\n",
            f"VARIABLES OF OTHER TOOLS\n\n{table(OTHERS.items())}\n",
        ]
    )
