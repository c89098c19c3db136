"""Receives and sends Jebbit webhooks.

Public are ``sign`` and ``verify``, for receivers written in Python, with ``Verification`` and ``Reason``; and
for tests ``Receiver`` with its ``Delivery``, which are imported when they are first used.
"""

from typing import TYPE_CHECKING

from jebbitctl.webhooks.signature import Reason, Verification, sign, verify

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.receiver import Receiver
else:

    def __getattr__(name: str) -> object:
        """Import what costs more than ``verify``."""
        if name == "Delivery":
            from jebbitctl.webhooks.delivery import Delivery

            return Delivery
        if name == "Receiver":
            from jebbitctl.webhooks.receiver import Receiver

            return Receiver
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Delivery", "Reason", "Receiver", "Verification", "sign", "verify"]
