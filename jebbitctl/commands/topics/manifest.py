"""``help manifest``."""

from __future__ import annotations

import textwrap
from typing import Any

from jebbitctl.api.integrations import ATTRIBUTE_TYPES, OPTION_TYPES, REGIONS, WEBHOOKS
from jebbitctl.commands.topics.layout import table

EXAMPLE = """\
version = 1                                  # of this format

[integrations.spring-leads]                  # a name of your choice
endpoint = "https://${HOOKS_HOST}/jebbit"    # ${NAME}: a variable
region = "us"
is_active = true
additional_options.hash_pii = true
mappings = [
  { jebbit_var = "Outcome", client_var = "bucket", default = "none" },
  { jebbit_var = "email", client_var = "e_mail" },
]
"""
"""A manifest that can be applied."""

_TYPES = {str: "string", bool: "true or false"}

_INTRODUCTION = """\
A manifest is a TOML file that lists the integrations that should exist:
"""

_COMMANDS = """\
COMMANDS

  jebbitctl integrations export > jebbit.toml   # start with what exists
  jebbitctl integrations diff jebbit.toml       # exits 0 if it matches, else 6
  jebbitctl integrations apply jebbit.toml --secrets-dir secrets --verify
"""

_KEYS = {
    "endpoint": "where Jebbit delivers: an absolute https URL",
    "region": " or ".join(f'"{region}"' for region in REGIONS),
    "id": "the integration's id at Jebbit. Without it, the integration is found by its service and "
    "endpoint. Set it before you change the endpoint, and if two integrations share one endpoint",
    "service_name": f"{WEBHOOKS} by default, which webhook means as well. Integrations of other services are "
    "created in Jebbit's dashboard; a manifest can only change them",
    "protected": "true or false. If true, no apply deletes, deactivates or moves the integration",
    "additional_options": "a table, see below; options that it does not list stay as they are",
    "set": "a table of attributes that have no key of their own, as with --set: "
    "set.additional_options.new_thing = true",
    "mappings": 'a list of { jebbit_var = "…", client_var = "…", default = "…" }; default is optional',
}
"""Keys that need more words than their type."""

_RULES = """\
The other keys and options mean the same as the options of
`jebbitctl integrations create`; its --help describes them.

A key that is missing is not managed: its value at Jebbit stays. The same goes
for all mappings of an integration without the key mappings. A new integration
gets the defaults of `jebbitctl integrations create` for missing keys.

${NAME} in any string is replaced by the value that `--var NAME=VALUE` gives,
or else by the environment variable JEBBIT_VAR_NAME. A manifest can use no
other variables, so it cannot reach for secrets. $${ is a literal ${.

What looks like a credential of another service (`jebbitctl help security` says
what does) is masked everywhere, and `export` leaves it out. The key is then not
managed. To manage it, write it with a variable:
set.additional_options.api_key = "${KEY}".

To cover several businesses in one file, use [businesses.ID.integrations.NAME]
instead of [integrations.NAME]. `export --all-businesses` writes such a file.
With --business, diff and apply cover only that business's section of it.
"""

_SCHEMA = """\
IN AN EDITOR

  jebbitctl help manifest --schema > jebbit.schema.json

prints a JSON Schema. With Taplo, or Even Better TOML in VS Code, this line at
the top of a manifest completes its keys and marks mistakes:

  #:schema ./jebbit.schema.json
"""

_DIFF = """\
DIFF

Shows how Jebbit differs from the manifest, and changes nothing. Integrations
and mappings that are not in the manifest are unmanaged. They are shown, but
count as a difference only with --strict. The same goes for attributes that
Jebbit does not say: they are unknown, and neither compared nor changed.

  --strict           also shows what `apply --prune` would do to what is
                     unmanaged
  --ignore NAME.ATTRIBUTE
                     leave out a known difference for this run, such as
                     spring-leads.region, spring-leads.additional_options,
                     spring-leads.mappings or spring-leads.mappings.Outcome
  --offline          only check the manifest: every mistake with its line, no
                     request, no credentials; exits 0 or 2
  --markdown         print a comment for a pull request. Its first line,
                     <!-- jebbitctl-plan FILE -->, is always the same, so that a
                     script can replace its last comment. `apply --dry-run`
                     has this option, too.

In a job of GitHub Actions (GITHUB_ACTIONS is true), diff and `apply --dry-run`
annotate the manifest's lines and append this comment to the job's summary.
Mistakes of the manifest are annotated as well.
"""

_APPLY = """\
APPLY

Shows the plan, asks for confirmation (--yes skips it), and carries out the
plan in a safe order: create, update, mappings, then everything that ends
deliveries. It stops at the first failure and reports each step as done,
failed, unknown (a write that got no response) or not_done. Run it again to
continue.

Just before each write, apply reads the integration again. If somebody changed
it since the plan was made, the step fails (conflict) and overwrites nothing.

Two runs on one machine wait for each other. If runs on different machines
create the same integration or mapping at once, all keep the oldest (or, without
timestamps, the smallest id). Each other run removes its own, and ends with exit
code 1 (conflict). A duplicate that no run removes is an error that names it.

If Jebbit says that there are more integrations or mappings than it lists,
nothing is decided: exit code 1.

An entry with protected = true is never deleted, deactivated or moved, neither
with --prune nor with --replace-lost-secrets. A plan that would do so is refused
as a whole, with exit code 2. To lift it, remove the key. An entry that is not
in the manifest is not protected by it: if it is removed, --prune deletes the
integration, as with Terraform's prevent_destroy. `integrations delete` and
`integrations update` do not read the manifest.

  --prune            delete unmanaged integrations and mappings. Integrations of
                     other services are only deactivated, since the API cannot
                     create them again. If Jebbit does not say what this
                     needs (service, endpoint or is_active), the integration
                     is left alone. If more than half of the integrations or of
                     the mappings of a business would go, nothing is done: exit
                     code 2.
  --max-deletes N    let --prune delete or deactivate up to N integrations and
                     mappings, whatever their share is.
  --backup FILE      before the first write, write what there is to FILE (mode
                     0600), unless there is nothing to change. It is a manifest:
                     apply it with --prune to put everything back. Warnings say
                     what it cannot put back, such as ids, shared secrets and
                     campaigns of deleted ones. FILE is never overwritten.
  --secrets-dir DIR  write each new shared secret to DIR/NAME.secret, mode 0600,
                     before the next step. If a run was killed before it wrote a
                     secret, the next run writes it. No secret is ever in the
                     manifest.
  --replace-lost-secrets
                     if Jebbit does not show such a secret again, replace the
                     integration: create one with the same attributes and
                     mappings, write its secret, then delete the old one. For
                     a moment both deliver. The id changes, and campaigns that
                     were chosen in the dashboard have to be chosen again.
  --verify           afterwards, make Jebbit send a test delivery for each
                     active integration.
"""

_EXPORT = """\
EXPORT

Writes all integrations as a manifest, to standard output. With
--into FILE, it updates an existing manifest: names, comments, order and
${NAME}s stay. A new entry has `mappings = []` if there are none, so that
mappings are managed.
"""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a manifest."""
    from jebbitctl.commands.integrations.attributes import attribute_help
    from jebbitctl.manifest.json_schema import json_schema

    return json_schema({**_KEYS, **attribute_help()})


def text() -> str:
    """Return the keys of a manifest, and what diff, apply and export do with it."""
    others = {name: _TYPES[type_] for name, type_ in ATTRIBUTE_TYPES.items()}
    options = {name: _TYPES[type_] for name, type_ in OPTION_TYPES.items()}
    return "\n".join(
        [
            f"{_INTRODUCTION}\n{textwrap.indent(EXAMPLE, '  ')}",
            _COMMANDS,
            f"KEYS OF [integrations.NAME]\n\n{table((others | _KEYS).items())}\n",
            f"KEYS OF additional_options\n\n{table(options.items())}\n",
            _RULES,
            _SCHEMA,
            _DIFF,
            _APPLY,
            _EXPORT,
        ]
    )
