"""Receives and sends Jebbit webhooks. ``sign`` and ``verify`` are public, for receivers written in Python."""

from jebbitctl.webhooks.signature import Reason, Verification, sign, verify

__all__ = ["Reason", "Verification", "sign", "verify"]
