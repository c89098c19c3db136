"""Which businesses a token covers, and what is refused before it could concern another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.errors import ForbiddenError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.access_token import AccessToken


def covers(token: AccessToken, business: str | None) -> bool:
    """Whether a token covers a business, as far as it tells."""
    return business is None or not token.businesses or business in token.businesses


def require_covered(token: AccessToken, business: str | None) -> None:
    """Check that a request concerns one business, and that the token covers it, as far as it tells.

    Jebbit would answer with 401, which looks like invalid credentials; or with the only business that they
    cover, whatever business the request names.

    Args:
        token: to send.
        business: to name, or None.

    Raises:
        UsageError: the token covers several businesses and none is named, or it does not cover this one.
    """
    if business is None and len(token.businesses) > 1:
        raise UsageError(
            f"the credentials cover several businesses: {', '.join(token.businesses)}",
            hint="choose one with --business ID|NAME or JEBBIT_BUSINESS_ID; jebbitctl whoami lists them",
        )
    if business is not None and not covers(token, business):
        raise _not_covered(business, token.businesses)


def require_answering(business: str, answering: str | None, method: str) -> None:
    """Check that the business that Jebbit uses is the one that a request names.

    Args:
        business: that the request names.
        answering: that Jebbit uses, None if it does not say.
        method: of the request.

    Raises:
        UsageError: Jebbit uses another one.
        ForbiddenError: Jebbit does not say, and the request is a write.
    """
    if answering not in {business, None}:
        raise _not_covered(business, [str(answering)]).with_hint(
            "the token lists no businesses, so a name cannot be looked up: use the id, or name no business"
        )
    if answering is None and method != "GET":
        raise ForbiddenError(
            f"the {method} was not sent: neither the token nor Jebbit says whether it concerns business "
            f"{business}",
            hint="ask your Jebbit representative for read:business; if the credentials cover only one "
            "business, do not name it",
        )


def require_named(
    named: str | None, in_use: str | None, covered: Iterable[str], *, source: str | None = None
) -> None:
    """Check that the business in use is the one that was named, if one was.

    Args:
        named: an id.
        in_use: the id of the business that Jebbit uses, None if it requires a choice.
        covered: the ids that the credentials cover.
        source: what names the business.

    Raises:
        UsageError: it is not.
    """
    if named is not None and named != in_use:
        raise _not_covered(f"{named} ({source})" if source else named, covered)


def _not_covered(named: str, covered: Iterable[str]) -> UsageError:
    return UsageError(
        f"the credentials do not cover business {named}; they cover {', '.join(covered)}",
        hint="correct --business, JEBBIT_BUSINESS_ID, the profile or the manifest, whichever names it",
    )
