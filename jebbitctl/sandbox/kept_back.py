"""The reasons why a visit is not delivered, or not to an integration that its campaign feeds."""

KEPT_BACK = {
    "unfinished": "the visitor left before the end",
    "no_email": "no e-mail address",
    "inactive": "the integration is inactive",
    "name_filter": "the campaign's title does not match campaign_name_filter",
    "not_opted_in": "the visitor did not opt in, which require_opt_in asks for",
    "no_outcome": "no outcome was shown, which require_outcomes asks for",
    "no_integration": "the campaign feeds no webhook integration",
}
"""In words, by the name that counters use."""
