"""Keyrings for tests. ``tests.isolated_home`` installs this package for the commands it runs."""

PACKAGE = "backends_of_the_tests"
WORKING = f"{PACKAGE}.working"
BROKEN = f"{PACKAGE}.broken"
