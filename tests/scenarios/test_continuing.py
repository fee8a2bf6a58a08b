"""`slabrace replay --continue-with`: a schedule after an edit, and a search where they part."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.console import Command, Said, process

SCRIPT = (Path(__file__).parents[1] / "data" / "lost_update.py").read_text()
STEPS = """
            value = await self.ask(self.counter, Load()) + 1
            await self.ask(self.counter, Store(value))
"""
THRICE = "            for _ in range(3):" + STEPS.replace("\n  ", "\n      ").rstrip(" ")
"""A writer that counts three times: the same deliveries come again and again."""
ONE_MORE = "            await self.ask(self.counter, Load())\n"

Edit = Callable[[str], Said]


def story(*, steps: str) -> str:
    """The script with other steps of its writers, who are two and ought to count to six."""
    changed = SCRIPT.replace(STEPS, "\n" + steps).replace(
        "world.judge(Total(counter, writers))", "world.judge(Total(counter, 3 * writers))"
    )
    assert changed != SCRIPT
    return changed


@pytest.fixture
def slabrace(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(capsys)


@pytest.fixture
def token(slabrace: Command, tmp_path: Path) -> str:
    """The schedule of a lost update, found before the edit."""
    path = tmp_path / "edited.py"
    path.write_text(story(steps=THRICE))
    words = ("explore", f"{path}::lost_update", "--strategy", "random", "--json", "--no-minimize")
    (violation,) = slabrace(*words).json["violations"]
    found: str = violation["schedule"]
    return found


def after(tmp_path: Path, token: str, steps: str, *words: str) -> Said:
    """What is said of the schedule after an edit; ours has loaded the script as it was."""
    (tmp_path / "edited.py").write_text(story(steps=steps))
    running = process(["replay", token, "--continue-with", *words], cwd=tmp_path)
    out, err = running.communicate(timeout=50)
    return Said(running.returncode, out, err)


def test_without_an_edit_it_is_followed_to_the_end(tmp_path: Path, token: str) -> None:
    said = after(tmp_path, token, THRICE, "random")
    assert said.code == 0
    assert said.out.splitlines()[2] == "followed 12 picks of 12"
    assert "it did not part from the run" in said.out
    assert "Observation lost_update Always 1 0" in said.out


def test_one_more_delivery_is_let_through_where_it_can_be_told_from_others(
    tmp_path: Path, token: str
) -> None:
    said = after(
        tmp_path, token, "            await self.ask(self.counter, Add(0))\n" + THRICE, "pos"
    )
    assert "followed 12 picks of 12" in said.out
    assert "  new: Add from writer0 to counter in lane writer0/counter" in said.out
    assert "it did not part from the run" in said.out
    assert "to search all runs: slabrace explore " in said.out


@pytest.mark.parametrize("strategy", ["random", "pct", "pos", "dfs", "delay"])
def test_where_they_part_a_search_goes_on(tmp_path: Path, token: str, strategy: str) -> None:
    said = after(tmp_path, token, ONE_MORE + THRICE, strategy, "--runs", "500")
    lines = said.out.splitlines()
    assert said.code == 0, said.err
    assert lines[0].startswith("followed 1 pick of 12")
    assert lines[1] == "parted at pick 1"
    assert lines[2].startswith("  expected: ")
    assert lines[3].startswith("  found: deliverable is ")
    assert f"no_update_lost found by {strategy} in run " in said.out
    assert "Observation lost_update " in said.out
    assert "\n  slabrace replay slabrace1:" in said.out


def test_what_it_finds_can_be_replayed(tmp_path: Path, token: str) -> None:
    said = after(tmp_path, token, ONE_MORE + THRICE, "dfs", "--json")
    (violation,) = said.json["violations"]
    running = process(["replay", violation["schedule"]], cwd=tmp_path)
    out, err = running.communicate(timeout=50)
    assert "Observation lost_update Always 1 0" in out, err


FIXED = f"""{ONE_MORE}            for _ in range(3):
                value = await self.ask(self.counter, Add(1))
{ONE_MORE}{ONE_MORE}"""


def test_all_that_can_follow_is_no_more_than_that(tmp_path: Path, token: str) -> None:
    """After a fix, dfs goes through all that can follow; other beginnings it knows nothing of."""
    said = after(tmp_path, token, FIXED, "dfs", "--json")
    assert (said.code, said.json["observed"]) == (1, "Never")
    assert said.json["how"] == "bounded"
    assert "; only of runs that follow the schedule up to pick " in said.json["why"]


def test_as_json_it_says_where_they_parted(tmp_path: Path, token: str) -> None:
    said = after(tmp_path, token, ONE_MORE + THRICE, "random", "--json")
    schedule = said.json["schedule"]
    assert schedule.keys() == {"picks", "followed", "missing", "new", "parted"}
    assert (schedule["picks"], schedule["followed"]) == (12, 1)
    assert schedule["parted"]["pick"] == 1
    assert json.dumps(said.json["members"]).count('"strategy"') == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--continue-with", "dpor"], "dpor turns races round wherever in the run they are"),
        (["--continue-with", "guess"], 'Choose from: "random", "pct"'),
        (["--continue-with", "pos", "--as", "diagram"], "it takes no --as and no --log"),
        (["--runs", "4"], "a replay is one run: --runs needs --continue-with"),
    ],
    ids=["dpor", "unknown", "as", "runs"],
)
def test_what_makes_no_sense_is_refused(
    slabrace: Command, token: str, words: list[str], told: str
) -> None:
    said = slabrace("replay", token, *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
