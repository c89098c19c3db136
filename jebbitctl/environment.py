"""The environment variables that jebbitctl reads: each declared once, with its kind and its help."""

from __future__ import annotations

import os
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.util.certificates import TrustedCertificates
from jebbitctl.util.inputs import clean_credential, padding, read_text_input
from jebbitctl.util.redaction import register_secret
from jebbitctl.util.text_slips import carriage_return, find_slip
from jebbitctl.util.timeouts import call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(Enum):
    """How a variable's value is read."""

    CREDENTIAL = auto()
    CREDENTIAL_FILE = auto()
    SETTING = auto()
    SWITCH = auto()


class Variable(NamedTuple):
    """One environment variable.

    Attributes:
        name: such as ``JEBBIT_TIMEOUT``.
        kind: how its value is read.
        help: one line, without a full stop.
        secret: whether output must mask its value.
        selects_account: whether it decides which account, service or files a command uses. A sandbox replaces
            these variables.
    """

    name: str
    kind: Kind
    help: str
    secret: bool = False
    selects_account: bool = True


CLIENT_ID = "JEBBIT_CLIENT_ID"
CLIENT_SECRET = "JEBBIT_CLIENT_SECRET"  # noqa: S105 - a variable's name
CLIENT_SECRET_FILE = "JEBBIT_CLIENT_SECRET_FILE"  # noqa: S105 - a variable's name
ACCESS_TOKEN = "JEBBIT_ACCESS_TOKEN"  # noqa: S105 - a variable's name
WEBHOOK_SECRET = "JEBBIT_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
WEBHOOK_SECRET_FILE = "JEBBIT_WEBHOOK_SECRET_FILE"  # noqa: S105 - a variable's name
BUSINESS_ID = "JEBBIT_BUSINESS_ID"
PROFILE = "JEBBIT_PROFILE"
API_BASE_URL = "JEBBIT_API_BASE_URL"
AUTH_ISSUER = "JEBBIT_AUTH_ISSUER"
API_AUDIENCE = "JEBBIT_API_AUDIENCE"
CONFIG_DIR = "JEBBIT_CONFIG_DIR"
TIMEOUT = "JEBBIT_TIMEOUT"
NO_INPUT = "JEBBIT_NO_INPUT"
DEBUG = "JEBBIT_DEBUG"

_DECLARED = (
    Variable(CLIENT_ID, Kind.CREDENTIAL, "Client id; with its secret, no login is needed"),
    Variable(CLIENT_SECRET, Kind.CREDENTIAL, "Client secret", secret=True),
    Variable(CLIENT_SECRET_FILE, Kind.CREDENTIAL_FILE, "File with the client secret"),
    Variable(ACCESS_TOKEN, Kind.CREDENTIAL, "Use this access token and request none", secret=True),
    Variable(WEBHOOK_SECRET, Kind.CREDENTIAL, "An integration's shared secret", secret=True),
    Variable(WEBHOOK_SECRET_FILE, Kind.CREDENTIAL_FILE, "File with an integration's shared secret"),
    Variable(BUSINESS_ID, Kind.SETTING, "Like --business: an id or a name"),
    Variable(PROFILE, Kind.SETTING, "Like --profile"),
    Variable(API_BASE_URL, Kind.SETTING, "Base URL of the API"),
    Variable(AUTH_ISSUER, Kind.SETTING, "Base URL of the token issuer"),
    Variable(API_AUDIENCE, Kind.SETTING, "Audience to request tokens for"),
    Variable(CONFIG_DIR, Kind.SETTING, "Directory for profiles and cached tokens"),
    Variable(
        TIMEOUT,
        Kind.SETTING,
        "Seconds for an API call and its retries (default: 60)",
        selects_account=False,
    ),
    Variable(NO_INPUT, Kind.SWITCH, "Like --no-input, if set to 1", selects_account=False),
    Variable(DEBUG, Kind.SWITCH, "Like --debug, if set to 1", selects_account=False),
)
VARIABLES = {variable.name: variable for variable in _DECLARED}
"""Every variable by name, in the order of the help."""
FILES = {CLIENT_SECRET: CLIENT_SECRET_FILE, WEBHOOK_SECRET: WEBHOOK_SECRET_FILE}
"""The variables that name a file with a credential, by the variable that would hold the credential itself."""

VARIABLE_OF_OPTION = {
    "--profile": PROFILE,
    "--business": BUSINESS_ID,
    "--no-input": NO_INPUT,
    "--debug": DEBUG,
    "--client-id": CLIENT_ID,
    "--api-url": API_BASE_URL,
    "--auth-url": AUTH_ISSUER,
}
"""The variable that an option takes precedence over."""

MANIFEST_PREFIX = "JEBBIT_VAR_"
"""Variables with this prefix are the only ones that a manifest can use: ``${NAME}`` is JEBBIT_VAR_NAME."""
MANIFEST_VARIABLES = {f"{MANIFEST_PREFIX}NAME": "Value of ${NAME} in a manifest, unless --var gives one"}
"""The name of such a variable in help, with its help text."""

HTTPS_PROXY = "HTTPS_PROXY"
HTTP_PROXY = "HTTP_PROXY"
ALL_PROXY = "ALL_PROXY"
NO_PROXY = "NO_PROXY"
REQUESTS_CA_BUNDLE = "REQUESTS_CA_BUNDLE"
CURL_CA_BUNDLE = "CURL_CA_BUNDLE"
SSL_CERT_FILE = "SSL_CERT_FILE"
SSL_CERT_DIR = "SSL_CERT_DIR"
NO_COLOR = "NO_COLOR"
FORCE_COLOR = "FORCE_COLOR"
TERM = "TERM"
COLUMNS = "COLUMNS"
XDG_CONFIG_HOME = "XDG_CONFIG_HOME"
XDG_DATA_HOME = "XDG_DATA_HOME"
GITHUB_ACTIONS = "GITHUB_ACTIONS"
GITHUB_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
GITHUB_WORKSPACE = "GITHUB_WORKSPACE"
ZDOTDIR = "ZDOTDIR"

FOREIGN_VARIABLES = {
    HTTPS_PROXY: "Proxy for https URLs",
    HTTP_PROXY: "Proxy for http URLs",
    ALL_PROXY: "Proxy for URLs that have none of their own",
    NO_PROXY: "Hosts to reach without a proxy, separated by commas",
    REQUESTS_CA_BUNDLE: "File with the certificates to trust, instead of the system's",
    CURL_CA_BUNDLE: "Likewise, if REQUESTS_CA_BUNDLE is not set",
    SSL_CERT_FILE: "Likewise, if neither of them is set",
    SSL_CERT_DIR: "Likewise, a directory made by openssl rehash",
    NO_COLOR: "Print no colours, if not empty",
    FORCE_COLOR: "Print colours even without a terminal, if not empty",
    TERM: "dumb: print no colours and no progress bars",
    COLUMNS: "Width of text on a terminal",
    XDG_CONFIG_HOME: "Parent of the configuration directory, on Linux, and of fish's",
    XDG_DATA_HOME: "Where doctor looks for completion scripts",
    GITHUB_ACTIONS: "true: diff and apply --dry-run annotate the lines of the manifest",
    GITHUB_STEP_SUMMARY: "File that diff and apply --dry-run then append the plan to, as Markdown",
    GITHUB_WORKSPACE: "Directory that paths in annotations are relative to",
    ZDOTDIR: "Where --install-completion finds zsh's files",
}
"""Variables of other tools that are honoured, with one line of help each."""

CONNECTION_VARIABLES = (
    HTTPS_PROXY,
    HTTP_PROXY,
    ALL_PROXY,
    NO_PROXY,
    REQUESTS_CA_BUNDLE,
    CURL_CA_BUNDLE,
    SSL_CERT_FILE,
    SSL_CERT_DIR,
)
"""Those that decide where a request goes, and whom it trusts."""

PIPE_TIMEOUT = 30.0
"""Seconds for what writes a credential to a pipe, which may ask the user first."""
_OFF = frozenset({"", "0", "false", "no"})


class Environment:
    """The variables of one invocation.

    Args:
        values: names and values, such as ``os.environ``.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self._files: dict[str, str] = {}
        """The credentials that were read from files, by the variable that names the file."""

    def __contains__(self, name: str) -> bool:
        """Whether a variable is set, even if it is empty; a credential also if its file is named."""
        return self.source(name) in self.values

    def source(self, name: str) -> str:
        """Return the variable that gives a credential: the one that names its file, if that is set."""
        file = FILES.get(name, name)
        return file if file in self.values else name

    def declared(self) -> list[str]:
        """Return the names of jebbitctl's own variables that are set, in the order of the help."""
        return [name for name in VARIABLES if name in self.values]

    def manifest_variables(self) -> dict[str, str]:
        """Return the variables that a manifest can use, by their names in the manifest."""
        return {
            name.removeprefix(MANIFEST_PREFIX): value
            for name, value in self.values.items()
            if name.startswith(MANIFEST_PREFIX)
        }

    def setting(self, name: str) -> str | None:
        """Return a setting, None if it is not set.

        Raises:
            UsageError: it is empty, which never means "unset": it is a mistake in a script. Or it contains
                control characters, or stands in quotes or spaces, which no setting does.
        """
        value = self.values.get(name)
        if value == "":
            raise UsageError(f"{name} is set but empty", hint=f"unset {name}, or give it a value")
        if value is not None:
            _require_text(name, value)
        if value is not None and (found := padding(value, source=name)):
            raise UsageError(found.problem, hint=found.fix)
        return value

    def credential(self, name: str) -> str | None:
        """Return a credential, None if it is not set.

        It is read from its file if FILES has a variable for that, and masked in whatever is printed then.

        Raises:
            CredentialsError: it is empty, or contains line breaks or control characters.
            UsageError: its file is missing or cannot be read, or both variables are set.
        """
        if (file := self.source(name)) != name:
            return self._credential_in_file(name, file)
        value = self.values.get(name)
        if value == "":
            raise CredentialsError(f"{name} is empty", hint=f"give {name} a value, or unset it")
        return None if value is None else clean_credential(value, source=name)

    def _credential_in_file(self, name: str, file: str) -> str:
        if name in self.values:
            raise UsageError(f"{name} and {file} are both set", hint="unset one of them")
        if file not in self._files:  # a pipe can be read only once
            if not self.values[file]:
                raise UsageError(f"{file} is set but empty", hint=f"unset {file}, or give it a path")
            if slip := carriage_return(self.values[file]):
                raise UsageError(f"{file} {slip.problem}", hint=slip.hint)
            path = self.expand_home(self.values[file]).absolute()
            if not _exists(path):
                self._require_path(name, file)
            text = _read_credential(path, file)
            self._files[file] = register_secret(clean_credential(text, source=f"{file} {path}"))
        return self._files[file]

    def _require_path(self, name: str, file: str) -> None:
        """Check that a value that names no file is at least a path, and not the credential itself.

        Raises:
            UsageError: it is in quotes, or may be the credential itself. The message does not show it.
        """
        if found := padding(self.values[file], source=file):
            raise UsageError(found.problem, hint=found.fix)
        if not (Path(self.values[file]).is_absolute() or self.values[file].startswith((".", "~"))):
            raise UsageError(
                f"{file} names no file in this directory",
                hint=f"give the file's path; a value itself belongs into {name}",
            )

    def switch(self, name: str) -> bool:
        """Whether a switch is on: set, and not empty, ``0``, ``false`` or ``no``."""
        return self.values.get(name, "").strip().lower() not in _OFF

    def directory(self, name: str) -> Path | None:
        """Return the directory that a variable names; a relative path does not count, as XDG specifies.

        Raises:
            UsageError: it contains a carriage return.
        """
        value = self.values.get(name, "")
        if slip := carriage_return(value):
            raise UsageError(f"{name} {slip.problem}", hint=slip.hint)
        path = Path(value)
        return path if path.is_absolute() else None

    def trusted_certificates(self) -> TrustedCertificates:
        """Return the only source of certificates to trust: a named bundle, named files, or the system's.

        Raises:
            UsageError: a variable that says how to connect contains a carriage return.
        """
        for name in CONNECTION_VARIABLES:
            for spelling in (name, name.lower()):
                if slip := carriage_return(self.values.get(spelling, "")):
                    raise UsageError(f"{spelling} {slip.problem}", hint=slip.hint)
        for names in ((REQUESTS_CA_BUNDLE,), (CURL_CA_BUNDLE,), (SSL_CERT_FILE, SSL_CERT_DIR)):
            if paths := tuple((name, self.values[name]) for name in names if self.values.get(name)):
                return TrustedCertificates(paths)
        return TrustedCertificates()

    def home(self) -> Path | None:
        """Return the home directory, None if there is none or it is not an absolute path."""
        named = self.values.get("HOME" if os.name == "posix" else "USERPROFILE")
        if named is None and os.name == "posix":
            named = _home_of_the_user()
        path = Path(named or "")
        return path if path.is_absolute() else None

    def expand_home(self, path: str) -> Path:
        """Return a path; ``~`` and ``~/`` at its beginning, which not every shell expands, are the home."""
        home = self.home()
        if home is None or not (path == "~" or path.startswith("~/")):
            return Path(path)
        return home / path[2:]

    def secrets(self) -> list[str]:
        """Return the secrets that are set, for output to mask."""
        names = [variable.name for variable in VARIABLES.values() if variable.secret]
        return [value.strip() for name in names if (value := self.values.get(name))]

    def for_account(self, account: Mapping[str, str]) -> dict[str, str]:
        """Return the whole environment with these variables instead of those that select an account."""
        others = {
            name: value
            for name, value in self.values.items()
            if name not in VARIABLES or not VARIABLES[name].selects_account
        }
        return {**others, **account}


def _require_text(name: str, value: str) -> None:
    """Check that a setting is one line of text; a path may contain any bytes on POSIX.

    Raises:
        UsageError: it is not.
    """
    if name == CONFIG_DIR:
        value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if value.isprintable():
        return
    if slip := find_slip(value):
        raise UsageError(f"{name} {slip.problem}", hint=slip.hint)
    raise UsageError(f"{name} contains a line break or another control character")


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _read_credential(path: Path, file: str) -> str:
    """Return the content of a file with a credential; a pipe may have nobody who ever writes to it.

    Raises:
        UsageError: it cannot be read, or a pipe gives nothing in time.
    """
    read = partial(read_text_input, str(path), option=file)
    if not (_exists(path) and path.is_fifo()):
        return read()
    try:
        return call_with_timeout(PIPE_TIMEOUT, read)
    except TimeoutError:
        raise UsageError(
            f"{file} {path}: nothing was written to this pipe within {PIPE_TIMEOUT:g} s"
        ) from None


def _home_of_the_user() -> str | None:
    """Return the home directory in the password database, None without an entry, as in some containers."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None
