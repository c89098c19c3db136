from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from jebbitctl.doctor import network
from jebbitctl.errors import CheckFailedError, JebbitctlError
from tests.api.support import certificate
from tests.doctor.support import check_context


@pytest.mark.parametrize(
    "url",
    [
        "http://bob:sesame@proxy.example:3128",
        "bob:sesame@proxy.example:3128",
        "http://bob:se/s@me@proxy.example",
    ],
)
def test_the_password_of_a_proxy_is_never_shown(patch: pytest.MonkeyPatch, url: str) -> None:
    patch.setenv("HTTPS_PROXY", url)
    patch.setenv("NO_PROXY", "api2.jebbit.com")
    try:
        text = network.proxy(check_context())
        assert "auth.jebbit.com through the proxy" in text
        assert "api2.jebbit.com direct" in text
        assert "no_proxy api2.jebbit.com" in text
    except JebbitctlError as error:
        text = f"{error.message} {error.hint}"
    assert "proxy.example" in text
    assert not re.search("bob|sesame|s@me", text)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://proxy:port"])
def test_a_malformed_proxy_url_fails_the_check(patch: pytest.MonkeyPatch, url: str) -> None:
    patch.setenv("HTTPS_PROXY", url)
    patch.setenv("JEBBIT_PROFILE", "nowhere")
    with pytest.raises(JebbitctlError, match="HTTPS_PROXY is not a proxy's URL"):
        network.proxy(check_context())
    patch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert network.proxy(check_context()) == "https http://proxy.example"


def test_certificates_that_cannot_be_read_fail_the_check(patch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("SSL_CERT_DIR", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        for path in (tmp_path / "nowhere.pem", tmp_path / "empty.pem", Path("/dev/null")):
            patch.setenv(name, str(path))
            with pytest.raises(JebbitctlError, match=f"{name}: {path}: "):
                network.certificates(check_context())


def test_the_certificates_of_the_system_are_used_unless_others_are_named(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, _ = certificate(tmp_path)
    patch.setattr(network, "system_has_certificates", lambda: True)
    assert network.certificates(check_context()) == "the system's"
    patch.setattr(network, "system_has_certificates", lambda: False)
    with pytest.raises(CheckFailedError, match="no CA certificates") as caught:
        network.certificates(check_context())
    assert "ca-certificates" in (caught.value.hint or "")
    patch.setenv("SSL_CERT_FILE", str(path))
    assert network.certificates(check_context()) == f"SSL_CERT_FILE: {path}"


def test_a_directory_without_hashed_certificates_fails_the_check(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "authorities"
    directory.mkdir()
    patch.setenv("REQUESTS_CA_BUNDLE", str(directory))
    path, _ = certificate(tmp_path)
    for name in (None, "company.pem", "0123abcd.r0"):
        if name:
            shutil.copy(path, directory / name)
        with pytest.raises(JebbitctlError, match="it contains no certificates"):
            network.certificates(check_context())
    (directory / "0123abcd.0").write_text("no certificate")
    with pytest.raises(JebbitctlError, match="it contains no certificates"):
        network.certificates(check_context())
    shutil.copy(path, directory / "0123abcd.1")
    assert network.certificates(check_context()) == f"REQUESTS_CA_BUNDLE: {directory}"
