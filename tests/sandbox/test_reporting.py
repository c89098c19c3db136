"""Attributes, and which campaign feeds which integration or export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.sandbox.support import SandboxClient, running
from tests.strategies import fewer_examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox.dialects import DialectName
    from jebbitctl.sandbox.state import StoredResource

NESTED_ROUTES = (
    ("campaigns", "integrations", "read:integration"),
    ("campaigns", "uploaders", "read:uploader"),
    ("integrations", "campaigns", "read:campaign"),
    ("uploaders", "campaigns", "read:campaign"),
)
SCOPES = {"read:trait", "read:uploader", "read:campaign_stat", "read:campaign", "read:integration"}


@pytest.fixture(scope="module")
def reading() -> Iterator[SandboxClient]:
    """A client for tests that change nothing."""
    with Sandbox(SandboxOptions(integrations=4)) as sandbox, SandboxClient(sandbox) as client:
        yield client


def _login_with(client: SandboxClient, *scopes: str) -> None:
    """Get a token with no other scopes than these."""
    permissions = client.sandbox.state.permissions
    permissions[:] = [scope for scope in permissions if scope.startswith("read:business:")]
    permissions.extend(scopes)
    client.login()


class TestScopes:
    @pytest.mark.parametrize(
        ("type_", "scope"),
        [
            ("traits", "read:trait"),
            ("uploaders", "read:uploader"),
            ("campaign_stats", "read:campaign_stat"),
        ],
    )
    def test_reports_are_read_with_their_own_scope_only(
        self, seeded: SandboxClient, type_: str, scope: str
    ) -> None:
        one = f"{type_}/{seeded.list(type_)[0]['id']}"
        for path in (type_, one):
            _login_with(seeded, scope)
            assert seeded.get(path).status_code == 200
            _login_with(seeded, *SCOPES - {scope})
            assert seeded.get(path).status_code == 403

    @pytest.mark.parametrize(("outer", "inner", "scope"), NESTED_ROUTES)
    def test_a_nested_list_is_read_with_the_scope_of_what_it_returns(
        self, seeded: SandboxClient, outer: str, inner: str, scope: str
    ) -> None:
        path = f"{outer}/{seeded.list(outer)[0]['id']}/{inner}"
        _login_with(seeded, scope)
        assert seeded.get(path).status_code == 200
        _login_with(seeded, *SCOPES - {scope})
        assert seeded.get(path).status_code == 403

    @pytest.mark.parametrize("type_", ["traits", "uploaders", "campaign_stats"])
    def test_reports_cannot_be_written(self, seeded: SandboxClient, type_: str) -> None:
        one = f"{type_}/{seeded.list(type_)[0]['id']}"
        for method, path in (("POST", type_), ("PATCH", one), ("DELETE", one)):
            assert seeded.write(method, path, title="a").status_code == 405


class TestAttributes:
    def test_an_attribute_has_its_id_name_and_rank_and_whether_it_passes(
        self, reading: SandboxClient
    ) -> None:
        found = [trait["attributes"] for trait in reading.list("traits")]
        assert len(found) == 12
        for trait in found:
            assert set(trait) == {"user_defined_id", "display_name", "rank", "pass_to_integrations"}
        assert sorted(trait["rank"] for trait in found) == [*range(1, 13)]
        kept_back = {trait["user_defined_id"] for trait in found if not trait["pass_to_integrations"]}
        assert kept_back == {"internal_score", "internal_note"}

    def test_a_single_attribute_is_shown_as_in_the_list(self, reading: SandboxClient) -> None:
        for trait in reading.list("traits"):
            assert reading.get(f"traits/{trait['id']}").json() == {"data": trait}
        assert reading.get("traits/nowhere1").status_code == 404

    @pytest.mark.parametrize(
        ("ids", "found"),
        [
            ("email", ["email"]),
            ("shoe_size,email", ["shoe_size", "email"]),
            ("email,no_such_id,shoe_size", ["shoe_size", "email"]),
            ("no_such_id", []),
            ("", []),
            ("emai", []),
            ("emails", []),
            ("email,email", ["email"]),
        ],
    )
    def test_ids_select_attributes_and_unmatched_ones_are_ignored(
        self, reading: SandboxClient, ids: str, found: list[str]
    ) -> None:
        listed = reading.list("traits", **{"filter[user_defined_id]": ids})
        assert [trait["attributes"]["user_defined_id"] for trait in listed] == found

    def test_attributes_come_in_pages_only_on_request(self, reading: SandboxClient) -> None:
        everything = reading.list("traits")
        pages = [
            reading.list("traits", **{"page[size]": "5", "page[number]": str(number)})
            for number in range(1, 5)
        ]
        assert [len(page) for page in pages] == [5, 5, 2, 0]
        assert [trait for page in pages for trait in page] == everything

    def test_a_page_has_only_attributes_that_the_filter_selects(self, reading: SandboxClient) -> None:
        query = {"filter[user_defined_id]": "email,shoe_size", "page[size]": "1", "page[number]": "2"}
        (trait,) = reading.list("traits", **query)
        assert trait["attributes"]["user_defined_id"] == "email"


@pytest.mark.parametrize(
    "path",
    [
        "traits?user_defined_id=email",
        "traits?filter[display_name]=Shoe",
        "traits?filter[start_date]=2025-01-01",
        "traits?page[size]=1001",
        "uploaders?filter[user_defined_id]=email",
        "uploaders?schedule=hourly",
        "uploaders?page[size]=0",
        "campaign_stats?start_date=2025-01-01",
        "campaign_stats?filter[launched]=true",
        "campaign_stats?filter[since]=2025-01-01",
        "campaigns/{campaign}/integrations?filter[launched]=true",
        "campaigns/{campaign}/uploaders?schedule=hourly",
    ],
)
def test_a_report_with_an_unknown_parameter_gets_400(reading: SandboxClient, path: str) -> None:
    campaign = reading.list("campaigns")[0]["id"]
    assert reading.get(path.format(campaign=campaign)).status_code == 400


class TestNestedLists:
    @pytest.mark.parametrize(("outer", "inner", "_scope"), NESTED_ROUTES)
    def test_nested_resources_are_shown_as_in_the_whole_list(
        self, reading: SandboxClient, outer: str, inner: str, _scope: str
    ) -> None:
        known = {one["id"]: one for one in reading.list(inner)}
        shown = [one for each in reading.list(outer) for one in reading.list(f"{outer}/{each['id']}/{inner}")]
        assert shown
        assert all(one == known[one["id"]] for one in shown)

    @pytest.mark.parametrize("inner", ["integrations", "uploaders"])
    def test_both_directions_agree(self, reading: SandboxClient, inner: str) -> None:
        pairs = {
            (campaign["id"], one["id"])
            for campaign in reading.list("campaigns")
            for one in reading.list(f"campaigns/{campaign['id']}/{inner}")
        }
        assert pairs
        assert pairs == {
            (campaign["id"], one["id"])
            for one in reading.list(inner)
            for campaign in reading.list(f"{inner}/{one['id']}/campaigns")
        }

    @pytest.mark.parametrize(("outer", "inner", "_scope"), NESTED_ROUTES)
    def test_a_nested_list_of_an_unknown_resource_is_not_found(
        self, reading: SandboxClient, outer: str, inner: str, _scope: str
    ) -> None:
        assert reading.get(f"{outer}/nowhere1/{inner}").status_code == 404

    def test_another_business_sees_none_of_them(self, three_businesses: SandboxClient) -> None:
        first, second = three_businesses.sandbox.state.businesses
        three_businesses.business = first
        campaign = three_businesses.list("campaigns")[0]["id"]
        three_businesses.business = second
        for path in ("integrations", "uploaders"):
            assert three_businesses.get(f"campaigns/{campaign}/{path}").status_code == 404
        assert three_businesses.get(f"campaign_stats/{campaign}").status_code == 404


def _counts(client: SandboxClient, type_: str) -> dict[str, dict[str, int]]:
    """Return by campaign what the lists of a type say of direct and brand-wide ones."""
    everything = client.list(type_)
    inherited = sum(one["attributes"]["attached_at"] == "brand" for one in everything)
    return {
        campaign["id"]: {
            "direct": len(client.list(f"campaigns/{campaign['id']}/{type_}")),
            "inherited": inherited,
        }
        for campaign in client.list("campaigns")
    }


class TestCounts:
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_campaigns_have_counts_if_integrations_say_what_they_are_attached_to(
        self, dialect: DialectName
    ) -> None:
        with running(dialect=dialect, integrations=4) as client:
            campaigns, integrations = client.list("campaigns"), client.list("integrations")
        shown = [set(one["attributes"]) & {"integration_counts", "uploader_counts"} for one in campaigns]
        assert len({*map(frozenset, shown)}) == 1
        assert all(bool(shown[0]) is ("attached_at" in one["attributes"]) for one in integrations)

    @fewer_examples(5)
    @given(links=st.data())
    def test_counts_agree_with_the_links_and_the_brand_wide_integrations(
        self, host: SandboxClient, links: st.DataObject
    ) -> None:
        state = host.sandbox.state
        (business,) = state.businesses.values()
        campaigns = [*business.of("campaigns").values()]
        for type_ in ("integrations", "uploaders"):
            for one in business.of(type_).values():
                _link(one, links.draw(st.sets(st.sampled_from([c.id for c in campaigns]))), campaigns)
                one.attributes["attached_at"] = links.draw(st.sampled_from(["brand", "campaigns", None]))
        for type_, name in (("integrations", "integration_counts"), ("uploaders", "uploader_counts")):
            shown = {one["id"]: one["attributes"][name] for one in host.list("campaigns")}
            assert shown == _counts(host, type_)
            (first, *_) = shown
            assert host.get(f"campaigns/{first}").json()["data"]["attributes"][name] == shown[first]


@pytest.fixture(scope="module")
def host() -> Iterator[SandboxClient]:
    options = SandboxOptions(integrations=4, dialect="host")
    with Sandbox(options) as sandbox, SandboxClient(sandbox) as client:
        yield client


def _link(one: StoredResource, ids: set[str], campaigns: list[StoredResource]) -> None:
    one.linked = set(ids)
    for campaign in campaigns:
        campaign.linked.discard(one.id)
        if campaign.id in ids:
            campaign.linked.add(one.id)


class CountedDict(dict[str, Any]):
    """Counts how often all its values are read."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.reads = 0

    def values(self) -> Any:
        self.reads += 1
        return super().values()


class TestEmbeddedMappings:
    def test_an_integration_shows_its_own_newest_first(self) -> None:
        with running(dialect="host") as client:
            first, second = client.integration()["id"], client.integration()["id"]
            for number, integration in enumerate((first, second, first)):
                client.create(
                    "integration_mappings",
                    integration_id=integration,
                    jebbit_var="email",
                    client_var=f"mail{number}",
                    default="none" if number else None,
                )
            shown = {one["id"]: one["attributes"]["mappings"] for one in client.list("integrations")}
            assert [mapping["client_var"] for mapping in shown[first]] == ["mail2", "mail0"]
            assert shown[second] == [
                {
                    "jebbit_var": "email",
                    "client_var": "mail1",
                    "fallback_value": "none",
                    "data_type": "string",
                    "transformers": [],
                }
            ]
            one = client.get(f"integrations/{first}").json()["data"]
            assert one["attributes"]["mappings"] == shown[first]

    def test_integrations_of_other_services_have_transformers_and_static_values(
        self, host: SandboxClient
    ) -> None:
        traits = {one["attributes"]["user_defined_id"]: one["attributes"] for one in host.list("traits")}
        transformers, levels = set(), set()
        for one in (one["attributes"] for one in host.list("integrations")):
            if one["service_name"] == "webhooks_standard":
                assert (one["mappings"], one["static_values"]) == ([], [])
                continue
            assert one["mappings"]
            for mapping in one["mappings"]:
                assert traits[mapping["jebbit_var"]]["pass_to_integrations"]
                transformers |= set(mapping["transformers"])
            for value in one["static_values"]:
                assert set(value) == {"name", "value", "level"}
                levels.add(value["level"])
        assert "sha256" in transformers
        assert levels == {"brand", "campaign"}
        assert host.list("integration_mappings") == []

    def test_a_list_looks_through_all_mappings_once(self) -> None:
        with running(dialect="host", integrations=50) as client:
            (business,) = client.sandbox.state.businesses.values()
            mappings = CountedDict({})
            business.resources["integration_mappings"] = mappings
            client.list("integrations")
        assert mappings.reads == 1

    def test_the_counts_of_a_list_of_campaigns_look_through_all_integrations_once(self) -> None:
        with running(dialect="host", integrations=4) as client:
            (business,) = client.sandbox.state.businesses.values()
            integrations = CountedDict(business.of("integrations"))
            business.resources["integrations"] = integrations
            client.list("campaigns")
        assert integrations.reads == 1
