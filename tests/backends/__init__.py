"""Keyrings to test with; ``tests.machine`` puts this package where the command's keyring library finds it."""

PACKAGE = "backends_of_the_tests"
WORKING = f"{PACKAGE}.working"
BROKEN = f"{PACKAGE}.broken"
