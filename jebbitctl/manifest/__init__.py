"""Integrations as code: a manifest says what should exist at Jebbit.

A manifest is TOML; :mod:`jebbitctl.manifest.schema` has its keys. Data walks reading → plan → carrying_out.
"""
