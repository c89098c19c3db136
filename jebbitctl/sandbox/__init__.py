"""A local Jebbit: token issuer, Integrations API and signed webhooks, by default on loopback only.

:class:`jebbitctl.sandbox.server.Sandbox` runs it. A request passes ``health``, ``request_log``, ``guard`` and
``faults`` before ``routes`` dispatches it to ``issuer`` (tokens), ``collection`` (resources, described by
``resource_types`` and ``backfills``) or ``control`` (the sandbox's own routes). All data is in ``state``,
filled by ``seed`` and ``setup``. Where Jebbit's documents contradict each other, ``dialects`` and
``error_styles`` hold the variants, and ``behaviour`` the choice. What they do not say is in ``assumptions``.

``visit_simulator`` simulates visitors: ``visits`` computes what each does, ``history`` remembers which visits
there were, and ``delivery_rules`` says what an integration gets of them. The ``dispatcher`` sends
``deliveries``: ``storms`` decides which have faults, ``held_deliveries`` keeps those that are sent later, and
``reach`` knows which hosts they may go to. The ``delivery_log`` keeps what became of them. ``counters`` and
``expectations`` are for those who check a run.
"""
