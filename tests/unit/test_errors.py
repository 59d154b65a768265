from __future__ import annotations

import pytest

from sidecar.errors import ConfigError, Mistake, one_of


def test_a_mistake_is_one_line_with_place_field_message_and_remedy() -> None:
    mistake = Mistake("is not a duration", "write it like 90s", "steps[1].after.wait", 12, "own.yaml")

    assert str(mistake) == "own.yaml:12: steps[1].after.wait: is not a duration; write it like 90s"


def test_what_is_unknown_leaves_no_empty_colons() -> None:
    assert str(Mistake("is not set", "set it", "RECOVERY_SECRET")) == "RECOVERY_SECRET: is not set; set it"
    assert str(Mistake("cannot be read", file="own.yaml")) == "own.yaml: cannot be read"


def test_an_error_prints_every_mistake_by_file_and_line_and_speaks_for_the_first() -> None:
    late = Mistake("late", "do that", "b", 9, "a.yaml")
    early = Mistake("early", "do this", "a", 2, "a.yaml")
    other = Mistake("other", "", "c", 1, "b.yaml")

    error = ConfigError([other, late, early])

    assert str(error).splitlines() == [str(early), str(late), str(other)]
    assert (error.file, error.line, error.field, error.message, error.remedy) == (
        "a.yaml", 2, "a", "early", "do this",
    )  # fmt: skip


def test_an_error_without_mistakes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ConfigError([])


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ("nubmers", "did you mean `numbers`?"),
        ("NAME", "did you mean `name`?"),
        ("zebra", "use one of name, numbers"),
    ],
)
def test_the_nearest_known_word_is_offered_or_all_of_them(wrong: str, remedy: str) -> None:
    assert one_of(wrong, ["numbers", "name"]) == remedy
