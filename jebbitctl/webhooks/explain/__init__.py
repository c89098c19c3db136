"""Finds out why a signature does not match, by trying the usual causes."""

from jebbitctl.webhooks.explain.causes import Cause
from jebbitctl.webhooks.explain.explanation import NO_HEADER, Explanation, explain

__all__ = ["NO_HEADER", "Cause", "Explanation", "explain"]
