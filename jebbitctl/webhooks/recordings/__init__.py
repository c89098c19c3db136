"""Recordings: written by listen, read by list, show, stats, export and replay."""
