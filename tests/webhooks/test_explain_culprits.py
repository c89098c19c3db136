"""Each culprit is named, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.explain import explain
from tests.representative import first_of_each

from .culprit_pairs import IN_PAIRS
from .culprits import ALONE

if TYPE_CHECKING:
    from .culprit_builders import Culprit


@pytest.mark.parametrize("culprit", first_of_each({one.name: one for one in ALONE}, lambda one: one.causes))
def test_a_single_mistake_is_named_and_proven(culprit: Culprit) -> None:
    result = explain(culprit.secret, culprit.body, culprit.header)
    assert (result.causes, result.proven) == (culprit.causes, True), result


@pytest.mark.default_cases(4)
@pytest.mark.parametrize(
    "culprit", first_of_each({one.name: one for one in IN_PAIRS}, lambda one: one.causes[0].split("_")[0])
)
def test_two_mistakes_at_a_time_are_named_and_proven(culprit: Culprit) -> None:
    result = explain(culprit.secret, culprit.body, culprit.header)
    assert (set(result.causes), result.proven) == (set(culprit.causes), True), result


def test_the_tables_are_as_large_as_promised() -> None:
    names = [culprit.name for culprit in (*ALONE, *IN_PAIRS)]
    assert len(set(names)) == len(names)
    assert len(ALONE) >= 140
    assert len(IN_PAIRS) >= 25
