"""What becomes of a visitor's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from leads import LeadsApp

if TYPE_CHECKING:
    from conftest import Serve

    from jebbitctl.sandbox import Sandbox


def test_a_visitor_becomes_a_lead(jebbit_sandbox: Sandbox, serve: Serve) -> None:
    app = LeadsApp()
    with serve(app) as url:
        app.secrets.append(jebbit_sandbox.create_integration(url).secret)
        jebbit_sandbox.visit(email="ann@example.com", shoe_size="40")
    assert jebbit_sandbox.deliveries[-1].status == 204
    assert app.leads["ann@example.com"]["shoe_size"] == "40"


def test_a_delivery_with_another_secret_is_refused(jebbit_sandbox: Sandbox, serve: Serve) -> None:
    app = LeadsApp("another secret")
    with serve(app) as url:
        jebbit_sandbox.create_integration(url)
        result = jebbit_sandbox.visit()
    assert result.outcomes == {"refused": 1}
    assert app.leads == {}


@pytest.mark.parametrize("opt_in", [True, False])
def test_only_who_opts_in_becomes_a_lead(jebbit_sandbox: Sandbox, serve: Serve, opt_in: bool) -> None:
    app = LeadsApp()
    with serve(app) as url:
        app.secrets.append(jebbit_sandbox.create_integration(url, require_opt_in=True).secret)
        result = jebbit_sandbox.visit(opt_in=opt_in)
    assert len(app.leads) == opt_in
    assert result.kept_back == ({} if opt_in else {"not_opted_in": 1})
