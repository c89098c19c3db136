"""Why no data arrives: what is known of each step on a lead's way from a visitor to an endpoint.

``lines`` names the steps in that order. Each is a function of a :class:`~jebbitctl.diagnose.case.Case`, which
has what Jebbit says (``facts``, fetched once a business), and returns a ``Finding``. ``diagnosis`` runs them.

``mapping_lint`` and ``export_checks`` are checks of their own, with commands of their own.
"""
