"""``help testing``."""

from __future__ import annotations

import textwrap

from jebbitctl.commands.topics.layout import table

EXAMPLE = """\
def test_the_crm_gets_the_shoe_size(jebbit_sandbox, jebbit_receiver):
    jebbit_sandbox.create_integration(
        jebbit_receiver.url, mappings={"shoe_size": "size"}
    )
    jebbit_sandbox.visit(email="ann@example.com", shoe_size="40")
    (delivery,) = jebbit_receiver.deliveries
    assert delivery.verification  # the signature is valid
    assert delivery.json["data"]["size"] == "40"


def test_leads_need_an_opt_in(jebbit_sandbox, jebbit_receiver):
    url = jebbit_receiver.url
    jebbit_sandbox.create_integration(url, require_opt_in=True)
    result = jebbit_sandbox.visit(opt_in=False)
    assert result.kept_back == {"not_opted_in": 1}
"""
"""Tests, as a module to save and run."""

OPTIONS = """\
import pytest
from jebbitctl.sandbox import SandboxOptions


@pytest.fixture
def jebbit_sandbox_options():
    return SandboxOptions(faults={"lost": 0.1}, backfill_step=0)
"""
"""How to change what the fixture starts."""

PLAIN = """\
from jebbitctl.sandbox import Sandbox
from jebbitctl.webhooks import Receiver

with Sandbox() as sandbox:
    with Receiver(secrets=sandbox.shared_secrets) as receiver:
        sandbox.create_integration(receiver.url)
        sandbox.visit(count=10, opt_in=True)
        assert all(one.verification for one in receiver.wait_for(10))
"""
"""The classes without pytest."""

COMPOSE = """\
services:
  jebbit:
    build:
      dockerfile_inline: |
        FROM python:3.13-slim
        RUN pip install ${JEBBITCTL}
    working_dir: /project
    volumes: [".:/project:ro"]
    command: >
      jebbitctl sandbox serve --host 0.0.0.0 --allow-remote --port 8700
      --from jebbit.toml --var HOOKS_HOST=hooks.example.com
      --secrets-dir secrets --deliver-to hooks.example.com=http://app:8080
    healthcheck:
      test: >
        python -c "from urllib.request import urlopen;
        urlopen('http://127.0.0.1:8700/healthz')"
      interval: 1s
  app:
    build: .
    depends_on: { jebbit: { condition: service_healthy } }
"""
"""A compose file, with the README's manifest."""

COMPOSE_VISITS = """\
docker compose exec jebbit sh -ec 'eval "$(jebbitctl sandbox env)"
  jebbitctl sandbox visit --count 100'
"""

FIXTURES = {
    "jebbit_sandbox": "a new local Jebbit: a jebbitctl.sandbox.Sandbox",
    "jebbit_receiver": "a new endpoint: a jebbitctl.webhooks.Receiver. It verifies the deliveries of all "
    "integrations of jebbit_sandbox",
    "jebbit_environment": "the environment of a process that uses jebbit_sandbox, and nothing of your own "
    "account: subprocess.run(..., env=jebbit_environment)",
    "jebbit_sandbox_options": "how jebbit_sandbox behaves: a jebbitctl.sandbox.SandboxOptions",
}

SANDBOX = {
    "Sandbox(options=None)": "a local Jebbit while its with block runs; log and warn are functions that get "
    "lines about requests and deliveries",
    "url": "the base URL of the API and of the token issuer",
    "environment": "the variables that make jebbitctl use it, JEBBIT_CLIENT_ID and so on",
    "create_integration(endpoint)": "creates one, with mappings={attribute: name} and attributes of the API, "
    "and returns its id and its secret",
    "shared_secrets()": "the secrets of all integrations, by label",
    "visit(campaign, count)": "simulates visits. The visitors answer what the other arguments say, such as "
    'email="ann@example.com", and reach the end unless finish=False; waits until each delivery has a '
    "result; returns visits, finished, deliveries, outcomes and kept_back",
    "deliveries": "what became of each delivery: outcome, status, error, integration",
    "requests": "the latest requests to the API",
    "counters": "numbers since its start: those of jebbitctl sandbox run --expect",
    "wait_until_idle(timeout)": "waits for other deliveries, such as those of a backfill",
    "settle(timeout)": "likewise, once no more visits happen by themselves (SandboxOptions(visits=2))",
    "run": "what GET /healthz says to tell this sandbox from another one",
    "state": "all data; its names may change with any version",
}

RECEIVER = {
    "Receiver(secret=None)": "an endpoint while its with block runs; secrets=sandbox.shared_secrets adds "
    "those of a sandbox",
    "url": "where to deliver to; any path works",
    "secret": "its own shared secret, to sign with",
    "deliveries": "all that arrived, valid or not",
    "wait_for(number, timeout)": "waits until that many have arrived, and returns all",
    "verdicts": "of each delivery, Reason.OK or why it is not valid",
    "answer": "set the status of further responses, such as 503, or a function from a delivery to its status",
}

DELIVERY = {
    "verification": "true if the signature is valid; has reason and timestamp",
    "json, body": "the body, parsed and as bytes",
    "headers, path": "names of headers are in lower case",
    "test, repeat": "whether it is a test delivery, or arrived before",
    "secret": 'who signed it, such as "integration L5m24mjs"',
    "status": "of the response",
}

_FIXTURES = """\
PYTEST

With jebbitctl installed, pytest has these fixtures; there is nothing to import
or to configure:
"""

_EXAMPLE = """\
Save this as test_leads.py:
"""

_OWN = """\
To test your own endpoint, create an integration with its URL, and give it the
secret that create_integration() returns. After visit(), the status with which
your endpoint answered is in jebbit_sandbox.deliveries[-1].status. An endpoint
that runs in an event loop of the test itself needs
await asyncio.to_thread(jebbit_sandbox.visit).

Each test has its own sandbox and its own ports, so tests run in any order and
in parallel; a sandbox starts and stops in a few milliseconds. If a test fails,
pytest shows the deliveries that failed, and with --log-level=INFO each request:
the logger is jebbitctl.sandbox.

To share a sandbox among tests, define a fixture jebbit_sandbox with a wider
scope in the test's module or in conftest.py. To change the sandbox, override
its options there; help(SandboxOptions) in Python describes them. Without
backfill_step=0, which the fixture has, a backfill takes four seconds:
"""

_NO_PLUGIN = """\
pytest -p no:jebbitctl leaves the fixtures out.
"""

_PLAIN = """\
WITHOUT PYTEST

The fixtures are these classes. Both have type hints:
"""

_COMPOSE = """\
DOCKER COMPOSE

This compose.yaml delivers to the service app what is meant for the endpoint of
jebbit.toml, here the README's. JEBBITCTL is what pip installs, and the secret
in secrets/spring-leads.secret is the one that app verifies with:
"""

_COMPOSE_USE = """\
For a hundred visitors:

{visits}
jebbitctl only uses plain HTTP on one machine. So run it in the container of the
sandbox, as here, or in one with network_mode: "service:jebbit", for which
--client-id and --client-secret-file fix the credentials. Other programs can use
http://jebbit:8700, for the API and for tokens.
"""

_ASSUMED = """\
No document of Jebbit's describes live deliveries: `sandbox assumptions` lists
what the sandbox assumes. What is listed here stays, and other names may change.
"""


def text() -> str:
    """Return the fixtures, an example, and the public classes."""
    return "\n".join(
        [
            f"{_FIXTURES}\n{table(FIXTURES.items())}\n",
            f"{_EXAMPLE}\n{textwrap.indent(EXAMPLE, '  ')}",
            f"{_OWN}\n{textwrap.indent(OPTIONS, '  ')}",
            _NO_PLUGIN,
            f"{_PLAIN}\n{textwrap.indent(PLAIN, '  ')}",
            f"A sandbox:\n\n{table(SANDBOX.items())}\n",
            f"A receiver:\n\n{table(RECEIVER.items())}\n",
            f"A delivery that arrived:\n\n{table(DELIVERY.items())}\n",
            f"{_COMPOSE}\n{textwrap.indent(COMPOSE, '  ')}",
            _COMPOSE_USE.format(visits=textwrap.indent(COMPOSE_VISITS, "  ")),
            _ASSUMED,
        ]
    )
