"""The public Sandbox, as tests in Python use it."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import jebbitctl.sandbox
from jebbitctl.api.integrations import OPTION_TYPES
from jebbitctl.errors import UsageError
from jebbitctl.sandbox import (
    CreatedIntegration,
    DeliveryResult,
    Sandbox,
    SandboxOptions,
    VisitResult,
    python_api,
)
from jebbitctl.webhooks import Receiver
from tests.sandbox.support import SandboxClient

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def receiver(sandbox: Sandbox) -> Iterator[Receiver]:
    with Receiver(secrets=sandbox.shared_secrets) as running:
        yield running


def test_the_package_imports_nothing_until_a_class_is_used() -> None:
    code = "import sys, jebbitctl.sandbox; print(*[name for name in sys.modules if 'jebbitctl' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["jebbitctl", "jebbitctl.sandbox"]


def test_only_the_documented_names_of_the_sandbox_are_public() -> None:
    names = {"CreatedIntegration", "DeliveryResult", "Sandbox", "SandboxOptions", "VisitResult"}
    assert set(jebbitctl.sandbox.__all__) == names
    assert all(getattr(jebbitctl.sandbox, name).__name__ == name for name in names)


def test_another_name_of_the_sandbox_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"module 'jebbitctl\.sandbox' has no attribute 'Sandbx'"):
        vars(jebbitctl.sandbox)["__getattr__"]("Sandbx")


def test_the_public_names_of_a_sandbox_and_their_parameters_stay() -> None:
    public = {name: value for name, value in vars(Sandbox).items() if not name.startswith("_")}
    assert set(public) == {
        *("url", "environment", "requests", "deliveries", "counters"),
        *("create_integration", "shared_secrets", "visit", "wait_until_idle", "settle"),
    }
    assert {"state", "run"} <= vars(Sandbox()).keys()

    def parameters(function: Any) -> list[str]:
        return [str(one).partition(":")[0] for one in inspect.signature(function).parameters.values()]

    assert parameters(Sandbox) == ["options", "log", "warn", "wrap", "certificates"]
    assert parameters(Sandbox.create_integration) == ["self", "endpoint", "mappings", "**attributes"]
    assert parameters(Sandbox.visit) == ["self", "campaign", "count", "finish", "**data"]
    assert parameters(Sandbox.wait_until_idle) == ["self", "timeout"]


def test_the_api_shows_an_integration_that_was_created(sandbox: Sandbox, client: SandboxClient) -> None:
    created = sandbox.create_integration(
        "https://hooks.example.com/a",
        mappings={"email": "mail", "shoe_size": "size"},
        require_opt_in=True,
        additional_options={"hash_pii": True},
    )
    shown = client.get(f"integrations/{created.id}").json()["data"]["attributes"]
    assert shown["endpoint"] == "https://hooks.example.com/a"
    assert shown["require_opt_in"] is True
    assert shown["additional_options"] == {"hash_pii": True}
    mappings = client.list("integration_mappings", **{"filter[integration_id]": created.id})
    pairs = {one["attributes"]["jebbit_var"]: one["attributes"]["client_var"] for one in mappings}
    assert pairs == {"email": "mail", "shoe_size": "size"}


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"require_optin": True}, "require_optin is not an attribute to set: endpoint, region"),
        ({"hash_pii": True}, "additional_options, a dict with hash_pii, campaign"),
        ({"require_opt_in": "true"}, "require_opt_in: str is not its type"),
        ({"region": "mars"}, "region must be us or eu"),
    ],
)
def test_an_attribute_that_the_api_would_refuse_or_ignore_is_an_error(
    sandbox: Sandbox, attributes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        sandbox.create_integration("https://hooks.example.com/", **attributes)
    assert sandbox.shared_secrets() == {}


def test_the_options_that_are_named_are_all_that_commands_set() -> None:
    assert {*python_api.OPTIONS} == {*OPTION_TYPES}


def test_a_mapping_that_the_api_refuses_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        sandbox.create_integration("https://hooks.example.com/", mappings={"$metadata": "a"})


def test_a_visit_returns_once_its_deliveries_have_results(sandbox: Sandbox, receiver: Receiver) -> None:
    first = sandbox.create_integration(f"{receiver.url}/first")
    second = sandbox.create_integration(f"{receiver.url}/second", require_opt_in=True)
    result = sandbox.visit(email="ann@example.com", opt_in=False)
    assert result == VisitResult(1, 1, 1, {"delivered": 1}, {"not_opted_in": 1})
    (delivery,) = receiver.deliveries
    assert delivery.path == "/first"
    assert delivery.json["data"]["email"] == "ann@example.com"
    (sent,) = sandbox.deliveries
    assert (sent.integration, sent.outcome, sent.status) == (first.id, "delivered", 200)
    assert sandbox.visit(opt_in=True).deliveries == 2
    assert {one.integration for one in sandbox.deliveries} == {first.id, second.id}


def test_each_visitor_reaches_the_end_unless_told_otherwise(sandbox: Sandbox) -> None:
    assert sandbox.visit(count=100).finished == 100
    result = sandbox.visit(count=100, finish=False)
    assert 0 < result.finished < 100
    assert result.kept_back["unfinished"] == 100 - result.finished


@pytest.mark.parametrize("name", ["shoe_size", "with space", "a.b", 'a "quoted" one', "ü"])
@pytest.mark.parametrize("value", ["40", "true", "é\n", ["a", "b"], None])
def test_visitors_answer_what_they_are_told_whatever_the_name(
    sandbox: Sandbox, receiver: Receiver, name: str, value: Any
) -> None:
    sandbox.create_integration(receiver.url)
    sandbox.visit(**{name: value})
    (delivery,) = receiver.deliveries
    assert delivery.json["data"].get(name) == value


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"count": 0}, "count: 0 is not at least 1"),
        ({"campaign": "missing"}, "campaign missing not found"),
        ({"opt_in": "perhaps"}, "^data.opt_in: use true, false or null"),
    ],
)
def test_a_visit_that_cannot_be_is_an_error(
    sandbox: Sandbox, arguments: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        sandbox.visit(**arguments)


def test_an_answer_that_json_cannot_hold_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        sandbox.visit(born=object())
    with pytest.raises(ValueError, match="not JSON compliant"):
        sandbox.visit(score=float("nan"))


def test_a_campaign_of_another_business_can_be_visited() -> None:
    with Sandbox(SandboxOptions(businesses=2, integrations=1)) as sandbox:
        _, business = sandbox.state.businesses.values()
        campaign = business.launched_campaigns()[0]
        sandbox.visit()
        sandbox.visit(campaign)
        sandbox.visit()
        assert [one.campaign == campaign for one in sandbox.deliveries] == [False, True, False]


def test_without_a_business_nobody_can_visit(sandbox: Sandbox) -> None:
    for id_ in list(sandbox.state.businesses):
        sandbox.state.remove_business(id_)
    with pytest.raises(UsageError, match="no business"):
        sandbox.visit()


def test_the_secret_of_an_integration_is_in_its_label_but_not_in_its_repr(sandbox: Sandbox) -> None:
    created = sandbox.create_integration("https://hooks.example.com/")
    assert sandbox.shared_secrets() == {f"integration {created.id}": created.secret}
    assert repr(created) == f"CreatedIntegration(id='{created.id}')"
    assert created == CreatedIntegration(created.id, created.secret)


def test_a_backfill_can_be_waited_for(sandbox: Sandbox, client: SandboxClient, receiver: Receiver) -> None:
    created = sandbox.create_integration(receiver.url)
    sandbox.visit(count=30)
    client.create("integration_historic_backfills", integration_id=created.id)
    sandbox.wait_until_idle()
    kinds = [one.kind for one in sandbox.deliveries]
    assert kinds == ["live"] * 30 + ["backfill"] * 30
    assert len(receiver.deliveries) == 60


def test_deliveries_of_the_same_moment_keep_their_order(sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses
    for id_ in "abc":  # a clock may be coarse
        result = DeliveryResult("live", business, id_, None, "", "not_sent", None, None, None, time=1.0)
        sandbox.state.delivery_log.add(result)
    assert [one.integration for one in sandbox.deliveries] == ["a", "b", "c"]


def test_waiting_for_an_endpoint_that_does_not_answer_ends(sandbox: Sandbox, receiver: Receiver) -> None:
    created = sandbox.create_integration(receiver.url)
    sandbox.visit()

    def answer(_: object) -> None:
        with pytest.raises(TimeoutError, match=r"after 0\.01 s, the sandbox is still delivering"):
            sandbox.wait_until_idle(0.01)

    receiver.answer = answer
    with SandboxClient(sandbox) as client:
        client.create("integration_historic_backfills", integration_id=created.id)
    sandbox.wait_until_idle()
    assert [one.status for one in receiver.deliveries] == [200, 200]


def test_a_visit_ends_when_the_sandbox_is_stopped_meanwhile(receiver: Receiver, sandbox: Sandbox) -> None:
    sandbox.create_integration(receiver.url)
    stopping = threading.Thread(target=sandbox.state.dispatcher.close)
    first = threading.Lock()  # several deliveries may be answered at once

    def stop(_: object) -> None:
        if first.acquire(blocking=False):
            stopping.start()

    receiver.answer = stop
    result = sandbox.visit(count=200)
    stopping.join()
    assert result.outcomes["delivered"] < 200
    assert sum(result.outcomes.values()) == result.deliveries
