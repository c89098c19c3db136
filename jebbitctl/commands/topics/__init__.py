"""The topics of ``jebbitctl help``. A topic's module has its text; none is imported to list them."""

from __future__ import annotations

import importlib

TOPICS = {
    "environment": "Environment variables, and which setting wins",
    "exit-codes": "What each exit code means",
    "manifest": "The file that integrations diff, apply and export work with",
    "output": "Streams, formats, JSON, errors and colours",
    "receivers": "How to write and test an endpoint that receives webhooks",
    "security": "What is stored, shown and sent",
    "testing": "A local Jebbit and a receiver for tests written in Python",
}
"""Each topic's name and one line about it."""


def text(topic: str) -> str:
    """Return the text of a topic."""
    module = importlib.import_module(f"jebbitctl.commands.topics.{topic.replace('-', '_')}")
    return str(module.text())
