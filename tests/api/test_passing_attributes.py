"""Whether an attribute passes to integrations, from a switch whose name is not documented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.attributes import passes_to_integrations

NAMES = st.text("abeginortx_XNI", max_size=20) | st.sampled_from(["in_integrations", "not_in_integrations"])


@pytest.mark.parametrize(
    "name",
    [
        "pass_to_integrations",
        "passes_to_integrations",
        "integration",
        "passToIntegrations",
        "integration_enabled",
        "include_in_integrations",
        "noted_for_integrations",
    ],
)
@pytest.mark.parametrize("value", [True, False])
def test_the_only_switch_about_integrations_says_what_passes(name: str, value: bool) -> None:
    assert passes_to_integrations({"required": True, "integration_count": 3, name: value}) is value


@pytest.mark.parametrize(
    "name",
    [
        *("exclude_from_integrations", "excludedFromIntegrations", "hide_from_integrations"),
        *("hidden_in_integrations", "block_integrations", "skip_integrations", "not_for_integrations"),
        *("disable_integrations", "integrations_disabled", "no_integration", "doNotPassToIntegrations"),
    ],
)
def test_a_switch_that_keeps_something_back_says_nothing(name: str) -> None:
    assert passes_to_integrations({name: True}) is None
    assert passes_to_integrations({name: False}) is None


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"passes": True},
        {"pass_to_integrations": None},
        {"pass_to_integrations": "true"},
        {"pass_to_integrations": 1},
        {"pass_to_integrations": True, "integration_required": False},
    ],
)
def test_whether_an_attribute_passes_is_unknown_unless_one_switch_says_it(
    attributes: dict[str, object],
) -> None:
    assert passes_to_integrations(attributes) is None


@given(st.dictionaries(NAMES, st.booleans() | st.none() | st.text()))
def test_the_answer_is_that_of_a_switch_or_unknown(attributes: dict[str, object]) -> None:
    passes = passes_to_integrations(attributes)
    assert passes is None or passes in [v for name, v in attributes.items() if "integration" in name.lower()]
