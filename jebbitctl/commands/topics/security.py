"""``help security``."""

from __future__ import annotations

from jebbitctl.commands.topics.layout import table

STORED = {
    "client secret": "the operating system's keyring (macOS Keychain, Windows Credential Locker, "
    "Secret Service); never a file: plaintext and null keyrings are refused. With login "
    "--client-secret-command, nowhere: the command prints it whenever a token is requested",
    "client id, URLs, default business": "config.toml in the configuration directory, mode 0600, with the "
    "command of --client-secret-command",
    "access tokens": "tokens/ in the configuration directory, mode 0600; not used if "
    "others can read them or you do not own them",
    "ids and endpoints for completion": "completion/ in the configuration directory, mode 0600; used for "
    "five minutes, removed by writes and logout",
    "shared secrets": "nowhere, except in files that you ask for with --secret-file or "
    "--secrets-dir, mode 0600",
    "deliveries (visitors' answers)": "nowhere, except in the file of listen --record, mode 0600; refused "
    "ones only with --record-refused, 64 KiB of each, in a file of up to 100 MiB; --mask hides personal data",
    "a sandbox's own client secret": "sandboxes/ in the configuration directory, mode 0600, while sandbox "
    "serve runs",
    "a run in progress": "locks/ in the configuration directory: process ids, and ids of what was created "
    "but not checked yet; an interrupted login leaves a note that names its keyring entry. No secrets",
}

_DIRECTORY = """\
The configuration directory is ~/.config/jebbitctl on Linux,
~/Library/Application Support/jebbitctl on macOS, %LOCALAPPDATA%\\jebbitctl on
Windows, or JEBBIT_CONFIG_DIR. If the credentials come from the environment,
only the access token is stored, and the keyring is not used. The tests run
against a real Secret Service; the keyrings of macOS and Windows are untested.

jebbitctl waits 3 seconds for the keyring. Unlock it first if your desktop
asks for that.

config.toml decides where secrets are sent. So it is used only if nobody else
could have written or replaced it: the file, and each directory and link on
its path, belong to you or root, and others cannot write to them. Otherwise
commands end with exit code 4, before anything is read or sent. If the
environment says it all (JEBBIT_API_BASE_URL, and an access token or client id,
secret and JEBBIT_AUTH_ISSUER), no file is needed, and one that is not trusted
is ignored with a warning. Caches are used by the same rules. --secret-file,
--secrets-dir, --record and --into refuse what belongs to another user.

A secret file is created empty and filled in place: it never has a second
name, and another secret is overwritten with --force only. If a command is
killed, an empty file may stay; the next run fills it. If a new secret cannot
be saved and Jebbit does not show it again, it is printed on standard error. An
interrupted login is cleaned up by the next login or logout; doctor names what
is left.
"""

_TEXT = """\
HOW TO PASS SECRETS

No option takes a secret as its value, since other users can see options with
ps. A secret comes from a prompt that does not echo, standard input
(--client-secret-stdin, --secret-stdin; typed at a terminal, it is not shown),
a file (--secret-file, JEBBIT_CLIENT_SECRET_FILE, JEBBIT_WEBHOOK_SECRET_FILE; of
a sandbox, --client-secret-file), the environment, the keyring, or a command
(login --client-secret-command).

That command runs without a shell, in the environment of jebbitctl, without
standard input, and for at most 10 seconds; then it and its children are
killed. Nothing that it prints is shown. It is never run for TAB or help, and
another issuer than the one of the login never gets what it prints.

WHAT IS SHOWN

A shared secret prints as ********, except by `integrations create` without
--secret-file (Jebbit may show it only once), by `integrations secret` and
--show-secret, and where it would be lost. So do values under keys that look
like credentials of other services, such as api_key, password and token, in get,
list, diff, apply and --debug, except with --show-secret; `integrations export`
never writes them. `token` prints an access token, and `api` prints responses as
they come. Everywhere else, secrets in use (of 8 characters or more) are masked
in whatever is printed, should an endpoint, an error or an attribute repeat one.
Passwords in URLs are masked in messages. A bug prints one line without values.

--debug logs each request to standard error: method, URL, status, duration and
the first 500 characters of a JSON body, but no headers. Endpoints and other
attributes are shown: read the log before you share it.

Text from Jebbit, endpoints and files is escaped: terminal escape sequences in
it have no effect.

WHAT IS SENT

There is no telemetry. jebbitctl talks to Jebbit's API, Jebbit's token issuer
and the endpoints of the URLs and integrations that you name, and to nothing
else. `integrations diagnose`, also with --all, looks up their names, connects
and sends an unsigned HEAD; deliveries, only with --probe or after a yes.

Requests to Jebbit use HTTPS; plain HTTP is allowed to this machine only. A
delivery that you send with `webhooks` may go to any URL; the secret itself is
never in it. A manifest can use no environment variable but JEBBIT_VAR_NAME,
so it cannot send what the others hold. Redirects are not followed, cookies
and ~/.netrc are ignored, and further pages are only fetched from the same
server.

Certificates are verified against exactly one of these, the first that is set:
REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE with SSL_CERT_DIR, or else
the system's store. doctor says which.

Each call has one deadline (JEBBIT_TIMEOUT). A response may have at most
64 MiB and 2,000,000 values, and so may a list as a whole, on at most 10,000
pages and within ten times that deadline.

A POST, PUT or PATCH is repeated only if it certainly was not applied: no
connection was made, or the response was 429. GET and DELETE are safe to
repeat, so they are also repeated after a lost connection, 502, 503 and 504.

RECEIVERS

`listen` answers once a delivery is in its recording, and with 500 if the
recording was deleted or replaced. Nothing is ever cut from a recording; several
listeners on one machine may append to one. A request may take 5 seconds and 1
MiB, and silent or slow connections make room for others. There is no TLS, and
no protection from a client that sends complete requests on every connection: on
a public address, put a reverse proxy with TLS and limits per client in front.

THE INSPECTOR'S PAGE

`webhooks inspect` and `listen --inspect` serve a page on 127.0.0.1 only, at a
URL with a random token. Anyone who has this URL can see the deliveries, and
replay them to the URLs on the command line, but to no others. Pages from
elsewhere can neither read nor embed it, nor send anything to it, not even if
they have the URL: Host and Origin are checked. It loads nothing from elsewhere,
and shows what it gets as text. Shared secrets, cookies and Authorization
headers are never in it.

WHAT CANNOT BE PROMISED

Root, and other processes of your own user, can read and change everything
here: memory, core dumps, files and the keyring while it is unlocked. Python
cannot wipe secrets from memory. --mask goes by the names of attributes and by
what e-mail addresses and phone numbers look like; a name within other text
stays. Permissions of files are not checked on Windows. A recording survives a
killed process, but is not forced to disk: a power failure may lose the last
deliveries. Locks keep the runs of one machine apart; runs on different machines
find each other's duplicates only after they have created them.

HOW TO REPORT A VULNERABILITY

Use the private advisory form of the repository's host (Security, then Report
a vulnerability), not a public issue. Give the output of `jebbitctl --version`
and the steps to reproduce it, if possible with `jebbitctl sandbox`. Leave out
secrets and tokens, and rotate any that have leaked. Fixes are made for the
latest version only.
"""


def text() -> str:
    """Return what is stored, shown and sent, and how to report a vulnerability."""
    return f"WHAT IS STORED\n\n{table(STORED.items())}\n\n{_DIRECTORY}\n{_TEXT}"
