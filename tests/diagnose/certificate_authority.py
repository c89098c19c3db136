"""Makes certificates with openssl: good ones, and one for each way of being bad."""

from __future__ import annotations

import datetime as dt
import ssl
import subprocess
from functools import cached_property
from typing import TYPE_CHECKING

from jebbitctl.util.certificates import TrustedCertificates

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """\
[ca]
default_ca=x
[x]
new_certs_dir=.
database=index
rand_serial=yes
default_md=sha256
unique_subject=no
policy=p
[p]
commonName=supplied
[req]
distinguished_name=d
[d]
"""


class CertificateAuthority:
    """A root and an intermediate CA; all certificates have the same key.

    Args:
        folder: an empty one.
        intermediate_days: until the intermediate CA expires; negative: it has.
    """

    def __init__(self, folder: Path, *, intermediate_days: float = 100) -> None:
        self._folder = folder
        self._intermediate_days = intermediate_days
        (folder / "ca.cnf").write_text(_CONFIG)
        (folder / "index").touch()
        curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem"
        self._openssl(f"req -config ca.cnf -new {curve} -subj /CN=any -out request.pem")

    @cached_property
    def root(self) -> Path:
        return self._certificate("root", days=100, signer=None)

    @cached_property
    def intermediate(self) -> Path:
        return self._certificate("intermediate", days=self._intermediate_days, signer=self.root)

    @property
    def trusted(self) -> TrustedCertificates:
        """The root as the only trusted CA."""
        return TrustedCertificates((("SSL_CERT_FILE", str(self.root)),))

    def server(
        self,
        *names: str,
        days: float = 90.5,
        begins: float = -10,
        self_signed: bool = False,
        send_intermediate: bool = True,
        purpose: str = "serverAuth",
    ) -> ssl.SSLContext:
        """Return what a server uses with a certificate for these names.

        Args:
            names: such as ``IP:127.0.0.1`` or ``DNS:example.com``.
            days: until it expires; negative: it has.
            begins: in how many days it becomes valid.
            self_signed: sign it with itself.
            send_intermediate: whether the server sends the intermediate CA's certificate.
            purpose: what it may be used for.
        """
        signer = None if self_signed else self.intermediate
        extension = f"subjectAltName={','.join(names)}\nextendedKeyUsage={purpose}"
        leaf = self._certificate("leaf", days=days, begins=begins, signer=signer, extension=extension)
        chain = self._folder / "chain.pem"
        rest = "" if self_signed or not send_intermediate else self.intermediate.read_text()
        chain.write_text(leaf.read_text() + rest)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, self._folder / "key.pem")
        return context

    def _certificate(
        self,
        name: str,
        *,
        days: float,
        begins: float = -10,
        signer: Path | None,
        extension: str = "basicConstraints=critical,CA:TRUE",
    ) -> Path:
        (self._folder / "extensions").write_text(f"[e]\n{extension}\n")
        path = self._folder / f"{name}.pem"
        by = "-selfsign" if signer is None else f"-cert {signer}"
        self._openssl(
            f"ca -batch -notext -config ca.cnf {by} -keyfile key.pem -in request.pem -subj /CN={name} "
            f"-out {path} -extfile extensions -extensions e -startdate {_time(begins)} -enddate {_time(days)}"
        )
        return path

    def _openssl(self, command: str) -> None:
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True, cwd=self._folder)


def _time(days: float) -> str:
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=days):%Y%m%d%H%M%SZ}"
