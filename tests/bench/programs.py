"""The programs of the benchmark: jebbitctl, a sandbox in its own process, and scripts to compare with."""

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
"""A hello-world program on Typer."""

GET = """\
import os
import requests
headers = {"Authorization": f"Bearer {os.environ['JEBBIT_ACCESS_TOKEN']}"}
response = requests.get(os.environ["JEBBIT_API_BASE_URL"] + "/api/v1/self", headers=headers)
print(response.json()["data"]["id"])
"""
"""Five lines with requests: the least that ``whoami`` must do."""

FETCH = """\
import json
import os
import requests
headers = {"Authorization": f"Bearer {os.environ['JEBBIT_ACCESS_TOKEN']}"}
response = requests.get(os.environ["JEBBIT_API_BASE_URL"] + "/api/v1/integrations", headers=headers)
print(json.dumps(json.loads(response.content)))
"""
"""Fetches, parses and prints all integrations."""

POST = """\
import http.client
import json
import os
import sys
import threading
from urllib.parse import urlsplit

integration, lines, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
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

threads = [threading.Thread(target=write, args=[range(n, lines, connections)]) for n in range(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
"""Sends the writes of an import over as many plain connections: the cost of the latency alone."""


def environment(home: Path) -> dict[str, str]:
    """Return an environment without an account; compiled modules are cached in ``home``."""
    inherited = {
        name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH", "SYSTEMROOT") if name in os.environ
    }
    return {
        **inherited,
        "HOME": str(home),
        "JEBBIT_CONFIG_DIR": str(home / "config"),
        "PYTHONPYCACHEPREFIX": str(home / "compiled"),
    }


@contextmanager
def sandbox(env: dict[str, str], *options: str) -> Iterator[dict[str, str]]:
    """Run a sandbox; yield ``env`` with its credentials. The access token is already cached."""
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


def script_variables(env: dict[str, str], token: str) -> dict[str, str]:
    """Return the variables that the scripts read."""
    return {"JEBBIT_API_BASE_URL": env["JEBBIT_API_BASE_URL"], "JEBBIT_ACCESS_TOKEN": token}


def output(env: dict[str, str], *args: str) -> str:
    """Return the stdout of a command."""
    done = subprocess.run([JEBBITCTL, *args], env=env, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()
