"""``help output``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.commands.topics.layout import table
from jebbitctl.errors import ExitCode, JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = {
    "on a terminal": "a table; JSON is indented",
    "in a pipe": "tab-separated lines in the order of the table's columns; no header, nothing is cut off. "
    "What is for reading (a plan, the results of apply, check, diagnose, lint and doctor) is the same "
    "text as on a terminal",
    "--plain": "tab-separated lines, always",
    "--json": "one JSON document",
    "--csv": "CSV with a header, for lists and most checks; text that a spreadsheet takes for a formula "
    "gets a ' in front",
    "--markdown": "a plan or a diagnosis as a comment for a pull request; see `jebbitctl help manifest`",
    "-q, --query EXPR": "what a JMESPath expression finds in the JSON document, see QUERIES",
    "--columns NAME,NAME": "the columns of a list, in this order: any attribute that JSON has, "
    "also nested: additional_options.hash_pii",
}

_STREAMS = """\
STREAMS

Data goes to standard output. Messages, prompts, progress, warnings and errors
go to standard error. A command that fails leaves standard output empty,
unless the work was done and only a later check failed. `jebbitctl api` prints
the response whatever its status is.
"""

_VALUES = """\
VALUES

Times are RFC 3339 in UTC; on a terminal, lists have created_at and
launch_date to the minute. A missing value is null in JSON, empty in a pipe,
and - on a terminal. JSON has every attribute that Jebbit returned, with id
and type beside the others. Shared secrets print as ********: see
`jebbitctl help security`.

The JSON of a command that checks something has "ok", true or false. Each
finding of diagnose, lint and `exports check` also has "state" (see CHECKS),
"detail" (what was seen) and "fix" (what to do, or null).

On a terminal that is too narrow for a table, a row has two lines, or each
value its own. No id, URL, secret or command gets a line break, so all can be
copied.

Control characters in text from Jebbit are shown as escape sequences, such as
\\x1b.

EVENTS

`jebbitctl webhooks listen` prints things as they happen. With --json, each is
an object on a line of its own, and --query filters each. "event" says what it
is: "ready" (url, and inspect with --inspect) when deliveries can be sent,
"delivery" for each that has come, and "forwarded" or "forward_failed" for each
URL that it was forwarded to. "number" says which ones belong together. Events
for which a query is null, or which it does not fit, are not printed.

In a pipe, a delivery is a line with time, ✓ or ✗, status (- if it is to be the
app's), reason, size, kind (test, live or refused, and repeat), and number. A
forward is a line with the delivery's number, →, status, event, milliseconds and
error. The secret's source or the URL follow if there are several.

The reason is ok, or why a delivery was refused: mismatch, malformed_header,
stale or future (see `jebbitctl help receivers`).

QUERIES

Queries are JMESPath expressions (https://jmespath.org):

  jebbitctl integrations list -q '[?is_active].id' --plain
  jebbitctl integrations get L5m24mjs -q endpoint
  jebbitctl integrations diff jebbit.toml -q 'steps[].action'

A string, number or boolean prints bare, null as null, anything else as JSON.
With --plain, each item of a list is a line, its values are separated by tabs,
and null prints nothing, so this runs once for each id:

  for id in $(jebbitctl integrations list -q '[].id' --plain); do …; done

`-q endpoint --plain` prints nothing if there is no endpoint, so a script can
test for it: [ -n "$(jebbitctl integrations get L5m24mjs -q endpoint --plain)" ]

With --json, the result is JSON, even a string. A query that selects a masked
value, such as shared_secret without --show-secret, is an error (2).
"""

STATES = {
    "✓ ok": "it is as it should be",
    "! warning": "it may be wanted, or have consequences; it does not fail",
    "✗ failed": "it is not as it should be",
    "– unknown": "it cannot be known; the text says why",  # noqa: RUF001 - an en dash
    "– skipped": "only in doctor: nothing to check; the text says why",  # noqa: RUF001 - an en dash
}
"""The words and signs for what a check has found."""

_CHECKS = """\
CHECKS

`doctor`, `webhooks check`, `integrations diagnose`, `exports check` and
`mappings lint` have the same words for what they find. Text has the sign;
--plain and JSON have the word, under "state":
"""

_OK = """\
The JSON of a command that checks, sends, verifies or deletes something has
"ok", which is true if all is well and the command exits with 0. An item of a
list in it may have "ok" as well; null means that it is unknown or skipped.
"""

_TREE = """\
THE COMMAND TREE

`jebbitctl help --json` lists every command for scripts: "commands" (name,
help, description, arguments, options, common_options, examples), "groups",
"common_options", "options" of jebbitctl itself, "environment", "exit_codes"
and "topics". Arguments and options have names, metavar, type (flag, text,
integer, number, path, choice), choices, default, required, repeatable and
help; options also off_names, such as --inactive, and the variable that they
take precedence over.
"""

_ERRORS = """\
ERRORS

An error is one line on standard error, and a hint on a second line if
something helps. A terminal gets as many lines as it needs:

  error: integration L5m24mjs not found
  hint: list them: jebbitctl integrations list

With --json, it is one JSON object on standard error instead:

  {"error": {"code": "not_found", "message": "integration L5m24mjs not found",
   "status": 404, "hint": "list them: jebbitctl integrations list",
   "request_id": null}}

"status" is the HTTP status of Jebbit's response, null if there was none. If
the response has a request id, it is in "request_id", or follows the message:
Jebbit's support can find the request by it. Jebbit's own words are part of
the message, without markup and shortened.
These are the codes, by exit code:
"""

_TERMINAL = """\
COLOURS AND PROMPTS

Each stream has colours if it is a terminal. NO_COLOR and TERM=dumb turn them
off, FORCE_COLOR turns them on in a pipe, too; NO_COLOR wins. Progress bars
appear on standard error, on a terminal only.

Prompts appear on a terminal only, and every prompt has an option that answers
it, such as --yes. If a command needs input and cannot prompt, or must not
because of --no-input, it exits with 2.
"""


def text() -> str:
    """Return streams, formats, values, errors and colours."""
    return "\n".join(
        [
            _STREAMS,
            f"FORMATS\n\n{table(FORMATS.items())}\n",
            _VALUES,
            f"{_CHECKS}\n{table(STATES.items())}\n",
            _OK,
            _TREE,
            f"{_ERRORS}\n{table(_error_codes())}\n",
            _TERMINAL,
        ]
    )


def _error_codes() -> Iterator[tuple[int, str]]:
    """Yield each exit code of an error with the codes of the errors that lead to it."""
    errors: list[type[JebbitctlError]] = [JebbitctlError, *_subclasses(JebbitctlError)]
    for exit_code in ExitCode:
        codes = sorted({error.code for error in errors if error.exit_code is exit_code})
        if codes:
            yield exit_code.value, ", ".join(codes)


def _subclasses(error: type[JebbitctlError]) -> Iterator[type[JebbitctlError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
