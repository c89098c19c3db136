"""Set up, test and receive Jebbit webhooks from a terminal, a script or a CI pipeline."""

__version__ = "0.1.0"
