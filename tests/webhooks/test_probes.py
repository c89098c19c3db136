from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.probes import NAMES, PROBES, select_probes

from . import receivers
from .checking import run_against
from .receivers import correct, genuine

if TYPE_CHECKING:
    from .receivers import Incoming


class TestSelection:
    def test_the_valid_delivery_is_always_sent(self) -> None:
        names = [probe.name for probe in select_probes(["stale", "get"], ["get"])]
        assert names == ["valid", "stale"]
        with pytest.raises(UsageError, match="the probe valid cannot be skipped"):
            select_probes(skip=["valid"])

    @pytest.mark.parametrize("names", [(["nothing"], []), ([], ["nothing"])])
    def test_an_unknown_probe_is_a_usage_error_that_names_all(
        self, names: tuple[list[str], list[str]]
    ) -> None:
        with pytest.raises(UsageError, match="'nothing'") as raised:
            select_probes(*names)
        assert "no-signature, tampered-body" in str(raised.value.hint)

    def test_the_live_probe_has_to_be_allowed(self) -> None:
        with pytest.raises(UsageError, match="real record"):
            select_probes(["live"])
        assert [probe.name for probe in select_probes(["live"], live=True)] == ["valid", "live"]

    def test_names_are_unique(self) -> None:
        assert len(set(NAMES)) == len(PROBES)


def test_forged_signatures_are_fresh() -> None:
    seen: dict[str, str] = {}

    def record(request: Incoming) -> int:
        for name in ("no-v1", "empty-v1", "partial-v1", "unknown-scheme", "wrong-secret", "tampered-body"):
            if f': {name}"'.encode() in request.body and not genuine(request):
                seen[name] = str(receivers.parts_of(request.header)["t"])
        return correct(request)

    run_against(record)
    assert len(seen) == 6
    assert all(abs(int(t) - time.time()) < 60 for t in seen.values())


def test_every_probe_varies_one_thing_of_a_delivery_in_the_shape_of_the_sample() -> None:
    for probe in PROBES:
        for request in probe.requests:
            assert request.method == "GET" or receivers.strict_schema(receivers.answers(request.body))
