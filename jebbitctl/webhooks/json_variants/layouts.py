"""How serialisers arrange brackets, commas and colons."""

from __future__ import annotations

from typing import NamedTuple


class Layout(NamedTuple):
    """Where spaces and line breaks are, and what stands for brackets and literals.

    Attributes:
        name: a description.
        comma: between members and elements.
        colon: between a key and its value.
        indent: the indentation of a level; None writes one line.
        brackets: what opens and closes objects and arrays.
        spaced_arrays: arrays stay on one line, with spaces inside their brackets, as Jackson writes them.
        literals: what is written for null, true and false.
    """

    name: str
    comma: str = ","
    colon: str = ":"
    indent: str | None = None
    brackets: tuple[str, str, str, str] = ("{", "}", "[", "]")
    spaced_arrays: bool = False
    literals: tuple[str, str, str] = ("null", "true", "false")

    def render(self, token: str) -> str:
        """Return how a token that is neither a string nor a number is written."""
        kind, level = token[0], token[1:]
        opening, closing, first, last = self.brackets
        if token in ("null", "true", "false"):
            return self.literals[("null", "true", "false").index(token)]
        if kind == ":":
            return self.colon
        if token in ("{}", "[]"):
            space = " " if self.spaced_arrays else ""
            return f"{opening}{space}{closing}" if kind == "{" else f"{first}{space}{last}"
        if kind in "[;]" and self.spaced_arrays:
            return {"[": "[ ", ";": ", ", "]": " ]"}[kind]
        text = {"{": opening, "}": closing, "[": first, "]": last}.get(kind, self.comma)
        if self.indent is None:
            return text
        line_break = "\n" + self.indent * int(level)
        return line_break + text if kind in "}]" else text + line_break


COMPACT = Layout("without spaces")
SPACED = Layout("with a space after commas and colons", ", ", ": ")
SPACED_COLONS = Layout("with a space after colons", colon=": ")
SPACED_COMMAS = Layout("with a space after commas", ", ")
INDENT_2 = Layout("indented by 2", colon=": ", indent="  ")
INDENT_4 = Layout("indented by 4", colon=": ", indent="    ")
INDENT_TAB = Layout("indented by tabs", colon=": ", indent="\t")
JACKSON_PRETTY = Layout("indented as by Jackson", colon=" : ", indent="  ", spaced_arrays=True)
PYTHON_REPR = Layout("as Python prints a dict", ", ", ": ", literals=("None", "True", "False"))
RUBY_INSPECT = Layout("as Ruby prints a hash", ", ", "=>", literals=("nil", "true", "false"))
RUBY_34_INSPECT = Layout("as Ruby 3.4 prints a hash", ", ", " => ", literals=("nil", "true", "false"))
JAVA_MAP = Layout("as Java prints a map", ", ", "=")
GO_MAP = Layout(
    "as Go prints a map", " ", ":", None, ("map[", "]", "[", "]"), literals=("<nil>", "true", "false")
)
