from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.config.documents import Document, parse_document, read_document, written
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read(text: str) -> Document:
    return parse_document(text, "own.yaml")


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("NO", "NO"),  # Norway, which YAML 1.1 calls false
        ("yes", "yes"),
        ("true", True),
        ("false", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("9:00", "9:00"),  # 540 in YAML 1.1
        ("18", 18),
        ("0", 0),
        ("-3", -3),
        ("0.5", 0.5),
        ("+447700900111", "+447700900111"),
        ("07700900111", "07700900111"),
        ("447700900111", "447700900111"),
        ("2026-12-24", "2026-12-24"),
        ("0x10", "0x10"),
        ('"18"', "18"),
        ("'true'", "true"),
    ],
)
def test_scalars_are_what_a_person_means_by_them(plain: str, value: object) -> None:
    found = read(f"field: {plain}").data["field"]

    assert found == value
    assert type(found) is type(value)


def test_every_value_has_its_line() -> None:
    document = read("name: A\nsteps:\n  - name: b\n    after:\n      wait: 3m\n  - name: c\n")

    assert document.line(("name",)) == 1
    assert document.line(("steps", 0)) == 3
    assert document.line(("steps", 0, "after", "wait")) == 5
    assert document.line(("steps", 1, "name")) == 6


def test_a_missing_value_has_the_line_of_what_should_hold_it() -> None:
    document = read("name: A\nsteps:\n  - name: b\n  - name: c\n")

    assert document.line(("steps", 1, "after", "wait")) == 4
    assert document.line(("nothing", "here")) == 1


def test_a_field_is_written_as_people_write_it() -> None:
    assert written(("steps", 1, "after", "wait")) == "steps[1].after.wait"
    assert written(()) == ""


def test_a_key_that_stands_twice_is_a_mistake_and_the_first_counts() -> None:
    document = read("name: A\nregion: GB\nname: B\n")

    assert document.data["name"] == "A"
    with pytest.raises(ConfigError) as refused:
        document.close()
    assert (refused.value.line, refused.value.field) == (3, "name")
    assert "first on line 1" in refused.value.message
    assert refused.value.remedy == "keep one of them"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: A\n\tregion: GB\n", 2),
        ("name: A\nregion: [GB\n", 3),
        ("name: 'A\nregion: GB\n", 3),
        ("name: A\n  region: GB\n", 2),
        ("name: A\n---\nname: B\n", 2),
    ],
)
def test_what_is_not_yaml_names_the_line_and_what_to_look_at(text: str, line: int) -> None:
    with pytest.raises(ConfigError) as refused:
        read(text)

    assert (refused.value.file, refused.value.line) == ("own.yaml", line)
    assert "not YAML" in refused.value.message
    assert "indentation" in refused.value.remedy


def test_a_syntax_error_never_shows_what_stands_on_the_line() -> None:
    for text in ("token: *hush-hush-secret\n", "token: hush-hush-secret: x\n", "token: 'hush-hush-secret\n"):
        with pytest.raises(ConfigError) as refused:
            read(text)
        assert "hush-hush" not in str(refused.value)


def test_a_tag_is_a_mistake_and_nothing_is_built_from_it() -> None:
    document = read("name: !!python/object/apply:os.getcwd []\n")

    with pytest.raises(ConfigError, match="tags"):
        document.close()


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="the file is empty"):
        read(text)


def test_aliases_are_followed_but_not_for_ever() -> None:
    assert read("a: &one [1]\nb: *one\n").data == {"a": [1], "b": [1]}
    with pytest.raises(ConfigError, match="endless"):
        read("a: &one [*one]\n")
    bomb = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    with pytest.raises(ConfigError, match="endless"):
        read(bomb)


def test_a_file_that_is_missing_or_no_text_is_refused_by_name(tmp_path: Path) -> None:
    gone = tmp_path / "gone.yaml"
    with pytest.raises(ConfigError, match=r"gone\.yaml: cannot be read: No such file"):
        read_document(gone)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"name: \xff\xfe\n")
    with pytest.raises(ConfigError, match=r"binary\.yaml: this is not UTF-8"):
        read_document(binary)


def test_values_are_found_and_struck_out() -> None:
    document = read("staff:\n  - name: A\n  - name: B\n")

    document.strike(("staff", 0))
    document.strike(("staff", 1, "name"))

    assert document.at(("staff",)) == [None, {}]
    assert document.at(("staff", 0, "name")) is None
    assert document.at(("staff", 7)) is None
