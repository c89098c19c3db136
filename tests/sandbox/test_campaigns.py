from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.support import Client


def _titles(client: Client, **parameters: str) -> list[str]:
    return [campaign["attributes"]["title"] for campaign in client.listed("campaigns", **parameters)]


def test_campaigns_come_whole_when_no_page_is_asked_for(client: Client) -> None:
    campaigns = client.listed("campaigns")
    assert len(campaigns) == 6
    assert all(set(one["attributes"]) == {"title", "launch_date", "active_iteration"} for one in campaigns)
    assert client.get(f"campaigns/{campaigns[2]['id']}").json()["data"] == campaigns[2]


def test_campaigns_come_in_pages_when_asked(client: Client) -> None:
    titles = _titles(client)
    assert _titles(client, **{"page[number]": "2", "page[size]": "4"}) == titles[4:]
    assert _titles(client, **{"page[size]": "4"}) == titles[:4]
    assert _titles(client, **{"page[number]": "1"}) == titles
    assert _titles(client, **{"page[number]": "9"}) == []


def test_campaigns_can_be_filtered(client: Client) -> None:
    launched = _titles(client, **{"filter[launched]": "true"})
    waiting = _titles(client, **{"filter[launched]": "false"})
    assert sorted(launched + waiting) == sorted(_titles(client))
    assert (len(launched), len(waiting)) == (4, 2)
    assert _titles(client, **{"filter[title_contains]": "QUIZ"}) == ["Coffee Match Quiz"]
    assert _titles(client, **{"filter[title_contains]": "quiz", "filter[launched]": "false"}) == []


@pytest.mark.parametrize(
    "query",
    [
        "launched=true",
        "title_contains=a",
        "filter[launched]=yes",
        "page[size]=1001",
        "page[size]=0",
        "page[number]=0",
        "page[number]=x",
        "page=1",
    ],
)
def test_a_wrong_filter_or_page_is_400(client: Client, query: str) -> None:
    assert client.get(f"campaigns?{query}").status_code == 400


def test_a_launched_campaign_has_launch_links(client: Client) -> None:
    for campaign in client.listed("campaigns"):
        links = client.listed(f"campaigns/{campaign['id']}/launch_links")
        assert bool(links) is (campaign["attributes"]["launch_date"] is not None)
        assert all(campaign["id"] in link["attributes"]["complete_live_link"] for link in links)


def test_campaigns_and_integrations_name_each_other(seeded: Client) -> None:
    pairs = {
        (campaign["id"], integration["id"])
        for campaign in seeded.listed("campaigns")
        for integration in seeded.listed(f"campaigns/{campaign['id']}/integrations")
    }
    assert pairs
    assert pairs == {
        (campaign["id"], integration["id"])
        for integration in seeded.listed("integrations")
        for campaign in seeded.listed(f"integrations/{integration['id']}/campaigns")
    }


def test_a_new_integration_is_for_the_whole_brand(client: Client) -> None:
    assert client.listed(f"integrations/{client.integration()['id']}/campaigns") == []
