"""``api``: any request to Jebbit's API, with the account's token."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from jebbitctl.commands.common import command, single
from jebbitctl.commands.fields import as_document, as_query, parsed_fields
from jebbitctl.context import context_of
from jebbitctl.errors import JebbitctlError, RejectedError, UsageError
from jebbitctl.storage.inputs import read_input
from jebbitctl.text import visible

if TYPE_CHECKING:
    from jebbitctl.api.raw import RawClient
    from jebbitctl.api.transport import ApiResponse
    from jebbitctl.context import Context
    from jebbitctl.output import Output

app = single()

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
_NO_SUCH_WRITE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

EXAMPLE = """\
jebbitctl api /api/v1/feeds
jebbitctl api GET campaigns -f 'filter[launched]=true' -q 'data[].id'
jebbitctl api integrations -f 'data[type]=integrations' \\
  -f 'data[attributes][endpoint]=https://example.com/jebbit' -F 'data[attributes][is_active]=true'
echo '{"data": {"attributes": {"name": "Products"}}}' | jebbitctl api PATCH feeds/bTUIhsye --input -"""


Words = Annotated[
    list[str],
    typer.Argument(
        metavar="[METHOD] PATH",
        help="PATH with or without /api/v1/; METHOD is GET, or POST where there are fields or --input.",
        show_default=False,
    ),
]
RawFields = Annotated[
    list[str] | None,
    typer.Option("-f", "--raw-field", metavar="NAME=VALUE", help="A text; repeatable."),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "-F",
        "--field",
        metavar="NAME=VALUE",
        help="true, false, null or an integer; @FILE or @- for what a file or standard input holds; else "
        "a text.",
    ),
]
Input = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE|-", help="The body, as it is; fields then join the query."),
]
Headers = Annotated[
    list[str] | None, typer.Option("-H", "--header", metavar="'NAME: VALUE'", help="Repeatable.")
]
Include = Annotated[
    bool, typer.Option("-i", "--include", help="Print the status line and the headers first.")
]
Paginate = Annotated[
    bool, typer.Option("--paginate", help="Follow links.next, and print one document of all pages.")
]


@command(app, "api", example=EXAMPLE)
def api(
    ctx: typer.Context,
    words: Words,
    *,
    raw_fields: RawFields = None,
    fields: Fields = None,
    input_: Input = None,
    headers: Headers = None,
    include: Include = False,
    paginate: Paginate = False,
) -> None:
    """Send any request to Jebbit's API.

    The answer is printed as it comes, also that of an error, which the exit code tells. Nothing in it is
    masked: an integration holds its shared secret. With GET, fields are the query; with another method they
    are a JSON body, in which data[attributes][region]=eu nests and name[]=a makes a list. A POST or PATCH
    without either sends {}.
    """
    from jebbitctl.api.raw import require_headers, require_path

    context = context_of(ctx)
    method, typed = _line(words, writes=bool(raw_fields or fields or input_) and not paginate)
    path = require_path(typed, context.settings.api_url.value)
    given_headers = require_headers(headers or [])
    _require_sense(context.output, method, include=include, paginate=paginate, input_=input_)
    path, body = _composed(method, path, parsed_fields(raw_fields or [], fields or []), input_)
    client = _client(context, given_headers)
    if paginate:
        _show_pages(context, client, path)
        return
    answer = client.send_bytes(method, path, body)
    try:
        _show(context, client, answer, (method, path), include=include)
    except JebbitctlError as error:
        if len(words) == 1 and answer.status in _NO_SUCH_WRITE and (raw_fields or fields):
            hint = f"fields make this a POST; for a query: jebbitctl api GET {words[0]} …"
            raise error.with_hint(hint) from None
        raise


def _composed(
    method: str, path: str, given: list[tuple[str, Any]], input_: str | None
) -> tuple[str, bytes | None]:
    """Return the path with its query, and the body: fields are in the one or in the other."""
    body: bytes | None = None
    if input_ is not None:
        body = read_input(input_, what="--input")
    elif method != "GET" and (given or method != "DELETE"):
        body, given = json.dumps(as_document(given)).encode(), []
    if given:
        path += ("&" if "?" in path else "?") + urlencode(as_query(given))
    return path, body


def _client(context: Context, headers: dict[str, str]) -> RawClient:
    from jebbitctl.api.raw import RawClient

    business = context.settings.business
    return RawClient(
        context.transport,
        context.settings.api_url.value,
        context.tokens,
        business.value if business else None,
        headers,
    )


def _line(words: list[str], *, writes: bool) -> tuple[str, str]:
    """Return the method and the path."""
    *method, path = words
    if len(method) > 1:
        raise UsageError("api takes [METHOD] PATH", hint="see jebbitctl api --help")
    if not method:
        if path.upper() in METHODS:
            raise UsageError(f"{path} what? a path is missing", hint=f"such as {path} /api/v1/feeds")
        return "POST" if writes else "GET", path
    if method[0].upper() not in METHODS:
        raise UsageError(f"{method[0]!r} is not a method", hint=f"use {', '.join(METHODS)}")
    return method[0].upper(), path


def _require_sense(output: Output, method: str, *, include: bool, paginate: bool, input_: str | None) -> None:
    """Refuse options that contradict each other."""
    if include and output.json:
        raise UsageError("--include prints the answer as it comes: leave out --json and --query")
    if paginate and (include or method != "GET"):
        raise UsageError("--paginate is for GET, without --include")
    if method == "GET" and input_ is not None:
        raise UsageError("a GET has no body: leave out --input, or name another method")


def _show(
    context: Context, client: RawClient, answer: ApiResponse, call: tuple[str, str], *, include: bool = False
) -> None:
    """Print an answer, then raise what its status means."""
    from http.client import responses

    from jebbitctl.output.raw import write_raw

    output = context.output
    as_json = output.json and answer.status in range(200, 300)
    document = _decoded(answer) if as_json else None
    with output.telling():
        if include:
            output.line(f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}".rstrip())
            for name, value in answer.headers.items():
                output.line(visible(f"{name}: {value}"))
            output.line("")
        if as_json:
            output.document(document)
        else:
            write_raw(answer.body, plain=output.plain)
    client.require_success(answer, *call)


def _show_pages(context: Context, client: RawClient, path: str) -> None:
    """Print one document of all pages; a single page as it comes."""
    from jebbitctl.api.raw import joined

    answers = []
    with context.output.progress("Reading pages") as progress:
        for answer in client.page_responses(path):
            answers.append(answer)
            progress.say(f"Reading pages: {len(answers)}")
            if answer.status not in range(200, 300):
                break
    if len(answers) == 1 or answers[-1].status not in range(200, 300):
        _show(context, client, answers[-1], ("GET", path))
    else:
        context.output.document(joined([_decoded(answer) for answer in answers]))


def _decoded(answer: ApiResponse) -> Any:
    """Return the answer's JSON, None when it is empty.

    Raises:
        RejectedError: it is no JSON.
    """
    try:
        return answer.json() if answer.body.strip() else None
    except ValueError:
        kind = answer.headers.get("Content-Type", "something").partition(";")[0]
        raise RejectedError(
            f"Jebbit answered {answer.status} with {kind} that cannot be read as JSON",
            hint="without --json and --query it is printed as it came",
            status=answer.status,
        ) from None
