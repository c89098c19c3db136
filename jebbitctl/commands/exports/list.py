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

    Jebbit calls them uploaders, and does not document their attributes. The columns destination, last_status
    and last_run_at say what the attributes that come hold of it.
    """
    found = map(exports.ExportSummary, exports.list_exports(context.client))
    if not context.output.table(found, COLUMNS):
        context.output.note("No exports.")
