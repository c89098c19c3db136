"""``help environment``."""

from __future__ import annotations

import textwrap

from jebbitctl.commands.topics.layout import WIDTH, table
from jebbitctl.environment import FILES, FOREIGN_VARIABLES, MANIFEST_VARIABLES, VARIABLES, Kind

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

--business, JEBBIT_BUSINESS_ID and `profiles set` take an id, or a name that
only one of the businesses has. A name costs a request for each business that
the token lists; without a list, only ids are certain.

After `logout`, no profile is active until `profiles use` or a login.
"""


def text() -> str:
    """Return the precedence of settings and the table of variables."""
    own = table(
        [
            *((variable.name, variable.help) for variable in VARIABLES.values()),
            *MANIFEST_VARIABLES.items(),
        ]
    )
    switches = " and ".join(name for name, variable in VARIABLES.items() if variable.kind is Kind.SWITCH)
    empty = textwrap.fill(
        f"A variable that is set but empty is an error. {switches} are exceptions: empty, 0, false and no "
        "turn them off, anything else turns them on. A setting in quotation marks, which docker --env-file "
        "keeps, is an error, too.",
        WIDTH,
    )
    files = textwrap.fill(
        f"{' and '.join(FILES.values())} are for mounted secrets: any file that can be read, also through "
        "links; ~/ is the home directory. It is an error to set the variable without _FILE as well.",
        WIDTH,
    )
    return "\n".join(
        [
            _PRECEDENCE,
            f"VARIABLES OF JEBBITCTL\n\n{own}\n",
            f"{empty}\n",
            f"{files}\n",
            f"VARIABLES OF OTHER TOOLS\n\n{table(FOREIGN_VARIABLES.items())}\n",
        ]
    )
