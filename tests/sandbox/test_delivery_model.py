"""What a receiver got, compared with a model that is written from the words of the assumptions alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.sandbox.collection import Collection
from jebbitctl.sandbox.delivery_rules import body_of, feeds, kept_back, kept_back_from
from jebbitctl.sandbox.integration_settings import settings_of
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.sandbox.visits import VisitOptions, visit_of
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from tests.sandbox.support import SandboxClient

if TYPE_CHECKING:
    from jebbitctl.sandbox.visits import Visit
    from jebbitctl.webhooks.delivery import Delivery

ATTRIBUTES = ("email", "first_name", "skin_concern", "favourite_colour", "internal_score", "phone_number")
PERSONAL = ("email", "first_name", "last_name", "full_name", "name", "phone", "phone_number")
VISITS = 4

MAPPINGS = st.lists(
    st.tuples(
        st.sampled_from((*ATTRIBUTES, "Outcome", "OPT_IN", "Email", "tyop", "ext\u00e9rieur")),
        st.sampled_from(("colour", "email", "opt_in", "outcome", "sub_channel", "client_user_id")),
        st.sampled_from((None, "", "n/a", "\u00e9 \u2713")),
    ),
    max_size=5,
)
FLAG = st.booleans()
SHOWN = st.fixed_dictionaries(
    {
        "is_active": st.sampled_from((True, True, True, False)),
        "require_opt_in": st.sampled_from((None, None, True, False)),
        "include_uids": FLAG,
        "include_mapped_attributes": st.sampled_from((True, True, False)),
        "attached_at": st.sampled_from(("brand", "campaigns")),
        "additional_options": st.fixed_dictionaries(
            {"hash_pii": FLAG},
            optional={
                "campaign_name_filter": st.sampled_from(("", "quiz", "SKIN", "guide", "nothing")),
                "include_url_params": FLAG,
                "include_sub_channel": FLAG,
                "include_outcome_names": FLAG,
                "require_outcomes": FLAG,
            },
        ),
    }
)
EDITS = st.sampled_from(
    (
        (),
        ("data.email=' Ann@Example.COM '",),
        ('data.email=" Ann@Example.COM "', "data.opt_in=null", "data.first_name=\u00c5sa"),
        ("data.skin_concern=[]", "data.outcome=", "data.url_param={}", "data.other=[1,true]"),
        ("data.email=",),
    )
)


@dataclass(frozen=True)
class DeliveryCase:
    """Settings of an integration, and what is asked of visitors.

    Attributes:
        shown: attributes of the integration.
        mappings: ``jebbit_var``, ``client_var`` and ``default`` of each, oldest first.
        hidden: ids of the attributes that do not pass to integrations.
        link: how many campaigns are linked to it.
        edits: ``data.NAME=VALUE``.
        finish: whether each visitor reaches the end.
    """

    shown: dict[str, Any]
    mappings: list[tuple[str, str, str | None]]
    hidden: set[str]
    link: int
    edits: tuple[str, ...]
    finish: bool


CASES = st.builds(
    DeliveryCase,
    shown=SHOWN,
    mappings=MAPPINGS,
    hidden=st.sets(st.sampled_from(ATTRIBUTES), max_size=2),
    link=st.integers(0, 4),
    edits=EDITS,
    finish=FLAG,
)


def model(  # noqa: C901 - the rules, one after the other
    case: DeliveryCase, linked: set[str], visit: Visit, title: str
) -> dict[str, Any] | None:
    """Return the body that a visit should cause at an integration, None for no delivery."""
    shown, options, answers = case.shown, case.shown["additional_options"], visit.answers
    if shown["attached_at"] != "brand" and visit.campaign not in linked:
        return None
    if not visit.finished or not answers.get("email") or not shown["is_active"]:
        return None
    if options.get("campaign_name_filter", "").lower() not in title.lower():
        return None
    if shown["require_opt_in"] and answers.get("opt_in") is not True:
        return None
    if options.get("require_outcomes") and not answers.get("outcome"):
        return None

    def text(name: str, answer: Any) -> Any:
        if isinstance(answer, list):
            return [text(name, one) for one in answer]
        answer = answer if isinstance(answer, str) else json.dumps(answer)
        if not options["hash_pii"] or name not in PERSONAL:
            return answer
        return hashlib.sha256(answer.strip().lower().encode()).hexdigest()

    always = {"email": "email", "opt_in": "opt_in", "outcome": "outcome"}
    named = [
        (always.get(variable.lower(), variable), name, default) for variable, name, default in case.mappings
    ]
    mapped = {attribute for attribute, _, _ in named}
    data = {n: text(n, answer) for n, answer in answers.items() if n not in mapped | case.hidden}
    for attribute, name, default in named if shown["include_mapped_attributes"] else ():
        if attribute in answers and attribute not in case.hidden:
            data[name] = text(attribute, answers[attribute])
        elif default is not None and attribute not in case.hidden:
            data[name] = default
    outcome = [answers["outcome"]] if "outcome" in answers else None
    for wanted, name, value in (
        (options.get("include_url_params"), "url_param", visit.url_parameters),
        (options.get("include_sub_channel"), "sub_channel", visit.sub_channel),
        (options.get("include_outcome_names"), "outcome_names", outcome),
        (shown["include_uids"], "client_user_id", visit.uid),
    ):
        if wanted and value and name not in data:
            data[name] = value
    return {"data": data, "event": {"event_number": 0}}


class DeliveryScene:
    """A sandbox, which need not run, with one integration whose settings can be anything."""

    def __init__(self, sandbox: Sandbox, endpoint: str = "http://127.0.0.1:9") -> None:
        self.state = sandbox.state
        (self.business,) = self.state.businesses.values()
        collection = Collection(self.state, self.business, RESOURCE_TYPES["integrations"])
        self.integration = collection.create({"endpoint": endpoint})

    def configure(self, case: DeliveryCase) -> None:
        with self.state.lock:
            self.integration.attributes.update(case.shown)
            self.integration.linked = self.linked(case)
            self.business.of("integration_mappings").clear()
            mappings = Collection(self.state, self.business, RESOURCE_TYPES["integration_mappings"])
            for variable, name, default in case.mappings:
                mapping = {"jebbit_var": variable, "client_var": name, "default": default}
                mappings.create({"integration_id": self.integration.id, **mapping})
            for trait in self.business.of("traits").values():
                id_ = trait.attributes["user_defined_id"]
                trait.attributes["pass_to_integrations"] = id_ not in case.hidden

    def linked(self, case: DeliveryCase) -> set[str]:
        return set(self.business.launched_campaigns()[: case.link])

    def visits(self, case: DeliveryCase, first: int) -> list[Visit]:
        options = VisitOptions.parse(case.edits, finish=case.finish)
        campaigns, attributes = self.business.launched_campaigns(), self.business.attribute_ids()
        return [
            visit_of(campaigns[number % len(campaigns)], number, attributes, options)
            for number in range(first, first + VISITS)
        ]

    def title(self, visit: Visit) -> str:
        return str(self.business.of("campaigns")[visit.campaign].attributes["title"])

    def expected(self, case: DeliveryCase, visits: list[Visit]) -> list[Any]:
        """Return what the model says about each visit."""
        linked = self.linked(case)
        return [model(case, linked, visit, self.title(visit)) for visit in visits]


@pytest.fixture(scope="module")
def scene() -> DeliveryScene:
    return DeliveryScene(Sandbox())


def decided(scene: DeliveryScene, visit: Visit) -> Any:
    """Return the body that the sandbox would deliver, None for no delivery."""
    (settings,) = settings_of(scene.business, [scene.integration])
    if kept_back(visit) or not feeds(settings, visit.campaign):
        return None
    return (
        None if kept_back_from(settings, visit, scene.title(visit)) else json.loads(body_of(settings, visit))
    )


@settings(max_examples=200)
@given(case=CASES, first=st.integers(0, 10_000))
def test_what_is_to_be_delivered_is_what_the_assumptions_say(
    scene: DeliveryScene, case: DeliveryCase, first: int
) -> None:
    scene.configure(case)
    visits = scene.visits(case, first)
    assert [decided(scene, visit) for visit in visits] == scene.expected(case, visits)


def compare(
    case: DeliveryCase, sandbox: Sandbox, client: SandboxClient, receiver: WebhookServer, got: list[Delivery]
) -> None:
    """Let visitors come, and compare what arrives with the model."""
    scene = DeliveryScene(sandbox, receiver.url)
    receiver.secret = scene.integration.attributes["shared_secret"]
    scene.configure(case)
    first = scene.business.history.count
    run = client.control("POST", "visits", count=VISITS, set=list(case.edits), finish=case.finish).json()
    assert client.control("GET", f"visits/{run['id']}?wait=5").json()["pending"] == 0
    assert all(delivery.verification and not delivery.test for delivery in got)
    bodies = [json.loads(delivery.body) for delivery in got]
    expected = scene.expected(case, scene.visits(case, first))
    assert sorted(bodies, key=json.dumps) == sorted(filter(None, expected), key=json.dumps)


def compare_all(cases: st.SearchStrategy[DeliveryCase], number: int) -> None:
    got: list[Delivery] = []
    with (
        Sandbox() as sandbox,
        SandboxClient(sandbox) as client,
        WebhookServer(None, got.append, threads=2) as receiver,
    ):

        @settings(max_examples=number)
        @given(case=cases)
        def holds(case: DeliveryCase) -> None:
            got.clear()
            sandbox.state.businesses[business].of("integrations").clear()
            compare(case, sandbox, client, receiver, got)

        (business,) = sandbox.state.businesses
        holds()


def test_what_arrives_is_what_the_assumptions_say() -> None:
    compare_all(CASES, 8)


@pytest.mark.long
def test_what_arrives_is_what_the_assumptions_say_in_many_cases() -> None:
    compare_all(CASES, 1500)
