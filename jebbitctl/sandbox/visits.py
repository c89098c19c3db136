"""A visit: what one visitor of a campaign does, computed from its number, so that none has to be kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.activity import OUTCOMES, SCREENS
from jebbitctl.sandbox.assumptions import (
    EMAIL,
    OPT_IN,
    OUTCOME,
    SUB_CHANNEL,
    URL_PARAMETERS,
    VISITOR_ID,
    has_answer,
    mapped_attribute,
)
from jebbitctl.webhooks.body_edits import Edit, edit_document, parse_edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.sandbox.activity import Activity

_SEED = "jebbit-50"
"""With it, the first visitor of a new sandbox reaches the end, opts in and is shown an outcome."""
_NAMES = ("Ann", "Ben", "Chloe", "David", "Emma", "Felix", "Grace", "Hugo", "Ines", "Jack", "Kim", "Luca")
_PARAMETERS: tuple[dict[str, str], ...] = (
    {"utm_source": "newsletter", "utm_medium": "email"},
    {"utm_source": "instagram", "utm_medium": "social", "utm_campaign": "spring"},
    {},
)
_SUB_CHANNELS = ("Product Quiz LP", "Newsletter", None)
_CHOICES: dict[str, tuple[int, tuple[Any, ...]]] = {
    "shoe_size": (0, ("38", "40", "42", "44", "46")),
    "skin_concern": (0, (("dryness",), ("redness", "dryness"), ("blemishes",))),
    "favourite_colour": (1, ("red", "green", "blue", "black")),
    "shoe_brand": (1, ("Acme", "Borealis", "Cascade")),
    "skin_type": (1, ("dry", "oily", "mixed")),
    "favourite_brand": (1, ("Acme", "Driftwood", "Ember")),
    "phone_number": (2, ("+1 555 0100", "+1 555 0101", "+44 20 7946 0000", None)),
    "last_name": (2, ("Adams", "Baker", "Clark", "Davis", "Evans", None)),
    "internal_score": (2, ("10", "20", "30")),
    "internal_note": (2, ("called back", None)),
}
"""The screen that asks for an attribute, from 0, and the answers, None for none. The first screen asks for
other attributes."""
_OTHER_CHOICES = (0, ("answer 1", "answer 2", "answer 3"))
_FORM = 2
"""The screen with the form for the visitor's name and e-mail address."""
_END = len(SCREENS) - 1
"""The screens to answer before the result is shown."""
_LOADS, _GOES_ON, _FILLS_IN = 240, 210, 230
"""How many of 256 visitors load the campaign, answer a screen, and enter an e-mail address."""


@dataclass(slots=True)
class Visit:
    """What a visitor did.

    Attributes:
        campaign: the id of the campaign.
        number: of the visit, from 0, over all campaigns of the business.
        loaded: whether the visitor waited until the campaign had loaded.
        reached: the number of screens answered.
        answers: by the attribute's ``user_defined_id``, among them ``email``; ``opt_in`` is a bool, and
            missing if unknown; ``outcome``.
        url_parameters: of the URL that led to the campaign.
        sub_channel: the label of the launch link; None if there was none.
        uid: the visitor's id in the URL; None if there was none.
        redirected: whether the visitor clicked on the result.
        seconds: spent.
    """

    campaign: str
    number: int
    loaded: bool = True
    reached: int = 0
    answers: dict[str, Any] = field(default_factory=dict)
    url_parameters: dict[str, str] = field(default_factory=dict)
    sub_channel: str | None = None
    uid: str | None = None
    redirected: bool = False
    seconds: int = 0

    @property
    def finished(self) -> bool:
        """Whether the visitor reached the end."""
        return self.reached == _END


@dataclass(frozen=True, slots=True)
class VisitOptions:
    """What visitors are asked to do, beside what chance decides.

    Attributes:
        finish: each reaches the end and enters an e-mail address.
        texts: what they answer, each ``data.NAME=VALUE``.
        edits: the same, parsed.
    """

    finish: bool = False
    texts: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = field(default=(), compare=False)  # here, 1 equals true

    @classmethod
    def parse(cls, texts: Sequence[str], *, finish: bool) -> Self:
        """Return what ``data.NAME=VALUE`` says; visitors whose answers are set reach the end.

        Raises:
            UsageError: one is not valid.
        """
        edits = []
        for path, steps, value in map(parse_edit, texts):
            if steps[0] != "data" or len(steps) < 2 or not isinstance(steps[1], str):  # noqa: PLR2004
                raise UsageError(f"--set {path}: only answers can be set, such as data.email")
            edits.append(Edit(path, ("data", mapped_attribute(steps[1]), *steps[2:]), value))
        return cls(finish or bool(edits), tuple(texts), tuple(edits))


DEFAULT_OPTIONS = VisitOptions()


def visit_of(
    campaign: str, number: int, attributes: Sequence[str], options: VisitOptions = DEFAULT_OPTIONS
) -> Visit:
    """Return a visit: the same for the same arguments, in each sandbox.

    Args:
        campaign: the id of the campaign.
        number: of the visit.
        attributes: the ids of the attributes that the campaign asks for.
        options: what the visitor is asked to do.

    Raises:
        UsageError: an edit does not fit, or makes a value unusable.
    """
    seed = f"{_SEED}/{campaign}/{number}".encode()
    dice = iter(hashlib.blake2b(seed, digest_size=64).digest())
    visit = Visit(campaign, number)
    visit.loaded = next(dice) < _LOADS or options.finish
    gone = not visit.loaded
    for _ in range(_END):
        gone |= next(dice) >= _GOES_ON and not options.finish
        visit.reached += not gone
    _answer(visit, dice, attributes, options)
    visit.url_parameters = dict(_PARAMETERS[next(dice) % len(_PARAMETERS)])
    visit.sub_channel = _SUB_CHANNELS[next(dice) % len(_SUB_CHANNELS)]
    visit.uid = f"visitor-{number}" if next(dice) % 2 else None
    visit.redirected = visit.finished and next(dice) % 3 == 0
    visit.seconds = 20 + next(dice) % 70 if visit.reached else 0
    if options.edits:
        _edit(visit, options.edits)
    return visit


def _answer(visit: Visit, dice: Iterator[int], attributes: Sequence[str], options: VisitOptions) -> None:
    """Give the answers of all screens that the visitor has reached."""
    name = _NAMES[next(dice) % len(_NAMES)]
    fills_in = next(dice) < _FILLS_IN or options.finish
    opts_in = (True, True, False, None)[next(dice) % 4]
    outcome = next(dice)
    answers = visit.answers
    if visit.reached > _FORM and fills_in:
        answers[EMAIL] = f"{name.lower()}.{visit.number}@example.com"
    for position, attribute in enumerate(attributes):
        screen, choices = _CHOICES.get(attribute, _OTHER_CHOICES)
        if attribute == "first_name":
            if EMAIL in answers:
                answers[attribute] = name
        elif attribute not in answers and attribute != EMAIL and visit.reached > screen:
            choice = choices[(visit.number + position + outcome) % len(choices)]
            if choice is not None:
                answers[attribute] = list(choice) if isinstance(choice, tuple) else choice
    if EMAIL in answers and opts_in is not None:
        answers[OPT_IN] = opts_in
    if visit.finished:
        answers[OUTCOME] = OUTCOMES[outcome % len(OUTCOMES)]


def _edit(visit: Visit, edits: Sequence[Edit]) -> None:
    """Change what a visitor answered.

    Raises:
        UsageError: an edit does not fit, or makes a value unusable.
    """
    document = {
        "data": {
            **visit.answers,
            URL_PARAMETERS: visit.url_parameters,
            SUB_CHANNEL: visit.sub_channel,
            VISITOR_ID: visit.uid,
        }
    }
    data = edit_document(document, edits)["data"]
    data[OPT_IN] = {"true": True, "false": False}.get(str(data.get(OPT_IN)).lower(), data.get(OPT_IN))
    visit.url_parameters = _taken(data, URL_PARAMETERS, dict, "an object") or {}
    visit.sub_channel = _taken(data, SUB_CHANNEL, str, "text")
    visit.uid = _taken(data, VISITOR_ID, str, "text")
    if not isinstance(data[OPT_IN], bool | None):
        raise UsageError(f"--set data.{OPT_IN}: use true, false or null")
    if not isinstance(data.get(OUTCOME), str | None):  # which is counted by its name
        raise UsageError(f"--set data.{OUTCOME}: use text or null")
    visit.answers = {name: value for name, value in data.items() if has_answer(value)}


def _taken(data: dict[str, Any], name: str, type_: type, words: str) -> Any:
    """Remove a value that is no answer, and return it; null means none.

    Raises:
        UsageError: it is of another type.
    """
    value = data.pop(name, None)
    if not isinstance(value, type_ | None):
        raise UsageError(f"--set data.{name}: use {words} or null")
    return value


def count(activity: Activity, visit: Visit) -> None:
    """Add a visit to the counts of its campaign's day."""
    totals, answers = activity.totals, visit.answers
    totals["views"] += 1
    if not visit.loaded:
        return
    totals["loads"] += 1
    for number, (name, _) in enumerate(SCREENS):
        if visit.reached >= number:
            activity.views[name] += 1
        if visit.reached > number:
            activity.responses[name] += 1
    totals["responses"] += visit.reached
    totals["engagements"] += visit.reached > 0
    totals["leads"] += EMAIL in answers
    totals["opt_ins"] += answers.get(OPT_IN) is True
    totals["seconds_spent"] += visit.seconds
    if visit.finished:
        totals["completions"] += 1
        if isinstance(outcome := answers.get(OUTCOME), str):
            totals["outcome_views"] += 1
            activity.outcomes[outcome] += 1
        if visit.redirected:
            totals["redirects"] += 1
            activity.responses[SCREENS[-1][0]] += 1
