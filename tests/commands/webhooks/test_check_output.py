from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from jebbitctl.commands.webhooks.check_output import CheckOutput
from jebbitctl.webhooks.endpoint_check import ProbeResult
from jebbitctl.webhooks.verdicts import Conclusion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.output.output import Output


def test_probes_that_sent_nothing_share_a_line_only_if_the_reason_is_the_same() -> None:
    printed: list[str] = []

    def diff(lines: Iterable[tuple[str, str]]) -> None:
        printed.extend(" ".join(text.split()) for _, text in lines)

    output: Any = SimpleNamespace(json=False, plain_requested=False, best_effort=nullcontext, diff=diff)
    shown = CheckOutput(cast("Output", output))
    for name, reason in (("live", "one"), ("unicode", "one"), ("get", "another"), ("spacing", "one")):
        shown.show(ProbeResult(name, "", Conclusion.UNKNOWN, reason=reason))
    shown.show(ProbeResult("steady", "", Conclusion.OK, "returned 200"))
    assert printed == ["2 probes one", "get another", "spacing one", "steady returned 200"]
