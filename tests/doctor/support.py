"""What the checks of doctor get."""

from __future__ import annotations

import os

from jebbitctl.context import CommonOptions, Context
from jebbitctl.doctor.check_context import CheckContext
from jebbitctl.environment import Environment


def new_context() -> Context:
    return Context(CommonOptions(), Environment(os.environ))


def check_context() -> CheckContext:
    return CheckContext(new_context())
