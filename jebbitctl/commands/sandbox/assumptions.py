"""``sandbox assumptions``."""

from __future__ import annotations

from jebbitctl.commands.base import LOCAL_OPTIONS, ROW_OPTIONS, Context, command

COLUMNS = ("topic", "assumption", "source")


@command(
    example="jebbitctl sandbox assumptions\njebbitctl sandbox assumptions --csv --columns name,source",
    common=(*LOCAL_OPTIONS, *ROW_OPTIONS),
)
def assumptions(context: Context) -> None:
    """List what the sandbox assumes of Jebbit's deliveries.

    No document of Jebbit's describes a live delivery as a whole. The source is where a rule, or a part of it,
    is documented: article (Jebbit's "Integrations API - Overview"), OpenAPI (its OpenAPI document), MCP
    server (what its own MCP server documents), Segment source (the description of its Segment source). For
    what is "assumed", no document was found.
    """
    from jebbitctl.sandbox.assumptions import ASSUMPTIONS

    context.output.table((one._asdict() for one in ASSUMPTIONS), COLUMNS)
