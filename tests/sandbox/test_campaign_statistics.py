"""``/campaign_stats``: what visitors did, consistent in itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.sandbox.activity import TOTALS, Activity, past_activity
from jebbitctl.sandbox.reporting import statistics
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.state import Business, StoredResource
from tests.sandbox.consistent_statistics import RATES, assert_consistent, assert_parts_add_up
from tests.sandbox.support import SandboxClient
from tests.strategies import fewer_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

LAST = date(2025, 6, 30)
DATES = st.none() | st.dates(LAST - timedelta(days=40), LAST + timedelta(days=5))
NUMBERS = st.integers(0, 1000)


@pytest.fixture(scope="module")
def visited() -> Iterator[SandboxClient]:
    """A client for tests that change nothing."""
    with Sandbox() as sandbox, SandboxClient(sandbox) as client:
        yield client


def _report(number: int, since: date | None, until: date | None) -> dict[str, Any]:
    """Return the statistics of the campaign with this number, its last day being LAST."""
    business = Business(
        "business", "Business", past_activity=lambda: {"campaign": past_activity(LAST, number)}
    )
    campaign = StoredResource("campaign", {"title": "Quiz"}, 0.0)
    dates = {"start_date": since, "end_date": until}
    parameters = {name: value.isoformat() for name, value in dates.items() if value is not None}
    return statistics(business, campaign, parameters, breakdown=True)


@given(number=NUMBERS, since=DATES, until=DATES)
def test_the_statistics_of_a_campaign_agree_with_each_other(
    number: int, since: date | None, until: date | None
) -> None:
    report = _report(number, since, until)
    assert_consistent(report)
    assert_parts_add_up(report)


@fewer_examples(5)
@given(number=NUMBERS, since=DATES, until=DATES)
def test_the_sums_over_days_equal_the_total(number: int, since: date | None, until: date | None) -> None:
    report = _report(number, since, until)
    first, last = since or LAST - timedelta(days=60), until or LAST
    days = [first + timedelta(days=one) for one in range((last - first).days + 1)]
    reports = [_report(number, day, day) for day in days]
    for name in TOTALS:
        assert report[name] == sum(one[name] for one in reports), name
    for part, label, names in (
        ("outcomes", "name", ["count"]),
        ("questions", "name", ["views", "responses"]),
    ):
        for name in names:
            whole = Counter({row[label]: row[name] for row in report[part]})
            assert whole == sum(
                (Counter({r[label]: r[name] for r in one[part]}) for one in reports), Counter()
            )


def test_each_campaign_that_was_launched_has_visitors_and_no_other(visited: SandboxClient) -> None:
    launched = {one["id"]: one["attributes"]["launch_date"] for one in visited.list("campaigns")}
    listed = visited.list("campaign_stats")
    assert [one["id"] for one in listed] == [*launched]
    for one in listed:
        assert_consistent(one["attributes"])
        counts = [one["attributes"][name] for name in (*TOTALS, *RATES)]
        assert all(counts) if launched[one["id"]] else not any(counts)


def test_one_campaign_has_outcomes_and_questions_and_the_list_has_not(visited: SandboxClient) -> None:
    for listed in visited.list("campaign_stats"):
        assert set(listed["attributes"]) == {"title", *TOTALS, *RATES}
        one = visited.get(f"campaign_stats/{listed['id']}").json()["data"]
        assert set(one["attributes"]) == {*listed["attributes"], "outcomes", "questions"}
        assert one["attributes"] == {**one["attributes"], **listed["attributes"]}
        assert (one["id"], one["type"]) == (listed["id"], "campaign_stats")
        assert_parts_add_up(one["attributes"])
    assert visited.get("campaign_stats/nowhere1").status_code == 404


def test_activity_before_the_start_is_computed_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []

    def compute(_: date, number: int) -> dict[date, Activity]:
        computed.append(number)
        return {}

    monkeypatch.setattr("jebbitctl.sandbox.seed.past_activity", compute)
    with Sandbox() as sandbox, SandboxClient(sandbox) as client:
        client.list("campaigns")
        assert computed == []
        client.list("campaign_stats")
        client.list("campaign_stats")
        assert computed == [0, 1, 2, 3]


def test_the_titles_are_those_of_the_campaigns(visited: SandboxClient) -> None:
    statistics, campaigns = (
        {one["id"]: one["attributes"]["title"] for one in visited.list(type_)}
        for type_ in ("campaign_stats", "campaigns")
    )
    assert statistics == campaigns != {}


def test_dates_change_the_sums_and_never_which_campaigns_come(visited: SandboxClient) -> None:
    today = datetime.now(UTC).date()
    everything = visited.list("campaign_stats")
    week = {"filter[start_date]": str(today - timedelta(days=6)), "filter[end_date]": str(today)}
    never = {"filter[end_date]": "1999-12-31"}
    backwards = {"filter[start_date]": str(today), "filter[end_date]": str(today - timedelta(days=9))}
    for query, some in ((week, True), (never, False), (backwards, False)):
        listed = visited.list("campaign_stats", **query)
        assert [one["id"] for one in listed] == [one["id"] for one in everything]
        for one, whole in zip(listed, everything, strict=True):
            views, all_views = one["attributes"]["views"], whole["attributes"]["views"]
            assert 0 < views < all_views if some and all_views else views == 0
            detail = visited.get(f"campaign_stats/{one['id']}", params=query).json()["data"]["attributes"]
            assert detail["views"] == views
            assert_parts_add_up(detail)


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize(
    "value",
    ["", "today", "2025-13-01", "2025-02-30", "01.02.2025", "20250201", "2025-W05-1", "2025-02-01T00:00"],
)
def test_a_date_that_is_none_gets_400(visited: SandboxClient, name: str, value: str) -> None:
    for path in ("campaign_stats", f"campaign_stats/{visited.list('campaigns')[0]['id']}"):
        response = visited.get(path, params={f"filter[{name}]": value})
        assert response.status_code == 400
        assert f"filter[{name}]" in response.text


def test_statistics_page_only_when_asked(visited: SandboxClient) -> None:
    everything = visited.list("campaign_stats")
    pages = [
        visited.list("campaign_stats", **{"page[size]": "4", "page[number]": number}) for number in "123"
    ]
    assert pages == [everything[:4], everything[4:], []]


def test_a_test_can_say_what_visitors_did() -> None:
    with Sandbox() as sandbox, SandboxClient(sandbox) as client:
        (business,) = sandbox.state.businesses.values()
        campaign = client.list("campaigns")[0]["id"]
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        counts = Activity(Counter(views=10, loads=9, engagements=8, completions=4, leads=2))
        business.activity[campaign] = {yesterday: counts}
        report = client.get(f"campaign_stats/{campaign}").json()["data"]["attributes"]
        assert (report["views"], report["leads"], report["redirects"]) == (10, 2, 0)
        assert [report[name] for name in RATES] == [80.0, 50.0, 50.0]
        business.activity.clear()
        assert not any(one["attributes"]["views"] for one in client.list("campaign_stats"))
