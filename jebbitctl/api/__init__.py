"""Jebbit over HTTP."""
