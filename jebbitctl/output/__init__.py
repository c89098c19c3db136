"""Output: tables on a terminal, tab-separated lines in a pipe, JSON on request.

Data goes to stdout and everything else to stderr. Only this package imports rich.
"""
