from __future__ import annotations

import socket
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.errors import UsageError
from jebbitctl.util.urls import (
    _resolves_to_loopback,
    is_loopback,
    is_proxy_url,
    normalize_url,
    require_https,
    same_origin,
    shown_url,
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bob:sesame@x.example/hook?key=hush#hush", "https://********@x.example/hook"),
        ("http://bob:se/sa#me?@proxy:port", "http://********@proxy:port"),
        ("bob:sesame@proxy:3128", "********@proxy:3128"),
        ("http://bob:sesame@", "http://********@"),
        ("http://[::1]:0/a", "http://[::1]:0/a"),
        ("http://[x", "http://[x"),
        ("/hook?key=hush", "/hook"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@given(st.text(min_size=1), st.sampled_from(["http://", "https://", "socks5://", ""]))
def test_no_password_is_shown_even_in_text_that_is_no_url(password: str, scheme: str) -> None:
    marked = f"<{password.replace('<', '')}>"
    assert "<" not in shown_url(f"{scheme}bob:{marked}@proxy.example:3128/x")


@pytest.mark.parametrize(
    "url", ["http://proxy:3128", "proxy", "proxy:3128", "https://u:p@proxy", "http://[::1]:1"]
)
def test_the_url_of_a_proxy_may_lack_its_scheme(url: str) -> None:
    assert is_proxy_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://u:p@",
        "http://proxy:port",
        "http://proxy:0",
        "http://u:1/p@proxy",
        "u:1#p@proxy",
        "http://[",
    ],
)
def test_other_text_is_not_the_url_of_a_proxy(url: str) -> None:
    assert not is_proxy_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.255.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "::1",
        "[::1]",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "[::ffff:7f00:1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
    ],
)
def test_a_loopback_host_is_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.1",
        "::",
        "10.0.0.1",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.1.2",
        "128.1",
        "4294967296",
        "::ffff:10.0.0.1",
        "[127.0.0.1",
        "ip6-localhost.example.com",
        "notlocalhost",
        "\u0661",
    ],
)
def test_another_host_is_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


HOSTS_FILE_NAMES = ["localhost6", "ip6-localhost", "IP6-Loopback.", "localhost.localdomain", "app.localhost"]


@pytest.mark.parametrize("host", HOSTS_FILE_NAMES)
@pytest.mark.parametrize(
    ("addresses", "expected"),
    [(["::1"], True), (["127.0.0.1", "::1"], True), (["127.0.0.1", "192.0.2.1"], False), ([], False)],
)
def test_another_name_of_a_hosts_file_counts_where_it_leads_to_this_machine_only(
    host: str, addresses: list[str], *, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        if not addresses:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    _resolves_to_loopback.cache_clear()
    assert is_loopback(host) is expected
    _resolves_to_loopback.cache_clear()


@pytest.mark.parametrize(
    "url",
    [
        "https://api2.jebbit.com",
        "https://example.com:8443/hook?a=b",
        "https://bücher.example/",
        "https://example.com./",
        "https://my_hooks.example.com/a{b}$c",
        "https://b\xfccher.my_hooks.example\u3002com",
        "https://xn--bcher-kva.example:443/",
        "https://192.0.2.7:65535/",
        "https://3com.example/",
        "https://intranet/",
        "HTTPS://example.com",
        "https://[2001:db8::1]/",
        "http://127.0.0.1:8787",
        "http://localhost/hook",
        "http://[::1]:8787/",
    ],
)
def test_a_safe_url_is_returned_unchanged(url: str) -> None:
    assert require_https(url, what="--endpoint") == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "empty"),
        (" https://example.com", "spaces"),
        ("https://example.com/********", "masked"),
        ("https://example.com/a b", "spaces"),
        ("https://example.com/\r\nX: y", "spaces or control"),
        ("https://exa\x1bmple.com", "control characters"),
        ("https://exa\u202emple.com", "control characters"),
        ("https://\ud800.com", "control characters"),
        ("https://[::1", "not an IPv6"),
        *[
            (f"https://example.com:{port}", "port is not a number")
            for port in ("99999", "x", "0", "-1", "\u0663")
        ],
        ("https://[::1]x", "port is not"),
        ("https://[your-domain]/", "not an IPv6"),
        ("https://https://example.com", "it has https:// or http:// twice"),
        ("https://http://example.com/", "it has https:// or http:// twice"),
        ("https://https//example.com/", "it has https:// or http:// twice"),
        ('"https://example.com"', "quotation marks"),
        ("\u2018https://example.com\u2019", "quotation marks"),
        ('https://"example.com"/', 'contains "'),
        ("https://'example.com'", "contains '"),
        *[
            (f"https://{host}/hook", "host is a placeholder")
            for host in (
                "<your-domain>",
                "<your domain>",
                "{{host}}",
                "{{ host }}",
                "${HOST}",
                "$HOST",
                "hooks.$DOMAIN",
                "%7Bhost%7D",
                "__HOST__.example.com",
                "${HOST}:8443",
                "%HOST%",
                "%(host)s",
                "hooks-__ENV__.example.com",
            )
        ],
        *[(url, "host is a placeholder") for url in ("$BASE_URL/hook", "{{url}}", "<url>", "${URL}?a=b")],
        ("https://a%2Fb.example", "contains %"),
        ("https://b%C3%BCcher.example", "contains %"),
        ("https://a,b.example", "contains ,"),
        ("https://*.example.com", "contains \\*"),
        ("https://-a.example", "hyphen"),
        ("https://a-.example", "hyphen"),
        (f"https://{'a' * 64}.example", "more than 63"),
        (f"https://{'a.' * 130}example", "more than 253"),
        ("https://" + "b\xfc" * 40 + ".example", "international name"),
        ("https://\u2764.example", "international name"),
        ("https://256.1.1.1", "IPv4"),
        ("https://127.1", "IPv4"),
        ("https://1.2.3.4.5", "IPv4"),
        ("example.com", "not an absolute URL"),
        ("//example.com", "not an absolute URL"),
        ("https://", "not an absolute URL"),
        ("https:///path", "not an absolute URL"),
        ("ftp://example.com", "not an absolute URL"),
        ("file:///etc/passwd", "not an absolute URL"),
        ("javascript:alert(1)", "not an absolute URL"),
        ("https://a..b/", "host name is not valid"),
        ("https://.", "host name is not valid"),
        ("https://.com", "host name is not valid"),
        ("https://user:password@example.com", "user name or password"),
        ("https://user@example.com", "user name or password"),
        ("https://@example.com", "user name or password"),
        ("http://example.com", "plain http to example.com"),
        ("http://10.0.0.1", "plain http"),
        ("http://127.0.0.1.example.com", "plain http"),
        ("http://localhost.example.com", "plain http"),
        ("http://127.0.0.1\\.example.com", "contains"),
    ],
)
def test_an_unsafe_url_is_a_usage_error(url: str, problem: str) -> None:
    with pytest.raises(UsageError, match=f"^--endpoint: .*{problem}") as caught:
        require_https(url, what="--endpoint")
    assert "password@" not in caught.value.message
    assert "https://" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "spelling",
    [
        "https://hooks.example.com/",
        "https://hooks.example.com",
        "HTTPS://Hooks.Example.COM/",
        "https://hooks.example.com:443",
        "https://hooks.example.com:/",
    ],
)
def test_equivalent_urls_have_the_same_normal_form(spelling: str) -> None:
    assert normalize_url(spelling) == "https://hooks.example.com/"


@pytest.mark.parametrize(
    "spelling",
    ["https://B\xfccher.example:443", "https://b\xfccher\u3002example/", "https://xn--bcher-kva.example"],
)
def test_an_international_name_has_the_normal_form_of_dns(spelling: str) -> None:
    assert normalize_url(spelling) == "https://xn--bcher-kva.example/"
    assert same_origin(spelling, "https://xn--bcher-kva.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com/A",
        "https://hooks.example.com/a",
        "https://hooks.example.com/a/",
        "https://hooks.example.com/?A",
        "https://A@hooks.example.com/",
        "https://[2001:db8::443]/",
        "https://a:443:443",
        "https://a::",
        "https://[::1",
        "urn:A",
        "",
    ],
)
def test_a_normal_form_or_other_text_is_unchanged(url: str) -> None:
    assert normalize_url(url) == url


@given(st.text() | st.text("htPs:/[]@.1%\\#?43").map("http:/".__add__))
def test_normalizing_twice_changes_nothing(url: str) -> None:
    assert normalize_url(normalize_url(url)) == normalize_url(url)


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
LEGAL_HOST = (
    st.builds(
        lambda labels, last, root: ".".join([*labels, last]) + root,
        st.lists(
            LABEL | st.sampled_from(["m\u00fcnchen", "\u65e5\u672c", "xn--bcher-kva", "my_hooks"]), max_size=5
        ),
        st.from_regex("[a-z][a-z0-9]{1,20}", fullmatch=True).filter(
            lambda name: name not in {"http", "https"}
        ),
        st.sampled_from(["", "."]),
    )
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map("[{}]".format)
)


@given(
    LEGAL_HOST,
    st.none() | st.integers(1, 65535),
    st.text(string.printable.strip(), max_size=20).map(lambda text: text and f"/{text}"),
)
def test_every_legal_host_and_port_is_accepted(host: str, port: int | None, path: str) -> None:
    url = f"https://{host.swapcase()}{'' if port is None else f':{port}'}{path}"
    assert require_https(url, what="--endpoint") == url


@given(
    st.text() | st.text("htps:/[]@.1%\\#?").map("http:/".__add__) | st.from_regex(r"https?://[^/]{0,20}/?")
)
def test_any_text_is_a_safe_url_or_a_usage_error(url: str) -> None:
    try:
        require_https(url, what="url")
    except UsageError:
        return
    assert url.lower().startswith(("https://", "http://"))
    assert url.isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example",
        "https://API.example/api/v1/things?page=2",
        "HTTPS://api.example:443/",
        "https://api.example:/x#y",
    ],
)
def test_urls_of_the_same_origin(url: str) -> None:
    assert same_origin(url, "https://api.example/api/v1")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/",
        "https://api.example:444/",
        "https://api.example:80/",
        "https://api.example.evil.example/",
        "https://user:password@api.example/",
        "https://api.example:x/",
        "//api.example/",
        "/api/v1",
        "https://[",
        "",
    ],
)
def test_urls_of_different_origins(url: str) -> None:
    assert not same_origin(url, "https://api.example/api/v1")
    assert not same_origin("https://api.example/api/v1", url)


def test_text_that_is_not_an_absolute_url_has_no_origin() -> None:
    assert not same_origin("/a", "/a")
