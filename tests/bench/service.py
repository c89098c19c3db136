"""What is measured against: a sandbox in a process of its own, and the scripts that a CLI competes with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
PYTHON = sys.executable
JEBBITCTL = str(BIN / "jebbitctl")

HELLO = """\
import typer

def main(name: str = "world") -> None:
    print(f"Hello {name}")

typer.run(main)
"""
"""Hello-world on Typer."""

GET = """\
import os
import requests
headers = {"Authorization": f"Bearer {os.environ['JEBBIT_ACCESS_TOKEN']}"}
answer = requests.get(os.environ["JEBBIT_API_BASE_URL"] + "/api/v1/self", headers=headers)
print(answer.json()["data"]["id"])
"""
"""Five lines with requests: what ``whoami`` could be at best."""

FETCH = """\
import json
import os
import requests
headers = {"Authorization": f"Bearer {os.environ['JEBBIT_ACCESS_TOKEN']}"}
answer = requests.get(os.environ["JEBBIT_API_BASE_URL"] + "/api/v1/integrations", headers=headers)
print(json.dumps(json.loads(answer.content)))
"""
"""The whole inventory, fetched, parsed and written again."""

POST = """\
import http.client
import json
import os
import sys
import threading
from urllib.parse import urlsplit

integration, lines, at_once = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
headers = {
    "Authorization": f"Bearer {os.environ['JEBBIT_ACCESS_TOKEN']}",
    "Content-Type": "application/vnd.api+json",
}

def write(numbers):
    connection = http.client.HTTPConnection(urlsplit(os.environ["JEBBIT_API_BASE_URL"]).netloc)
    for n in numbers:
        mapping = {"integration_id": integration, "jebbit_var": f"var_{n}", "client_var": f"name_{n}"}
        document = {"data": {"type": "integration_mappings", "attributes": mapping}}
        connection.request("POST", "/api/v1/integration_mappings", json.dumps(document), headers)
        connection.getresponse().read()

threads = [threading.Thread(target=write, args=[range(n, lines, at_once)]) for n in range(at_once)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
"""The writes of an import over as many bare connections: what the service's latency alone costs."""


def environment(home: Path) -> dict[str, str]:
    """Return an environment with no account; compiled modules are kept in ``home``."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "JEBBIT_CONFIG_DIR": str(home / "config"),
        "PYTHONPYCACHEPREFIX": str(home / "compiled"),
    }


@contextmanager
def sandbox(env: dict[str, str], *options: str) -> Iterator[dict[str, str]]:
    """Serve a Jebbit while the block runs; yield ``env`` with an account there and its token cached."""
    with subprocess.Popen(
        [JEBBITCTL, "sandbox", "serve", "--json", *options],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            account = {**env, **json.loads(process.stdout.readline())}
            output(account, "token")
            yield account
        finally:
            process.terminate()


def given(env: dict[str, str], token: str) -> dict[str, str]:
    """Return what the scripts are told: where Jebbit is, and a token."""
    return {"JEBBIT_API_BASE_URL": env["JEBBIT_API_BASE_URL"], "JEBBIT_ACCESS_TOKEN": token}


def output(env: dict[str, str], *args: str) -> str:
    """Return what a command prints."""
    done = subprocess.run([JEBBITCTL, *args], env=env, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()
