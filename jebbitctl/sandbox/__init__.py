"""A local Jebbit: token issuer, Integrations API and signed test webhooks, on loopback only.

:class:`jebbitctl.sandbox.server.Sandbox` is the way in. It stands ``recorder``, ``guard`` and ``weather``
around ``api``, which asks ``issuer`` for tokens, ``collection`` (with ``kinds`` and ``backfills``) for
resources and ``deliveries`` for webhooks; all that is remembered is in ``state``, filled by ``seed``.
"""
