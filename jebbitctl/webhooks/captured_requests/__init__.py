"""Reads captured HTTP requests: a module for each kind of file, and ``reader``, which tells them apart."""
