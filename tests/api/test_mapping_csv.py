from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api import mapping_csv
from jebbitctl.api.mapping_plan import Action, plan_import
from jebbitctl.errors import UsageError
from jebbitctl.util.spreadsheets import restore
from tests.api.mapping_files import HEADER, mapping, parse, stored_mappings

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource


@settings(deadline=None)
@given(stored_mappings, st.booleans())
def test_csv_round_trips_and_importing_it_changes_nothing(stored: list[Resource], bom: bool) -> None:
    written = "".join(f"{record}\n" for record in mapping_csv.write(stored))
    lines = parse(("\ufeff" if bom else "") + written)
    assert [(line.jebbit_var, line.client_var, line.default) for line in lines] == [
        (found["jebbit_var"], found["client_var"], found["default"] or "")
        for found in (mapping.attributes for mapping in stored)
    ]
    assert all(step.action == Action.UNCHANGED for step in plan_import(lines, stored, prune=True))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_content_is_parsed_or_a_usage_error(content: bytes) -> None:
    for data in (content, HEADER.encode() + content):
        with suppress(UsageError):
            assert all(line.problem or line.jebbit_var.strip() for line in parse(data))


def test_lines_are_numbered_as_in_an_editor() -> None:
    text = 'default,client_var,jebbit_var,note\r\n\r\n,"a\nb",A,\r\n,x,B,y\r\n,,,\r\n,x,,\r\nx,B\r\n,z,A,\r\n'
    assert [(spec.line, spec.problem) for spec in parse(text)] == [
        (3, None),
        (5, None),
        (7, "jebbit_var is empty"),
        (8, "jebbit_var is missing: expected 4 cells, found 2"),
        (9, "duplicate jebbit_var A, first used in line 3"),
    ]


TRIPLES = [("Outcome", "bucket", "none"), ("email", "e_mail", "")]


def triples(content: str | bytes, **options: Any) -> list[tuple[str, str, str]]:
    specs = parse(content, **options)
    assert [spec.problem for spec in specs] == [None] * len(specs)
    return [(spec.jebbit_var, spec.client_var, spec.default) for spec in specs]


PLAIN = "jebbit_var,client_var,default\nOutcome,bucket,none\nemail,e_mail,\n"


@pytest.mark.parametrize(
    "text",
    [
        'jebbit_var, client_var, default\n"Outcome", "bucket", "none"\nemail, e_mail,\n',
        (
            ' "jebbit_var" ,\t"client_var",default \n'
            '"Outcome" ,\u00a0"bucket"\u00a0,none\n email\u00a0,\u2003e_mail, \n'
        ),
        PLAIN.replace("e_mail,", "e_mail"),
        PLAIN.replace("\n", ",,\n"),
        PLAIN.replace("\n", "\r\n\r\n , ,\t\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", " | "),
        PLAIN.replace(",", "\t"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        '"SEP=;";;\r\n' + PLAIN.replace(",", ";"),
        "sep=\t\n" + PLAIN.replace(",", "\t"),
        "sep=^\n" + PLAIN.replace(",", "^"),
        PLAIN.replace("jebbit_var,client_var,default", "Jebbit var;CLIENT-VAR;Default value").replace(
            ",", ";"
        ),
        PLAIN.replace("jebbit_var,client_var", "jebbitVar,Client\u00a0Variable"),
    ],
)
def test_what_people_and_spreadsheets_make_of_a_file_is_read_where_there_is_no_doubt(text: str) -> None:
    for content in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("utf-32")):
        assert triples(content) == TRIPLES
    assert triples(text.rstrip("\r\n")) == TRIPLES


@settings(deadline=None)
@given(stored_mappings, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_spaces_outside_quotation_marks_never_change_a_cell(
    stored: list[Resource], delimiter: str, line_end: str, data: st.DataObject
) -> None:
    spaces = st.text(" \t\u00a0\u2009".replace(delimiter, ""), max_size=2)

    def cell(text: str) -> str:
        return '{}"{}"{}'.format(data.draw(spaces), text.replace('"', '""'), data.draw(spaces))

    header = delimiter.join(("default", "client_var", "jebbit_var"))
    expected = [
        tuple(str(mapping.attributes[name] or "") for name in ("default", "client_var", "jebbit_var"))
        for mapping in stored
    ]
    text = line_end.join([header, *(delimiter.join(map(cell, cells)) for cells in expected)])
    read = [(spec.default, spec.client_var, spec.jebbit_var) for spec in parse(text)]
    assert read == [tuple(map(restore, cells)) for cells in expected]


def test_a_delimiter_that_is_named_goes_before_sep_and_before_what_fits() -> None:
    text = "sep=,\njebbit_var;client_var;default\nOutcome;bucket;a,b\n"
    assert triples(text, delimiter=";") == [("Outcome", "bucket", "a,b")]


@pytest.mark.parametrize(
    ("text", "options", "message", "hint"),
    [
        (
            "jebbit_var,client_var\n",
            {},
            "missing column in the header: default",
            "it names jebbit_var, client_var",
        ),
        (
            "Attribute;Client name;Default\n",
            {},
            "missing columns in the header: jebbit_var, client_var",
            "Attribute",
        ),
        (PLAIN, {"delimiter": ";"}, "missing columns", "are separated by commas, not by semicolons"),
        ("sep=;\n" + PLAIN, {}, "line 2: missing columns", "are separated by commas, not by semicolons"),
        (
            "jebbit var,Jebbit Variable,client_var,default\n",
            {},
            "duplicate column in the header: jebbit_var",
            "must",
        ),
    ],
)
def test_a_header_in_doubt_is_refused_with_what_it_names(
    text: str, options: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, **options)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_an_own_name_of_a_column_goes_before_other_words_for_it() -> None:
    text = "Default value,default,jebbit_var,client_var\nx,y,a,b\n"
    assert triples(text) == [("a", "b", "y")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PLAIN.encode("utf-16-le"), "line 1: looks like UTF-16 without a byte order mark"),
        (PLAIN.encode("utf-16-be"), "line 1: looks like UTF-16 without a byte order mark"),
        (PLAIN.encode("utf-16")[:-1], "begins like UTF-16, but is not"),
        (
            PLAIN.replace("e_mail", "größe").encode("cp1252"),
            "line 3: invalid UTF-8: byte 0xF6, which is ö in Windows-1252",
        ),
        (b"\xef\xbb\xbf" + PLAIN.encode() + b"\x81", "line 4: invalid UTF-8: byte 0x81"),
    ],
)
def test_another_encoding_is_named_with_line_and_cause(content: bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(content)
    assert message in caught.value.message
    assert caught.value.hint == "save the file as UTF-8; Excel calls it CSV UTF-8"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a", "client_var is missing: expected 3 cells, found 1"),
        (
            "a,b,c,d",
            "expected 3 cells, found 4; a cell that contains the delimiter must be in quotation marks",
        ),
        (" ,b", "jebbit_var is empty"),
    ],
)
def test_a_missing_cell_that_is_needed_fails_its_line(line: str, problem: str) -> None:
    assert [spec.problem for spec in parse(HEADER + line)] == [problem]


@pytest.mark.parametrize(
    ("line", "oddity"),
    [
        ('"a ",b', "jebbit_var begins or ends with a space"),
        ("a,first\u00a0name", "client_var contains an unusual character, U+00A0 (no-break space)"),
        ("a,\ufeffb", "client_var contains an unusual character, U+FEFF (zero width no-break space)"),
        ("a,b\x07", "client_var contains an unusual character, U+0007 (a control character)"),
        ("a,“b”", "client_var stands in quotation marks"),
        ("a,'b'", "client_var stands in quotation marks"),
        ("first name,b", None),
        ("a,नमस्\u200dकार", None),
    ],
)
def test_a_name_that_is_most_likely_a_slip_is_kept_and_told(line: str, oddity: str | None) -> None:
    (spec,) = parse(HEADER + line)
    assert (spec.problem, spec.oddity) == (None, oddity)


@pytest.mark.parametrize("text", ["=cmd()", "-1", "@x", "'=cmd()", "'", "'x", "a=b"])
def test_a_formula_is_neutralised_in_the_file_only(text: str) -> None:
    stored = [mapping("a", jebbit_var=text, client_var="x", default=text)]
    _, line = mapping_csv.write(stored)
    assert line.startswith(("'", "a"))
    assert not line.startswith(("=", "-", "@"))
    (spec,) = parse(f"{HEADER}{line}\n")
    assert (spec.jebbit_var, spec.default) == (text, text)
