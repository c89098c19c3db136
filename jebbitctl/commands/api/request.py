"""``api``: composes the request and prints the response."""

from __future__ import annotations

import json
from contextlib import nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import urlencode

import typer

from jebbitctl.commands.api.fields import as_document, as_query, parse_fields
from jebbitctl.commands.base import Context, command
from jebbitctl.commands.shared.interruptions import note_of_write
from jebbitctl.errors import JebbitctlError, RejectedError, UsageError
from jebbitctl.util.inputs import read_input
from jebbitctl.util.text import escape_controls

if TYPE_CHECKING:
    from jebbitctl.api.raw_client import RawClient
    from jebbitctl.api.transport import ApiResponse
    from jebbitctl.output.output import Output

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
_UNSUPPORTED_WRITE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

EXAMPLE = """\
jebbitctl api /api/v1/feeds
jebbitctl api GET campaigns -f 'filter[launched]=true' -q 'data[].id'
jebbitctl api integrations -f 'data[type]=integrations' \\
  -f 'data[attributes][endpoint]=https://example.com/jebbit' \\
  -F 'data[attributes][is_active]=true'
jebbitctl api PATCH feeds/bTUIhsye --input feed.json --curl"""


class PayloadOptions(NamedTuple):
    """What a request carries: fields, or a file as the body."""

    raw_fields: Annotated[
        list[str] | None,
        typer.Option("-f", "--raw-field", metavar="NAME=VALUE", help="String field. Repeatable."),
    ] = None
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "-F",
            "--field",
            metavar="NAME=VALUE",
            help="Typed field: true, false, null or an integer; @FILE reads a file, @- standard input; "
            "anything else is a string. Repeatable.",
        ),
    ] = None
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="FILE|-",
            help="File with the body, - for standard input; fields then become the query.",
        ),
    ] = None


class ResultOptions(NamedTuple):
    """What is printed."""

    include: Annotated[
        bool, typer.Option("-i", "--include", help="Print the status line and the headers first.")
    ] = False
    paginate: Annotated[
        bool,
        typer.Option("--paginate", help="Print all pages as one document: linked ones, or else by number."),
    ] = False
    curl: Annotated[
        bool, typer.Option("--curl", help="Print the request as a curl command. Send nothing.")
    ] = False


@command(example=EXAMPLE)
def api(
    context: Context,
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[METHOD] PATH",
            help="PATH with or without /api/v1/. METHOD defaults to GET, or to POST with fields or --input.",
            show_default=False,
        ),
    ],
    *,
    method: Annotated[
        str | None, typer.Option("-X", "--method", metavar="METHOD", help="METHOD as an option.")
    ] = None,
    payload: PayloadOptions,
    headers: Annotated[
        list[str] | None,
        typer.Option("-H", "--header", metavar="'NAME: VALUE'", help="Request header. Repeatable."),
    ] = None,
    result: ResultOptions,
) -> None:
    """Send any request to Jebbit's API.

    Prints the response as it is, even if it is an error, and exits accordingly. Nothing is masked: an
    integration contains its shared secret. With GET, fields become the query. With other methods they become
    a JSON body: data[attributes][region]=eu nests, and name[]=a makes a list. A POST or PATCH without fields
    and --input sends {}.
    """
    from jebbitctl.api.raw_client import parse_headers, parse_path

    named, typed_path = _parse_arguments(arguments, method)
    method = named or ("POST" if any(payload) and not result.paginate else "GET")
    path = parse_path(typed_path, context.settings.api_url.value)
    parsed_headers = parse_headers(headers or [])
    _require_compatible(context.output, method, result, payload)
    fields = parse_fields(payload.raw_fields or [], payload.fields or [])
    path, body = _compose(method, path, fields, payload.input_)
    if result.curl:
        from jebbitctl.commands.api.curl import show_curl

        show_curl(context, method, path, parsed_headers, body, include=result.include)
        return
    client = _client(context, parsed_headers)
    if result.paginate:
        _show_pages(context, client, path)
        return
    with note_of_write(context.output, method, path) if method != "GET" else nullcontext():
        response = client.send_bytes(method, path, body)
    try:
        _show(context, client, response, (method, path), include=result.include)
    except JebbitctlError as error:
        if named is None and response.status in _UNSUPPORTED_WRITE and fields:
            hint = f"fields make this a POST; for a query: jebbitctl api GET {typed_path} …"
            raise error.with_hint(hint) from None
        raise


def _compose(
    method: str, path: str, fields: list[tuple[str, Any]], input_: str | None
) -> tuple[str, bytes | None]:
    """Return the path with its query, and the body; the fields are in one of them."""
    body: bytes | None = None
    if input_ is not None:
        body = read_input(input_, option="--input")
    elif method != "GET" and (fields or method != "DELETE"):
        body, fields = json.dumps(as_document(fields)).encode(), []
    if fields:
        path += ("&" if "?" in path else "?") + urlencode(as_query(fields))
    return path, body


def _client(context: Context, headers: dict[str, str]) -> RawClient:
    from jebbitctl.api.raw_client import RawClient

    client = RawClient(
        context.transport, context.settings.api_url.value, context.tokens, context.business, headers
    )
    client.after_write = context.forget_completions
    return client


def _parse_arguments(arguments: list[str], option: str | None) -> tuple[str | None, str]:
    """Return the method, None if none is given, and the path."""
    *method, path = arguments
    if option is not None:
        if method and method[0].upper() in METHODS:
            raise UsageError(
                f"the method is given twice: --method {option} and {method[0]}", hint="leave one of them out"
            )
        method = [option, *method]
    if len(method) > 1:
        raise UsageError("too many arguments: api takes [METHOD] PATH", hint="see jebbitctl api --help")
    if not method:
        if path.upper() in METHODS:
            raise UsageError(
                f"missing PATH after {path}", hint=f"for example: jebbitctl api {path} /api/v1/feeds"
            )
        return None, path
    if method[0].upper() not in METHODS:
        raise UsageError(f"{method[0]!r} is not a method", hint=f"use {', '.join(METHODS)}")
    return method[0].upper(), path


def _require_compatible(output: Output, method: str, result: ResultOptions, payload: PayloadOptions) -> None:
    """Check that the options do not contradict each other.

    Raises:
        UsageError: they do.
    """
    if result.include and output.json:
        raise UsageError("--include cannot be used with --json or --query")
    if result.paginate and (result.include or result.curl or method != "GET"):
        raise UsageError("--paginate requires GET, and cannot be used with --include or --curl")
    if method == "GET" and payload.input_ is not None:
        raise UsageError("a GET has no body: leave out --input or use another method")
    files = [f"@{payload.input_}", *(field.partition("=")[2] for field in payload.fields or [])]
    if files.count("@-") > 1:
        raise UsageError("standard input cannot be read twice", hint="use files: --field NAME=@FILE")


def _show(
    context: Context,
    client: RawClient,
    response: ApiResponse,
    request: tuple[str, str],
    *,
    include: bool = False,
) -> None:
    """Print a response, then raise its error if it is one."""
    from http.client import responses

    from jebbitctl.output.response_body import write_raw

    output = context.output
    as_json = output.json and response.is_success
    document = _decode(response) if as_json else None
    with output.best_effort():
        if include:
            output.line(f"HTTP/1.1 {response.status} {responses.get(response.status, '')}".rstrip())
            for name, value in response.headers.items():
                output.line(escape_controls(f"{name}: {value}"))
            output.line("")
        if as_json:
            output.document(document)
        else:
            write_raw(response.body, plain=output.plain, whole_lines=not response.is_success)
    client.require_success(response, *request)


def _show_pages(context: Context, client: RawClient, path: str) -> None:
    """Print all pages as one document, but a single page as it is."""
    from jebbitctl.api.raw_client import join_pages
    from jebbitctl.api.raw_listing import RawListing

    client.warn = context.output.warn
    documents = []
    try:
        with context.output.progress("Reading pages") as progress:
            for document in RawListing(client, path).read():
                documents.append(document)
                progress.describe(f"Reading pages: {len(documents)}")
    except JebbitctlError:
        if client.latest_page is not None and not client.latest_page.is_success:
            _show(context, client, client.latest_page, ("GET", path))
        raise
    if len(documents) == 1 and client.first_page is not None:
        _show(context, client, client.first_page, ("GET", path))
    else:
        context.output.document(join_pages(documents))


def _decode(response: ApiResponse) -> Any:
    """Return the response's JSON, None if it is empty.

    Raises:
        RejectedError: it is not JSON.
    """
    try:
        return response.json() if response.body.strip() else None
    except ValueError:
        raise RejectedError(
            f"Jebbit returned {response.status} with {response.not_json}",
            hint="leave out --json and --query to print it as it is",
            status=response.status,
        ) from None
