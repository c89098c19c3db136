"""A local Jebbit: token issuer, Integrations API and signed test webhooks, on loopback only.

:class:`jebbitctl.sandbox.server.Sandbox` runs it. A request passes ``request_log``, ``guard`` and ``faults``
before ``routes`` dispatches it to ``issuer`` (tokens), ``collection`` (resources, described by
``resource_types`` and ``backfills``) or ``deliveries`` (webhooks). All data is in ``state``, filled by
``seed``. Where Jebbit's documents contradict each other, ``dialects`` and ``error_styles`` hold the variants,
and ``behaviour`` the choice.
"""
