"""What is written in a picture can be seen, and fits."""

import pytest

from slabrace.runtime.exporters.lettering import broken, length, plain


@pytest.mark.parametrize("width", [8, 11, 30])
def test_no_line_is_longer_than_it_may_be_and_nothing_is_lost(width: int) -> None:
    text = "WRITE(a.very.long.name[0]->of_something, 18446744073709551615) = another"
    lines = list(broken(text, width))
    assert max(map(length, lines)) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_an_access_is_broken_behind_a_sign() -> None:
    assert list(broken("Load(the_counter, 0)", 16)) == ["Load(", "the_counter,", "0)"]


def test_prose_is_broken_at_spaces() -> None:
    assert list(broken("who waits for(ever) sees", 20, prose=True)) == [
        "who waits for(ever)",
        "sees",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\x00", "a\\nb\\x00"),
        ("\u202edlrow", "\\u202edlrow"),
        ("\ud800", "\\ud800"),
        ("Größe 漢字", "Größe 漢字"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_wide_character_takes_two_columns() -> None:
    assert length("漢字") == 4
