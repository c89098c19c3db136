from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.support import SandboxClient


def _titles(client: SandboxClient, **parameters: str) -> list[str]:
    return [campaign["attributes"]["title"] for campaign in client.list("campaigns", **parameters)]


def test_all_campaigns_are_listed_without_a_page_parameter(client: SandboxClient) -> None:
    campaigns = client.list("campaigns")
    assert len(campaigns) == 6
    assert all(set(one["attributes"]) == {"title", "launch_date", "active_iteration"} for one in campaigns)
    assert client.get(f"campaigns/{campaigns[2]['id']}").json()["data"] == campaigns[2]


def test_campaigns_can_be_listed_in_pages(client: SandboxClient) -> None:
    titles = _titles(client)
    assert _titles(client, **{"page[number]": "2", "page[size]": "4"}) == titles[4:]
    assert _titles(client, **{"page[size]": "4"}) == titles[:4]
    assert _titles(client, **{"page[number]": "1"}) == titles
    assert _titles(client, **{"page[number]": "9"}) == []


def test_a_page_can_be_smaller_than_asked_for_without_a_link_to_the_next(client: SandboxClient) -> None:
    titles = _titles(client)
    client.sandbox.state.behaviour.max_page_size = 4
    assert set(client.get("campaigns?page[size]=1000").json()) == {"data"}
    pages = [_titles(client, **{"page[size]": "1000", "page[number]": str(number)}) for number in (1, 2, 3)]
    assert pages == [titles[:4], titles[4:], []]
    assert _titles(client) == titles


def test_a_list_can_have_a_record_count_right_or_wrong(client: SandboxClient) -> None:
    client.sandbox.state.behaviour.record_count = 7
    assert client.get("campaigns").json()["meta"] == {"record_count": 7}


def test_campaigns_can_be_filtered(client: SandboxClient) -> None:
    launched = _titles(client, **{"filter[launched]": "true"})
    not_launched = _titles(client, **{"filter[launched]": "false"})
    assert sorted(launched + not_launched) == sorted(_titles(client))
    assert (len(launched), len(not_launched)) == (4, 2)
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
def test_an_invalid_filter_or_page_gets_400(client: SandboxClient, query: str) -> None:
    assert client.get(f"campaigns?{query}").status_code == 400


def test_only_launched_campaigns_have_launch_links(client: SandboxClient) -> None:
    for campaign in client.list("campaigns"):
        links = client.list(f"campaigns/{campaign['id']}/launch_links")
        assert bool(links) is (campaign["attributes"]["launch_date"] is not None)
        assert all(campaign["id"] in link["attributes"]["complete_live_link"] for link in links)


def test_campaigns_and_integrations_list_each_other(seeded: SandboxClient) -> None:
    pairs = {
        (campaign["id"], integration["id"])
        for campaign in seeded.list("campaigns")
        for integration in seeded.list(f"campaigns/{campaign['id']}/integrations")
    }
    assert pairs
    assert pairs == {
        (campaign["id"], integration["id"])
        for integration in seeded.list("integrations")
        for campaign in seeded.list(f"integrations/{integration['id']}/campaigns")
    }


def test_a_new_integration_has_no_campaigns(client: SandboxClient) -> None:
    assert client.list(f"integrations/{client.integration()['id']}/campaigns") == []
