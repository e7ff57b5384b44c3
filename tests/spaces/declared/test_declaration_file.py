"""Declarations are read from YAML and JSON, and a file that is neither is refused with the place of the error."""

import json
from pathlib import Path

import pytest

from app.domain.errors import InvalidSpaceError
from app.spaces.declared.declaration_file import MAX_BYTES, load_declaration, parse_yaml
from app.spaces.declared.reading import parse_declaration

from .declarations import CHOICES

YAML = """\
kind: choices
variables:
  - {name: depth, values: [1, 2, 3], ordered: true}
  - {name: kernel, values: [3, 5, 7], when: {depth: [2, 3]}}
  - name: se
    values: [true, false]
    when:
      depth: [3]
      kernel: [5, 7]
  - {name: act, values: [relu, swish]}  # as in the paper
"""


def refusal(path: Path) -> str:
    with pytest.raises(InvalidSpaceError) as caught:
        load_declaration(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", YAML), ("a.yml", "\ufeff" + YAML), ("a.json", json.dumps(CHOICES)), ("b.yml", json.dumps(CHOICES))],
)
def test_a_file_declares_what_it_says(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    assert load_declaration(path) == parse_declaration(CHOICES)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "'a.txt' does not end in one of .yaml, .yml, .json: rename the file"),
        ("a.yaml", b"\xff", "'a.yaml' is not UTF-8 at byte 0: save it as UTF-8"),
        ("a.yaml", b"#" * (MAX_BYTES + 1), "'a.yaml' is larger than 256 KiB: a declaration is a few lines"),
        ("a.yaml", b"", "a declaration is an object with a 'kind', one of graph, choices; not null"),
        ("a.yaml", b"kind: graph\noperations: [a", "the YAML does not parse at line 2, column 15"),
        ("a.yaml", b"kind: graph\nkind: choices", "field 'kind' at line 2 of the YAML is given twice: give it once"),
        ("a.yaml", b"1: 2", "field 1 at line 1 of the YAML is no string: put it in quotes"),
        ("a.yaml", b"[a]: 2", "field a list of 1 at line 1 of the YAML is no string"),
        ("a.yaml", b"a: &x [1]\nb: *x", "line 2 of the YAML has an alias: write out what it stands for"),
        ("a.yaml", b"a: !!python/name:os.system", "could not determine a constructor for the tag"),
        ("a.yaml", b"a: 1\n---\nb: 2", "the YAML does not parse at line 2, column 1: but found another document"),
        ("a.yaml", b"a: \x01", "the YAML does not parse: unacceptable character"),
        ("a.yaml", b"[" * 10_000, "the YAML is nested too deeply"),
        ("a.yaml", b"a: " + b"9" * 5000, "the YAML does not parse: Exceeds the limit"),
        ("a.json", b"{", "the JSON does not parse at line 1, column 2"),
        ("a.json", b'{"kind": "graph", "kind": "graph"}', "field 'kind' is given twice: give it once"),
        ("a.json", b'{"kind": NaN}', "NaN is no number in JSON: leave it out"),
        ("a.json", b"[" * 100_000, "the JSON is nested too deeply"),
        ("a.json", b"9" * 5000, "the JSON does not parse: Exceeds the limit"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    assert message in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml").endswith("none.yaml' cannot be read: No such file or directory")


def test_many_aliases_of_aliases_are_refused_at_the_first(tmp_path: Path) -> None:
    path = tmp_path / "laughs.yaml"
    lines = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 20))]
    path.write_text("\n".join(lines))

    assert refusal(path) == "line 2 of the YAML has an alias: write out what it stands for"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("True", True),
        ("2024-01-01", "2024-01-01"),
        ("1:30", "1:30"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("-5", -5),
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        (".nan", ".nan"),
        ("~", None),
        ("", None),
        ("'5'", "5"),
    ],
)
def test_words_mean_what_they_mean_in_yaml_1_2(text: str, value: object) -> None:
    read = parse_yaml(f"a: {text}")

    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)
