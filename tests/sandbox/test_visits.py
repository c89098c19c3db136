from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.activity import OUTCOMES, Activity
from jebbitctl.sandbox.history import Batch, History
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.visit_simulator import VisitSimulator
from jebbitctl.sandbox.visits import VisitOptions, count, visit_of

if TYPE_CHECKING:
    from jebbitctl.sandbox.visits import Visit
    from tests.sandbox.support import SandboxClient

ATTRIBUTES = ("email", "first_name", "shoe_size", "skin_concern", "unknown", "internal_score")


def visits(number: int, options: VisitOptions | None = None) -> list[Visit]:
    return [visit_of("abcd1234", one, ATTRIBUTES, options or VisitOptions()) for one in range(number)]


def test_a_visit_is_the_same_each_time_and_others_differ() -> None:
    assert visits(50) == visits(50)
    assert len({str(visit) for visit in visits(50)}) == 50
    assert visits(3)[2] != visit_of("other123", 2, ATTRIBUTES)


def test_visitors_differ_in_how_far_they_come_and_what_they_say() -> None:
    found = visits(2000)
    assert {visit.reached for visit in found} == {0, 1, 2, 3}
    finished = [visit for visit in found if visit.finished]
    assert 0.3 < len(finished) / len(found) < 0.7
    assert {visit.answers.get("opt_in") for visit in finished} == {True, False, None}
    assert {visit.answers["outcome"] for visit in finished} == {*OUTCOMES}
    assert {"email" in visit.answers for visit in finished} == {True, False}
    assert all(isinstance(visit.answers["skin_concern"], list) for visit in finished)
    assert {bool(visit.url_parameters) for visit in found} == {True, False}
    addresses = Counter(visit.answers["email"] for visit in found if "email" in visit.answers)
    assert max(addresses.values()) == 1


def test_a_visitor_answers_only_what_was_reached() -> None:
    for visit in visits(500):
        assert ("shoe_size" in visit.answers) == (visit.reached > 0)
        assert visit.reached == 3 or "outcome" not in visit.answers
        assert ("email" in visit.answers) <= (visit.reached == 3)
        assert visit.loaded or visit.reached == 0


def test_a_visitor_who_is_asked_to_finish_does_with_an_address() -> None:
    assert all(visit.finished and visit.answers["email"] for visit in visits(300, VisitOptions(finish=True)))


def test_the_first_visitor_of_a_new_sandbox_finishes_and_opts_in() -> None:
    (business,) = Sandbox().state.businesses.values()
    visit = visit_of(business.launched_campaigns()[0], 0, business.attribute_ids())
    assert (visit.finished, visit.answers["opt_in"]) == (True, True)
    assert visit.answers["outcome"]


def test_answers_can_be_set_like_the_members_of_a_body() -> None:
    edits = ("data.email=a@b.c", "data.skin_concern[0]=x", 'data["a.b"]=[1]', "data.opt_in=FALSE")
    for visit in visits(20, VisitOptions.parse((*edits, "data.url_param.utm_source=x"), finish=False)):
        assert visit.finished
        assert (visit.answers["email"], visit.answers["a.b"]) == ("a@b.c", [1])
        assert visit.answers["skin_concern"][0] == "x"
        assert visit.answers["opt_in"] is False
        assert visit.url_parameters["utm_source"] == "x"
    assert visits(20)[3].answers.get("skin_concern") != ["x"]


@pytest.mark.parametrize("name", ["Outcome", "OPT_IN", "Email"])
def test_what_a_mapping_names_in_any_case_is_set_by_that_name(name: str) -> None:
    value = "true" if name == "OPT_IN" else "given"
    for visit in visits(20, VisitOptions.parse([f"data.{name}={value}"], finish=False)):
        assert name not in visit.answers
        assert visit.answers[name.lower()] == (name == "OPT_IN" or "given")


def test_an_answer_can_be_taken_away() -> None:
    for visit in visits(20, VisitOptions.parse(["data.email=null", "data.opt_in=null"], finish=False)):
        assert not {"email", "opt_in"} & visit.answers.keys()


@pytest.mark.parametrize(
    "edit",
    [
        *("event.event_number=1", "data=1", "data[0]=1", "email=a", "data.email", "", "data.email.x=1"),
        *("data.opt_in=maybe", "data.opt_in=1", "data.url_param=x", "data.sub_channel=1"),
        *("data.outcome=5", "data.outcome=[1]"),
    ],
)
def test_what_is_no_answer_cannot_be_set(edit: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        visits(1, VisitOptions.parse([edit], finish=False))


def test_the_counts_of_visits_agree_with_each_other() -> None:
    activity, found = Activity(), visits(3000)
    for visit in found:
        count(activity, visit)
    totals = activity.totals
    finished = sum(visit.finished for visit in found)
    assert (totals["views"], totals["completions"]) == (3000, finished)
    assert totals["loads"] == activity.views["What are you looking for?"]
    assert totals["engagements"] == activity.responses["What are you looking for?"]
    assert totals["engagements"] == activity.views["Which colour do you like?"]
    assert totals["redirects"] == activity.responses["Your result"]
    assert totals["outcome_views"] == activity.outcomes.total()
    assert totals["loads"] > totals["engagements"] > finished > totals["leads"] > totals["opt_ins"] > 0
    assert totals["responses"] == sum(visit.reached for visit in found)


def test_adjacent_visits_with_the_same_options_are_kept_as_one_batch() -> None:
    history, once, twice = (
        History(),
        VisitOptions.parse(["data.a=1"], finish=True),
        VisitOptions.parse(["data.a=true"], finish=True),
    )
    for options in (VisitOptions(), VisitOptions(), once, once, twice, VisitOptions()):
        history.add(Batch(history.count, 10, ("one", "two"), options))
    history.add(Batch(history.count, 10, ("one",)))
    found = history.numbered(range(1000))
    assert [(batch.first, batch.count) for batch in found] == [
        (0, 20),
        (20, 20),
        (40, 10),
        (50, 10),
        (60, 10),
    ]
    assert [(batch.first, batch.count) for batch in history.numbered(range(15, 45))] == [
        *((15, 5), (20, 20), (40, 5))
    ]


def test_a_batch_repeats_the_visits(client: SandboxClient) -> None:
    (business,) = client.sandbox.state.businesses.values()
    campaigns, attributes = business.launched_campaigns(), business.attribute_ids()
    for number in (3, 1, 7):
        client.control("POST", "visits", count=number)
    (batch,) = business.history.numbered(range(business.history.count))
    assert list(batch.visits(attributes)) == [
        visit_of(campaigns[number % 4], number, attributes) for number in range(11)
    ]


@pytest.mark.long
def test_a_million_visits_need_no_memory() -> None:
    resource = pytest.importorskip("resource")
    unit = 1 if sys.platform == "darwin" else 1024
    state = Sandbox().state
    (business,) = state.businesses.values()
    visitors, campaigns = VisitSimulator(state, business), business.launched_campaigns()
    assert visitors.simulate(50_000, campaigns, VisitOptions(), seconds=600) == 50_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert visitors.simulate(950_000, campaigns, VisitOptions(), seconds=600) == 950_000
    assert business.history.count == 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 * 2**20 / unit
    assert len(business.history.numbered(range(1_000_000))) == 1
