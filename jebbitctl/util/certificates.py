"""The certificates that TLS connections trust: those of exactly one source."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""The file names that ``openssl rehash`` gives to certificates."""


class TrustedCertificates(NamedTuple):
    """A source of trusted CA certificates: the paths that variables name, or the system's store.

    The certificates that come with requests (certifi) are never trusted beside it.

    Attributes:
        paths: pairs of a variable's name and its value: a PEM file, a directory made by ``openssl rehash``,
            or several such directories. Empty for the system's store.
    """

    paths: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return the source for a message."""
        return ", ".join(f"{name}: {path}" for name, path in self.paths) or "the system's"

    def ssl_context(self) -> ssl.SSLContext:
        """Return a context that verifies servers against these certificates, and nothing else.

        Raises:
            UsageError: a path does not exist, cannot be read, or holds no certificates.
        """
        import ssl

        if not self.paths:
            import truststore

            return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for name, path in self.paths:
            if problem := _load(context, path):
                raise UsageError(
                    f"{name}: {path}: {problem}",
                    hint="use a file of PEM certificates"
                    if name.startswith("-")
                    else f"unset {name}, or set it to a file of PEM certificates",
                )
        return context


SYSTEM_CERTIFICATES = TrustedCertificates()


def system_has_certificates() -> bool:
    """Whether the system's store holds any certificates; slim containers often have none."""
    import ssl
    import sys

    import truststore

    if sys.platform in {"darwin", "win32"}:
        return True
    trusting = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # truststore loads them with each connection
    loaded = trusting.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
    directory = ssl.get_default_verify_paths().capath
    return loaded.cert_store_stats()["x509"] > 0 or any(_hashed_files([directory] if directory else []))


def public_certificates() -> TrustedCertificates | None:
    """Return the CAs that come with requests (certifi): those that everyone trusts, none of a company.

    None if they are the system's: some distributions put those in their place.
    """
    import ssl

    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    path = Path(DEFAULT_CA_BUNDLE_PATH).resolve()
    system = ssl.get_default_verify_paths()  # not what SSL_CERT_FILE names: that may be these
    places = {Path(place).resolve() for place in (system.openssl_cafile, system.openssl_capath) if place}
    return None if {path, path.parent} & places else TrustedCertificates((("certifi", str(path)),))


def _load(context: ssl.SSLContext, path: str) -> str | None:
    """Make a context trust the certificates at a path; return why that failed, None if it did not.

    OpenSSL reads a directory during the handshake, and never says that it is empty or missing.
    """
    import ssl

    directories = [part for part in path.split(os.pathsep) if Path(part).is_dir()]
    try:
        if not directories:
            context.load_verify_locations(path)
        elif not any(map(_holds_certificates, _hashed_files(directories))):
            return "it contains no certificates"
        for directory in directories:
            context.load_verify_locations(capath=directory)
    except ssl.SSLError:
        return "it contains no certificates"
    except OSError as error:
        return (error.strerror or "it cannot be read").lower()
    return None


def _holds_certificates(path: Path) -> bool:
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _hashed_files(directories: Iterable[str]) -> Iterator[Path]:
    """Yield the files that OpenSSL would look up in directories of certificates."""
    for directory in directories:
        for path in sorted(Path(directory).iterdir()):
            if _HASHED.fullmatch(path.name):
                yield path
