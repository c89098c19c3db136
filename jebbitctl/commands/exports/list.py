"""``exports list``."""

from __future__ import annotations

from jebbitctl.api import exports
from jebbitctl.commands.base import LIST_OPTIONS, Context, command

COLUMNS = ("id", "name", "schedule", "destination", "attached_at", "last_status", "last_run_at")


@command(
    name="list", example="jebbitctl exports list --columns name,schedule,last_run_at", common=LIST_OPTIONS
)
def list_(context: Context) -> None:
    """List exports: scheduled files to SFTP, a bucket or e-mail addresses.

    Jebbit's API calls them uploaders, and does not document the names of their attributes. The columns
    destination, last_status and last_run_at are taken from the attributes that seem to say it, and empty if
    none does.
    """
    found = map(exports.ExportSummary, exports.list_exports(context.client))
    if not context.output.table(found, COLUMNS):
        context.output.note("No exports.")
