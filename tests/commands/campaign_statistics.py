"""Helpers for tests of campaigns stats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from jebbitctl.sandbox.server import Sandbox
from tests.scripted_server import attributes_of, scripted
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Result


STATS = "campaign_stats"
ODD: dict[str, Any] = {
    "title": "Gift Guide",
    "view_count": "12345",
    "totalEngagements": 5000,
    "leads": None,
    "settings": {"goal": "email"},
    "outcome_distribution": {"Explorer": 3, "Minimalist": 1},
    "drop_off": [
        {"title": "Why?", "num_views": 0, "response_count": 0, "position": 1, "answers": ["a"]},
        {"title": "Where?", "resourceType": "Reward", "num_views": 5},
    ],
    "devices": [{"device": "phone", "visits": 7}],
}
"""Statistics under other names than the sandbox's."""


def launched(sandbox: Sandbox) -> str:
    return next(id_ for id_, a in attributes_of(sandbox, "campaigns").items() if a["launch_date"])


def answering(home: Path, document: Any, *args: str) -> Result:
    """Run ``campaigns stats`` against a service that answers with a document."""
    wrap = scripted(lambda _, path: (200, document) if path.startswith(STATS) else None)
    with Sandbox(wrap=wrap) as sandbox:
        return cli_for(home, sandbox).run("campaigns", "stats", *args)


def shown(home: Path, document: Any, *args: str, columns: int = 80, encoding: str = "utf-8") -> str:
    """Return what a terminal shows of it."""
    wrap = scripted(lambda _, path: (200, document) if path.startswith(STATS) else None)
    with Sandbox(wrap=wrap) as sandbox:
        cli = cli_for(home, sandbox)
        return screen(
            cli, "campaigns", "stats", *args, columns=columns, env={"NO_COLOR": "1"}, encoding=encoding
        )


def asked(sandbox: Sandbox) -> list[dict[str, str]]:
    return [dict(parse_qsl(r.query)) for r in sandbox.requests if STATS in r.path]


def campaigns(*attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": [{"id": f"c{n}", "type": STATS, "attributes": a} for n, a in enumerate(attributes, 1)]}
