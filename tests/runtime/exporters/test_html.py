"""The page as a file: what is in it before a browser reads it."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.runtime.exporters.runs import HOSTILE, LEGEND, Maker, broken, hostile, imported, many
from tests.test_architecture import KERNEL_WORDS

from slabrace.runtime.exporters.html import SCRIPTS, write
from slabrace.runtime.run_log import RunLog


def page(run: RunLog, story: str = "") -> str:
    out = io.BytesIO()
    write(run, LEGEND, out, story=story)
    return out.getvalue().decode()


class Outline(HTMLParser):
    """Tags with their attributes, and all text outside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in {"script", "style"}:
            self.text += data


def test_the_same_run_gives_the_same_bytes() -> None:
    assert page(many(300)) == page(many(300))


def test_it_fetches_nothing_and_may_fetch_nothing() -> None:
    text = page(broken())
    assert "://" not in re.sub(r'<script type="text/plain".*?</script>', "", text)
    assert [found for _, found in Outline(text).tags if "src" in found] == []
    assert "default-src 'none'" in text


def test_only_its_own_script_may_run() -> None:
    text = page(hostile())
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


PAGE = Path(__file__).resolve().parents[3] / "runtime/exporters/page"


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_a_source_of_the_page_is_short_and_knows_no_kernel_word(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300
    assert KERNEL_WORDS.findall(source.replace("slabrace", "")) == []


@pytest.mark.parametrize("path", sorted(PAGE.glob("*.js")), ids=lambda path: path.name)
def test_a_script_makes_text_and_never_markup_or_code(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.startswith(f"// {path.stem.capitalize()}: ")
    assert path.name in SCRIPTS
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in source


def test_a_hostile_name_adds_no_tag_and_loses_no_letter() -> None:
    plain, owned = Outline(page(broken())), Outline(page(hostile(), story=HOSTILE[0]))
    assert "img" not in {tag for tag, _ in owned.tags}
    assert {tag for tag, _ in owned.tags} <= {tag for tag, _ in plain.tags} | {"pre", "div"}
    assert owned.text.count(HOSTILE[0]) >= 4


def test_marks_that_turn_the_direction_of_writing_are_made_visible() -> None:
    text = Outline(page(hostile())).text
    assert "\u202e" not in text
    assert "\\u202eesrever" in text


def test_the_head_says_what_was_run_what_broke_and_how_to_have_it_again() -> None:
    text = Outline(page(broken(), story="a0    a1\n----  ----")).text
    for words in (
        "D9_two_domains", "mounts=2, name=x<y", "slabrace=0.1.0", "pct", "from=* for=20..100 p=0.1",
        "use_after_free", "read of freed memory", "reclaimer0, info0", "step 10",
        "slabrace replay s1.abcDEF", "a0    a1\n----  ----",
    ):  # fmt: skip
        assert words in text


def test_a_recording_is_said_to_be_one() -> None:
    text = Outline(page(imported())).text
    assert "linux-6.12-churn.txt.gz" in text
    assert "cannot be replayed" in text
    assert "slabrace replay" not in text


def test_a_run_of_a_campaign_says_how_to_draw_it_again() -> None:
    run = broken()
    del run.header["schedule"]
    run.records[-1] = {**run.records[-1], "schedule": None, "number": 41}
    text = Outline(page(run)).text
    assert (
        "slabrace run D9_two_domains --set mounts=2 --set 'name=x<y' --strategy pct "
        "--delay 'from=* for=20..100 p=0.1' --seed 7 --first 41 --runs 1"
    ) in text


def test_a_schedule_that_is_too_long_for_a_command_line_is_given_as_a_file() -> None:
    run = broken()
    run.records[-1]["schedule"] = run.header["schedule"] = "s1." + "a" * 5_000
    text = Outline(page(run)).text
    assert "slabrace replay FILE" in text
    assert "a" * 5_000 in text


def test_what_is_not_drawn_is_said() -> None:
    run = Maker()
    run.actor("a0", "cpu", active=True)
    run.note("contention_begin", "a0", lock="m", waiter="stranger")
    out = io.BytesIO()
    (remark,) = write(run.log(), LEGEND, out)
    assert remark.startswith("1 bars are not drawn")
    assert remark in Outline(out.getvalue().decode()).text


def test_a_line_that_is_not_of_the_schema_is_left_out_and_counted() -> None:
    run = broken()
    run.records[9] = {**run.records[9], "clock": ["a0"]}
    run.header["seed"] = run.header["parameters"] = run.header["delays"] = ["?"]
    out = io.BytesIO()
    assert write(run, LEGEND, out) == [
        "1 events are left out: their fields are not those of the log's schema"
    ]


def test_twenty_bytes_an_event_are_enough() -> None:
    small, large = len(page(many(1_000))), len(page(many(21_000)))
    assert (large - small) / 20_000 < 20
