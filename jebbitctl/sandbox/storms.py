"""Faults of deliveries, as networks and queues have them, and which delivery gets which.

What decides is the delivery itself: its integration and the number of its visit, never the order in which
threads come. So the same seed and the same visits have the same faults.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.deliveries import FaultName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.sandbox.deliveries import OutgoingDelivery

FAULT_NAMES: tuple[FaultName, ...] = get_args(FaultName)
DEFAULT_SHARE = 0.1
"""Of the deliveries that have a fault, if it is not given. All that have no other fault come in bursts."""
MAX_DELAY = 5.0
"""Seconds that a slow delivery is late at most."""
MAX_OVERTAKING = 3
"""Later deliveries that a reordered one comes after."""
REORDER_TIMEOUT = 2.0
"""Seconds that a reordered delivery waits for later ones."""
_HOLD_BACK = {"slow", "reorder", "burst"}
"""Faults that a backfill does not have: it sends one delivery after the other."""
_EXAMPLE = "for example: --faults slow,lost=0.3"


@dataclass(frozen=True, slots=True)
class DeliveryFault:
    """What happens to a delivery.

    Attributes:
        name: of the fault.
        delay: seconds that it is held back, at most for one that is reordered; of a burst, 0.
        overtaking: the later deliveries to the same integration that a reordered one waits for.
    """

    name: FaultName
    delay: float = 0.0
    overtaking: int = 0

    @property
    def holds_back(self) -> bool:
        """Whether the delivery is sent later."""
        return self.name in _HOLD_BACK


class Storm:
    """Decides about faults.

    Args:
        shares: of the deliveries that have a fault, 0 to 1 and 1 at most together. Of bursts, the share is
            ignored: whatever has no other fault comes in bursts.
        seed: another one chooses other deliveries.

    Raises:
        UsageError: the shares are out of bounds, or there is no fault of such a name.
    """

    def __init__(self, shares: Mapping[FaultName, float] = MappingProxyType({}), seed: int = 0) -> None:
        if unknown := next((name for name in shares if name not in FAULT_NAMES), None):
            raise UsageError(f"unknown fault {unknown!r}", hint=f"use {', '.join(FAULT_NAMES)}")
        self._bursts = "burst" in shares
        self._shares = [(name, shares[name]) for name in FAULT_NAMES if name in shares and name != "burst"]
        self._seed = seed
        values = [share for _, share in self._shares]
        if not all(0 <= share <= 1 for share in values) or sum(values) > 1 + 1e-9:
            raise UsageError(
                "the shares of faults must be from 0 to 1, and at most 1 together", hint=_EXAMPLE
            )

    def fault_of(self, delivery: OutgoingDelivery) -> DeliveryFault | None:
        """Return the fault of a delivery, None if it has none, as each test delivery."""
        if not (self._shares or self._bursts) or delivery.kind == "test":
            return None
        fault = self._drawn(delivery) or (DeliveryFault("burst") if self._bursts else None)
        return None if fault and fault.holds_back and delivery.kind != "live" else fault

    def _drawn(self, delivery: OutgoingDelivery) -> DeliveryFault | None:
        key = f"{self._seed}/{delivery.kind}/{delivery.integration}/{delivery.number}".encode()
        digest = hashlib.blake2b(key, digest_size=16).digest()
        chance, size = (int.from_bytes(half) / 2**64 for half in (digest[:8], digest[8:]))
        for name, share in self._shares:
            if chance < share:
                return _fault(name, size)
            chance -= share
        return None


def _fault(name: FaultName, size: float) -> DeliveryFault:
    """Return a fault; ``size`` from 0 to 1 is how bad it is."""
    if name == "slow":
        return DeliveryFault(name, delay=MAX_DELAY * (0.1 + 0.9 * size))
    if name == "reorder":
        return DeliveryFault(name, delay=REORDER_TIMEOUT, overtaking=1 + int(size * MAX_OVERTAKING))
    return DeliveryFault(name)


def parse_faults(text: str) -> dict[FaultName, float]:
    """Return the shares in a text such as ``slow,lost=0.3``.

    Raises:
        UsageError: it names an unknown fault, one twice, or a share that is not a number.
    """
    shares: dict[FaultName, float] = {}
    for part in text.split(","):
        given, equals, share = part.strip().partition("=")
        name = next((name for name in FAULT_NAMES if name == given), None)
        if name is None:
            raise UsageError(
                f"--faults: unknown fault {given!r}", hint=f"use {', '.join(FAULT_NAMES)}; {_EXAMPLE}"
            )
        if name in shares:
            raise UsageError(f"--faults: {name} is given twice")
        if equals and name == "burst":
            raise UsageError(
                "--faults: burst has no share", hint="every delivery without another fault has it"
            )
        try:
            shares[name] = float(share) if equals else DEFAULT_SHARE
        except ValueError:
            raise UsageError(f"--faults: {share!r} is not a number from 0 to 1", hint=_EXAMPLE) from None
    Storm(shares)
    return shares
