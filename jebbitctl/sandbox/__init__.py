"""A local Jebbit: token issuer, Integrations API and signed webhooks, by default on loopback only.

:class:`jebbitctl.sandbox.server.Sandbox` runs it. A request passes ``health``, ``request_log``, ``guard`` and
``faults`` before ``routes`` dispatches it to ``issuer`` (tokens, by ``jwt``), ``collection`` (resources,
described by ``resource_types``, ``backfills``, ``exports`` and ``reporting``) or ``control`` (the sandbox's
own routes); ``responses`` are what they return. All data is in ``state``, filled by ``seed`` and ``setup``;
``activity`` counts what visitors did. Where Jebbit's documents contradict each other, ``dialects`` and
``error_styles`` hold the variants, and ``behaviour`` the choice. What they do not say is in ``assumptions``.

``visit_simulator`` simulates visitors: ``visits`` computes what each does, ``history`` remembers which visits
there were, and ``delivery_rules`` says what an integration gets of them by its ``integration_settings``. The
``dispatcher`` sends ``deliveries``: ``storms`` decides which have faults, ``held_deliveries`` keeps those
that are sent later, and ``reach`` knows which hosts they may go to. The ``delivery_log`` keeps what became of
all, ``visit_runs`` of those that were asked for together, and the ``delivery_reporter`` tells people.
``counters`` and ``expectations`` are for those who check a run.

Public are ``Sandbox`` and ``SandboxOptions``, for tests written in Python, with the types of what a sandbox
returns; they are imported when they are first used. ``python_api`` is what ``Sandbox`` does without HTTP. Of
``Sandbox.state``, no name is promised to stay.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jebbitctl.sandbox.deliveries import DeliveryResult
    from jebbitctl.sandbox.python_api import CreatedIntegration, VisitResult
    from jebbitctl.sandbox.server import Sandbox, SandboxOptions
else:

    def __getattr__(name: str) -> object:
        """Import the server when it is used."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from jebbitctl.sandbox.deliveries import DeliveryResult
        from jebbitctl.sandbox.python_api import CreatedIntegration, VisitResult
        from jebbitctl.sandbox.server import Sandbox, SandboxOptions

        public = (CreatedIntegration, DeliveryResult, Sandbox, SandboxOptions, VisitResult)
        return {one.__name__: one for one in public}[name]


__all__ = ["CreatedIntegration", "DeliveryResult", "Sandbox", "SandboxOptions", "VisitResult"]
