"""Whatever Jebbit answers, a diagnosis comes to an end, and gives advice wherever something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.diagnose.support import AT_JEBBIT, FAILED, WARNING, healthy_account

if TYPE_CHECKING:
    import pytest

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "brand", "x", "https://[", "//", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)
NAMES = {
    "integrations": (
        *("endpoint", "is_active", "service_name", "additional_options", "require_opt_in", "attached_at"),
        *("include_mapped_attributes", "created_in_dashboard", "host"),
    ),
    "campaigns": ("launch_date",),
    "integration_mappings": ("jebbit_var", "client_var", "integration_id"),
    "traits": ("user_defined_id", "pass_to_integrations"),
}
CHANGES = st.lists(
    st.sampled_from([(type_, name) for type_, names in NAMES.items() for name in names]).flatmap(
        lambda place: st.tuples(st.just(place), VALUES)
    ),
    min_size=1,
    max_size=3,
)


@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=CHANGES, option=VALUES, second=st.booleans())
def test_no_answer_breaks_a_line(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Any], option: Any, second: bool
) -> None:
    with healthy_account(tmp_path_factory.mktemp("home")) as account:
        account.set_options(campaign_name_filter=option, require_outcomes=option)
        if second:
            account.add_webhook()
        for (type_, name), value in changes:
            for resource in list(account.business.of(type_).values())[-2:]:
                resource.attributes[name] = value
        findings = account.examine()
        assert tuple(findings) == AT_JEBBIT
        for finding in findings.values():
            assert finding.seen
            assert finding.fix or finding.state not in {FAILED, WARNING}
