"""What no document of Jebbit's settles about deliveries and visits, one function for each assumption.

The sandbox calls these functions, so what ``jebbitctl sandbox assumptions`` prints is what it does: the first
line of each docstring, and the source. A source other than ``assumed`` is where the rule, or a part of it, is
documented: Jebbit's article "Integrations API - Overview", its OpenAPI document, its MCP server, or the
description of its Segment source. :mod:`jebbitctl.sandbox.dialects` holds what these contradict each other
about, and :mod:`jebbitctl.sandbox.reporting` which names of attributes are assumed.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from jebbitctl.sandbox.behaviour import WEBHOOKS
from jebbitctl.util.text import json_text
from jebbitctl.webhooks.sender import delivery_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date

Topic = Literal["who gets what", "bodies", "options", "sending", "backfills and tests", "statistics"]
Source = Literal["assumed", "article", "OpenAPI", "MCP server", "Segment source"]
Kind = Literal["live", "test", "backfill"]
"""Why a delivery is sent."""
Function = TypeVar("Function", bound="Callable[..., Any]")

BRAND, CAMPAIGNS = "brand", "campaigns"
"""Values of ``attached_at``. The second is assumed."""
EMAIL, OPT_IN, OUTCOME = "email", "opt_in", "outcome"
URL_PARAMETERS, SUB_CHANNEL, VISITOR_ID = "url_param", "sub_channel", "client_user_id"
_OUTCOME_NAMES = "outcome_names"
_SAMPLE_ATTRIBUTES = {
    "test_attribute": "attribute_value",
    "test_sata_attribute": ["option 1", "option 4"],
}
_PERSONAL = frozenset({EMAIL, "first_name", "last_name", "full_name", "name", "phone", "phone_number"})


class Assumption(NamedTuple):
    """An assumption, as it is listed.

    Attributes:
        name: of the function.
        topic: what it is about.
        assumption: in plain words.
        source: ``assumed``, or the document that says it, or a part of it.
    """

    name: str
    topic: Topic
    assumption: str
    source: Source


ASSUMPTIONS: list[Assumption] = []
"""All of them, in the order of this module."""


def _assumption(topic: Topic, source: Source = "assumed") -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        words, _, _ = (function.__doc__ or "").partition("\n")
        ASSUMPTIONS.append(Assumption(function.__name__, topic, words, source))
        return function

    return register


@_assumption("who gets what", "MCP server")
def feeds(attached_at: str, linked: Collection[str], campaign: str) -> bool:
    """An integration attached to the brand gets the visits of all campaigns, another those of linked ones."""
    return attached_at == BRAND or campaign in linked


@_assumption("who gets what")
def attached_when_created() -> str:
    """An integration that the API creates is attached to the brand."""
    return BRAND


@_assumption("who gets what")
def sends_webhooks(service_name: str) -> bool:
    """An integration of another service than webhooks causes no deliveries."""
    return service_name == WEBHOOKS


@_assumption("who gets what")
def delivers(*, is_active: bool) -> bool:
    """An inactive integration gets neither live deliveries nor backfills."""
    return is_active


@_assumption("who gets what")
def matches_name_filter(name_filter: str | None, title: str) -> bool:
    """campaign_name_filter lets titles through that contain it, ignoring case; empty, it lets all through."""
    return (name_filter or "").casefold() in title.casefold()


@_assumption("who gets what")
def is_complete(*, finished: bool) -> bool:
    """A visit is delivered once the visitor has reached the end; one who leaves before causes no delivery."""
    return finished


@_assumption("who gets what", "Segment source")
def has_address(email: object) -> bool:
    """A visit without an e-mail address is not delivered."""
    return has_answer(email)


@_assumption("who gets what")
def allows_opt_in(require_opt_in: bool | None, opt_in: bool | None) -> bool:  # noqa: FBT001 - a pair
    """require_opt_in true: only those who opted in; false or null: all, and the status is sent along."""
    return not require_opt_in or opt_in is True


@_assumption("who gets what")
def allows_outcome(require_outcomes: bool | None, outcome: object) -> bool:  # noqa: FBT001 - a pair
    """require_outcomes true: only those who were shown an outcome; false or missing: all."""
    return not require_outcomes or has_answer(outcome)


@_assumption("bodies", "article")
def body(data: Mapping[str, Any]) -> dict[str, Any]:
    """A body has the answers in data, and the number of the event in event.event_number."""
    return {"data": data, "event": {"event_number": event_number()}}


@_assumption("bodies", "article")
def event_number() -> int:
    """event_number is 0, as in Jebbit's sample: each visit is one event."""
    return 0


@_assumption("bodies", "article")
def written(answer: Any) -> Any:
    """Answers are text, also numbers and opt_in ("true" or "false"); several choices are a list of texts."""
    if isinstance(answer, list):
        return [written(one) for one in answer]
    return answer if isinstance(answer, str | dict) else json_text(answer)


@_assumption("bodies")
def has_answer(answer: object) -> bool:
    """What has no answer is left out: null, empty text or an empty list; so is an unknown opt_in."""
    return answer is not None and answer not in ("", [])


@_assumption("bodies", "MCP server")
def passes(name: str, not_passed: Collection[str]) -> bool:
    """An attribute that does not pass to integrations is left out, and so are its mappings and defaults."""
    return name not in not_passed


@_assumption("bodies")
def own_name(name: str) -> str:
    """An attribute without a mapping is sent under its user_defined_id, also one that is not in /traits."""
    return name


@_assumption("bodies", "OpenAPI")
def mapped_attribute(jebbit_var: str) -> str:
    """jebbit_var is a user_defined_id; email, opt_in and Outcome can be mapped, too, in any case."""
    return jebbit_var.lower() if jebbit_var.lower() in {EMAIL, OPT_IN, OUTCOME} else jebbit_var


@_assumption("bodies")
def replaces_own_name(*, mapped: bool) -> bool:
    """A mapped attribute is sent under the client_var of each of its mappings, and not under its own id."""
    return mapped


@_assumption("bodies")
def default_for(default: str | None, answer: object) -> str | None:
    """A mapping's default is sent, unchanged, when there is no answer; without a default, nothing is."""
    return None if has_answer(answer) else default


@_assumption("bodies")
def put(data: dict[str, Any], name: str, value: Any) -> None:
    """Of two values with one name, the newer mapping's is sent; one without a mapping is dropped."""
    data[name] = value


@_assumption("options")
def includes_mapped(*, include_mapped_attributes: bool | None) -> bool:
    """include_mapped_attributes false: attributes with a mapping are left out, and so are defaults."""
    return include_mapped_attributes is not False


@_assumption("options")
def is_personal(name: str) -> bool:
    """hash_pii hashes email, first_name, last_name, full_name, name, phone and phone_number."""
    return name in _PERSONAL


@_assumption("options")
def hashed(text: str) -> str:
    """hash_pii sends the SHA-256 in lower-case hex of the text in lower case, without spaces at its ends."""
    return hashlib.sha256(text.strip().lower().encode(errors="replace")).hexdigest()


@_assumption("options", "Segment source")
def url_parameters(parameters: Mapping[str, str]) -> tuple[str, Any]:
    """include_url_params adds url_param: an object with the parameters of the experience's URL."""
    return URL_PARAMETERS, dict(parameters)


@_assumption("options")
def sub_channel(name: str | None) -> tuple[str, Any]:
    """include_sub_channel adds sub_channel: the label of the launch link that the visitor came by."""
    return SUB_CHANNEL, name


@_assumption("options")
def outcome_names(outcome: str | None) -> tuple[str, Any]:
    """include_outcome_names adds outcome_names: a list with the outcome that was shown."""
    return _OUTCOME_NAMES, [outcome] if has_answer(outcome) else None


@_assumption("options", "Segment source")
def visitor_id(uid: str | None) -> tuple[str, Any]:
    """include_uids adds client_user_id: the visitor's id in the experience's URL."""
    return VISITOR_ID, uid


@_assumption("options")
def add(data: dict[str, Any], name: str, value: Any) -> None:
    """What an option adds is left out when it is unknown or empty, and never replaces an attribute."""
    if has_answer(value) and value != {}:
        data.setdefault(name, value)


@_assumption("sending", "OpenAPI")
def is_marked_as_test(kind: Kind) -> bool:
    """Only a test delivery has x-jebbit-test (its value is assumed: true); backfills look like live ones."""
    return kind == "test"


@_assumption("sending", "OpenAPI")
def headers(secret: str, content: bytes, kind: Kind) -> dict[str, str]:
    """A delivery is a signed POST of application/json. Its user agent, jebbit-sandbox, is assumed."""
    own = {"user-agent": "jebbit-sandbox"}
    return delivery_headers(secret, content, live=not is_marked_as_test(kind)) | own


@_assumption("sending")
def time_limit() -> float:
    """An endpoint has 3 seconds to respond; a delivery is sent once, whatever the response."""
    return 3.0


@_assumption("sending")
def concurrency() -> int:
    """Up to 8 live deliveries are under way at once, so that one can overtake another."""
    return 8


@_assumption("backfills and tests")
def past_visits() -> tuple[()]:
    """Visits of the 30 days before the sandbox's start are only in campaign_stats: no backfill sends them."""
    return ()


@_assumption("backfills and tests")
def backfilled(visits: int) -> range:
    """A backfill sends earlier visits to the sandbox by current settings, one at a time, oldest first."""
    return range(visits)


@_assumption("backfills and tests")
def backfills_at_once() -> int:
    """Up to 8 backfills send at the same time; others are received, and wait for one to end."""
    return 8


@_assumption("backfills and tests", "OpenAPI")
def backfill_statuses(statuses: tuple[str, ...], *, begun: bool, ended: bool) -> tuple[str, ...]:
    """A backfill is received, then processing while it sends, then finished, even if all were refused."""
    if ended:
        return statuses[-1:]
    return statuses[1:-1] or statuses[:1] if begun else statuses[:1]


@_assumption("backfills and tests", "article")
def test_answers(mapped: Collection[str]) -> dict[str, Any]:
    """A test sends the article's sample, with the mapped attributes in place of the sample's two."""
    names = dict.fromkeys(name for name in mapped if name not in {EMAIL, OPT_IN, OUTCOME})
    own = dict.fromkeys(names, "attribute_value") if names else _SAMPLE_ATTRIBUTES
    return {EMAIL: "test@example.com", **own, OPT_IN: True, OUTCOME: "example_outcome"}


@_assumption("statistics")
def day_of(seconds: float) -> date:
    """A visit counts for the UTC day on which it happened."""
    return datetime.fromtimestamp(seconds, UTC).date()


@_assumption("statistics")
def is_between(day: date, since: date | None, until: date | None) -> bool:
    """start_date and end_date are both included."""
    return (since is None or day >= since) and (until is None or day <= until)


@_assumption("statistics", "MCP server")
def rates(totals: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Rates are engagements per view, completions per engagement and leads per completion, in percent."""
    return {
        "engagement_rate": (totals["engagements"], totals["views"]),
        "completion_rate": (totals["completions"], totals["engagements"]),
        "lead_rate": (totals["leads"], totals["completions"]),
    }
