"""Integrations as code: a manifest declares which integrations and mappings should exist.

A manifest is TOML; :mod:`jebbitctl.manifest.schema` defines its keys. Data flows from ``load`` through
``plan`` to ``apply``.
"""
