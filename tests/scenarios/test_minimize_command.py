"""`slabrace minimize`: what goes in, what comes out, and what it answers to the shell."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.engine import Engine
from slabrace.runtime.outcome import End
from slabrace.runtime.replaying import describe
from slabrace.runtime.schedule import Schedule
from slabrace.runtime.strategies.random_walk import RandomWalk
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.cli import main

SCRIPT = Path(__file__).parents[1] / "data" / "lost_update.py"
LOST, KEPT, WRONG = (f"{SCRIPT}::{name}" for name in ("lost_update", "kept_update", "wrong_claim"))


def schedule_of(name: str, **parameters: Any) -> Schedule:
    result = run(Catalogue().find(name), parameters, reference=name)
    (found,) = result.found.values()
    assert found.schedule is not None
    return found.schedule


class Said:
    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str | Path) -> None:
        self.code = main(["minimize", *(str(word) for word in words)])
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def test_it_prints_before_and_after_the_race_its_cause_and_how_to_replay_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = Said(capsys, schedule_of(LOST).token())
    assert said.code == 0
    assert re.search(r"preemptions +\d +1\n", said.out)
    assert re.search(r"deliveries +4 +4\n", said.out)
    assert "no run has fewer preemptions" in said.out
    assert "CPU0 (writer" in said.out
    assert "*** no_update_lost: 2 expected, 1 found" in said.out
    assert "What decides: Load(counter) by writer" in said.out
    assert "\n  slabrace replay slabrace1:" in said.out
    assert "Observation lost_update Always 1 0\n" in said.out


def test_numbers_of_the_scenario_become_smaller_too(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, schedule_of(LOST, writers=4).token())
    assert re.search(r"writers +4 +2\n", said.out)
    assert re.search(r"deliveries +8 +4\n", said.out)


def test_what_it_prints_replays_and_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, schedule_of(LOST, writers=3).token())
    (token,) = re.findall(r"slabrace1:\S+", said.out)
    assert main(["replay", token]) == 0
    capsys.readouterr()
    again = Said(capsys, token)
    assert re.findall(r"slabrace1:\S+", again.out) == [token]


def test_the_smallest_schedule_is_saved(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given, path = tmp_path / "given.json", tmp_path / "found" / "small.json"
    schedule_of(LOST).save(given)
    said = Said(capsys, given, "--save", path)
    assert f"slabrace replay {path}" in said.out
    assert Schedule.load(path).made_by.endswith(", minimised")
    assert main(["replay", str(path)]) == 0


def test_as_json_it_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, schedule_of(LOST, writers=3).token(), "--json")
    assert said.err == ""
    small = said.json["minimized"]
    assert small["after"] == {"preemptions": 1, "deliveries": 4}
    assert small["before"]["deliveries"] == 6
    assert (small["exact"], small["parameters"]["writers"]) == (True, 2)
    assert small["cause"]["first"].startswith("Load(counter) by writer")
    assert said.json["violations"][0]["schedule"].startswith("slabrace1:")
    assert said.json["diagram"].startswith("CPU0 (")


def test_as_events_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, schedule_of(LOST).token(), "--as", "events")
    assert " deliver " in said.out


def test_a_claim_that_does_not_hold_is_answered_as_by_replay(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert Said(capsys, schedule_of(WRONG).token()).code == 1


def test_a_run_that_breaks_nothing_cannot_be_minimised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = Catalogue().find(KEPT)
    world = kept.build()
    walk = RandomWalk(0)
    walk.begin(world)
    picks = describe(kept.build, Engine(world, walk).run().picks)
    good = Schedule(KEPT, {}, picks, "test", end=End.QUIET)
    said = Said(capsys, good.token())
    assert said.code == 2
    assert "expected a run that breaks a law" in said.err


def test_a_budget_that_ran_out_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, schedule_of(LOST, writers=4).token(), "--budget", "1")
    assert "the fewest preemptions found" in said.out
