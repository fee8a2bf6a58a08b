"""`slabrace explore`: what it says, what it answers, and that it can be interrupted and resumed."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.console import Command, Said, process, talkative

from slabrace.runtime.exploration import Exploration
from slabrace.runtime.explore import explore, members_of
from slabrace.runtime.exporters.diagram import WIDTH
from slabrace.runtime.scenario import Scenario
from slabrace.runtime.strategy_table import Options
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras
from slabrace.scenarios.commands.search_worker import Shop

SCRIPT = Path(__file__).parents[1] / "data" / "lost_update.py"
LOST, KEPT, WRONG, ENDLESS, BREAKS = (
    f"{SCRIPT}::{name}"
    for name in ("lost_update", "kept_update", "wrong_claim", "endless", "breaks_off")
)
STRATEGIES = ("portfolio", "dpor", "dfs", "pct", "pos", "random", "delay")


@pytest.fixture
def slabrace(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Command:
    monkeypatch.chdir(tmp_path)
    return Command(capsys)


# -- what it says ---------------------------------------------------------------------------------

BUGS = [each for each in Catalogue() if each.kind in {"bug", "suspect"}]
FORMS = {"kasan", "lockdep"}
CAUSE = ("What decides: ", "No single pair of deliveries decides: ")


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_every_bug_is_found_told_replayed_and_minimised_as_the_readme_says(
    bug: Scenario, slabrace: Command
) -> None:
    """With what a user gets who sets nothing."""
    said = slabrace("explore", bug.name, "--save", "found")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[2].partition(" found by ")[0] in bug.laws
    (cause,) = [line for line in lines if line.startswith(CAUSE)]
    closing = next(n for n, line in enumerate(lines) if line.startswith("Observation "))
    assert re.fullmatch(rf"Observation {bug.name} (Sometimes|Always) 1 \d+", lines[closing])
    assert lines[closing + 1].endswith(f": the verdict {bug.verdict.value} holds")

    (file,) = Path("found").iterdir()
    drawn = slabrace("replay", file, "--as", "diagram")
    picture = drawn.out.partition("\nObservation ")[0].rstrip()
    assert drawn.code == 0
    assert picture.startswith("CPU0")
    assert max(map(len, picture.splitlines())) <= WIDTH
    assert f"\n\n{picture}\n\n{cause}" in said.out

    small = slabrace("minimize", file)
    assert small.code == 0
    assert f"\n{cause}" in small.out
    for form in FORMS:
        told = slabrace("replay", file, "--as", form)
        refused = f"slabrace: --as {form} tells of "
        assert told.code == (2 if told.err else 0)
        assert (told.err.count("\n"), told.err.startswith(refused)) in {(0, False), (1, True)}


def test_a_bug_is_found_made_small_drawn_and_explained(slabrace: Command) -> None:
    said = slabrace("explore", "A1_refcount_leak")
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0].startswith("A1_refcount_leak: ")
    assert lines[2].startswith("deadlock found by ")
    assert re.fullmatch(r"minimised from \d+ deliveries to \d+, with 0 preemptions, .*", lines[3])
    assert "CPU0 (slabreclaimer0)            CPU1 (umounter0)" in said.out
    assert "\nWhat decides: " in said.out
    assert "\n  slabrace replay slabrace1:" in said.out
    assert max(len(line) for line in lines if not line.startswith("  slabrace")) < 130


def test_what_it_prints_can_be_replayed(slabrace: Command) -> None:
    said = slabrace("explore", "A1_refcount_leak")
    (words,) = [line.split() for line in said.out.splitlines() if line.startswith("  slabrace ")]
    assert "deadlock: nobody can move" in slabrace(*words[1:]).out


def test_it_closes_as_herd7_does_and_says_how_far_that_can_be_trusted(slabrace: Command) -> None:
    said = slabrace("explore", KEPT, "--strategy", "dpor")
    assert said.out.splitlines()[-3:-1] == [
        "Observation kept_update Never 0 2",
        "exhaustive (2 traces): the verdict Never holds",
    ]
    assert re.fullmatch(
        r"2 runs in .* s \(.*/s\), 4 deliveries \(.*/s\)", said.out.splitlines()[-1]
    )


def test_a_fixed_version_is_shown_to_hold(slabrace: Command) -> None:
    document = slabrace("explore", "D2_put_before_lock_fixed", "--strategy", "dpor", "--json").json
    assert (document["how"], document["why"]) == ("exhaustive", "10 traces")
    assert (document["runs"], document["held"], document["unreached"]) == (10, True, [])


def test_what_was_drawn_says_what_may_have_been_missed_and_what_was_covered(
    slabrace: Command,
) -> None:
    said = slabrace("explore", KEPT, "--strategy", "pct", "--runs", "40")
    assert re.search(
        r"^sampled \(chance of missing a depth-3 bug <= [\d.e-]+; "
        r"unseen traces estimated at \d+ %\): the verdict Never holds$",
        said.out,
        re.MULTILINE,
    )
    assert "1 of 1 pairs of conflicting deliveries in both orders, nothing new since" in said.out


def test_a_search_that_was_not_finished_is_neither_for_nor_against(slabrace: Command) -> None:
    said = slabrace("explore", "expand_vs_reclaim", "--strategy", "dpor", "--runs", "3")
    assert said.code == 1
    assert re.search(
        r"^inconclusive \(3 traces of about .*; never reached: .*\): neither for nor",
        said.out,
        re.MULTILINE,
    )


def test_as_json_it_is_one_document(slabrace: Command) -> None:
    said = slabrace("explore", WRONG, "--json")
    document = said.json
    assert (said.code, said.err) == (1, "")
    wanted = {"scenario": "wrong_claim", "expected": "Never", "held": False, "how": "sampled"}
    assert wanted.items() <= document.items()
    (violation,) = document["violations"]
    assert violation["schedule"].startswith("slabrace1:")
    assert violation["minimised"].keys() == {
        "schedule", "deliveries", "preemptions", "exact", "cause", "diagram",
    }  # fmt: skip
    assert [member["strategy"] for member in document["members"]] == [
        "dpor", "random", "pct", "delay", "pos",
    ]  # fmt: skip
    assert document["coverage"].keys() == {"pairs", "both", "flat_since", "curve"}


def test_it_may_leave_what_it_finds_as_it_is(slabrace: Command) -> None:
    said = slabrace("explore", LOST, "--no-minimize")
    assert "minimised from" not in said.out
    assert "What decides" not in said.out
    assert "Load(counter) = 0" in said.out


def test_many_hits_of_one_bug_are_one_bug_seen_so_often(slabrace: Command) -> None:
    said = slabrace("explore", LOST, "--strategy", "random", "--runs", "300", "--keep-going")
    observation = re.search(
        r"^Observation lost_update Sometimes (\d+) \d+$", said.out, re.MULTILINE
    )
    assert observation is not None
    assert f", seen in {observation[1]} runs" in said.out
    assert said.out.count("slabrace replay") == 1


def test_schedules_are_saved_and_replayed_from_there(slabrace: Command, tmp_path: Path) -> None:
    said = slabrace("explore", WRONG, "--save", tmp_path / "found")
    (path,) = (tmp_path / "found").glob("*.json")
    assert f"slabrace replay {path}" in said.out
    assert slabrace("replay", path).code == 1


def test_parameters_are_options_and_arrive(slabrace: Command) -> None:
    found = slabrace("explore", KEPT, "--writers", "3", "--strategy", "dpor", "--json").json
    assert found["runs"] == 6


# -- strategies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_finds_a_bug(slabrace: Command, strategy: str) -> None:
    said = slabrace("explore", LOST, "--strategy", strategy, "--json")
    assert (said.code, said.json["observed"] != "Never") == (0, True)
    assert said.json["finder"] in STRATEGIES[1:]


@pytest.mark.parametrize(
    ("strategy", "how"),
    [("dpor", "exhaustive"), ("dfs", "exhaustive"), ("delay", "exhaustive"), ("pos", "sampled")],
)
def test_every_strategy_says_how_far_it_goes(slabrace: Command, strategy: str, how: str) -> None:
    said = slabrace("explore", KEPT, "--strategy", strategy, "--runs", "30", "--json")
    assert said.json["how"] == how


@pytest.mark.parametrize(
    ("words", "bound"),
    [
        (["--strategy", "dfs", "--preemptions", "0"], "preemptions <= 0"),
        (["--strategy", "dfs", "--steps", "3"], "steps <= 3"),
        (["--strategy", "delay", "--delays", "0"], "delays <= 0"),
    ],
)
def test_a_bound_is_told(slabrace: Command, words: list[str], bound: str) -> None:
    said = slabrace("explore", f"{SCRIPT}::lost_update", *words)
    assert f"bounded ({bound})" in said.out


@pytest.mark.parametrize("wrapper", [["--fair", "3"], ["--check"]])
def test_a_strategy_may_be_wrapped(slabrace: Command, wrapper: list[str]) -> None:
    said = slabrace("explore", KEPT, "--strategy", "random", "--runs", "20", *wrapper, "--json")
    assert (said.code, said.json["runs"]) == (0, 20)


# -- exit codes, and input that is wrong ----------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([LOST], 0),
        ([KEPT], 0),
        ([WRONG], 1),
        ([ENDLESS, "--max-steps", "50", "--runs", "20"], 1),
        ([KEPT, "--runs", "0"], 1),
        ([KEPT, "--time", "0"], 1),
    ],
    ids=["sometimes", "never", "wrong", "cut off", "no run", "no time"],
)
def test_it_exits_by_whether_the_verdict_held(
    slabrace: Command, words: list[str], code: int
) -> None:
    assert slabrace("explore", *words).code == code


def test_no_time_is_one_run(slabrace: Command) -> None:
    assert slabrace("explore", KEPT, "--time", "0", "--json").json["runs"] == 1


WRONG_INPUT = [
    (["strss"], "unknown scenario 'strss'; did you mean 'stress'?"),
    ([KEPT, "--strategy", "guess"], 'Choose from: "portfolio", "dpor", "dfs"'),
    ([KEPT, "--depth", "2"], "portfolio takes no depth; choose one strategy for it"),
    ([KEPT, "--strategy", "random", "--depth", "2"], "random takes no depth; it takes seed, first"),
    ([KEPT, "--strategy", "dpor", "--preemptions", "2"], "dpor takes no preemptions"),
    ([KEPT, "--strategy", "pct", "--depth", "0"], "depth is 0; it must be at least 1"),
    ([KEPT, "--strategy", "dpor", "--fair", "9"], "dpor goes through all schedules"),
    ([KEPT, "--strategy", "pos", "--fair", "0"], "fair=0: expected 1 or more picks"),
    ([KEPT, "--jobs", "0"], "jobs is 0; it must be at least 1"),
    ([KEPT, "--jobs", "-1"], "jobs is -1; it must be at least 1"),
    ([KEPT, "--runs", "-1"], "runs is -1; it must be at least 0"),
    ([KEPT, "--time", "-1"], "seconds is -1.0; it must be at least 0"),
    ([KEPT, "--writer", "2"], "unknown option --writer; did you mean '--writers'?"),
    ([KEPT, "--resume", "no/state"], "cannot read no/state: No such file"),
    ([KEPT, "--resume", str(SCRIPT)], "does not say where a search stands"),
    ([BREAKS], "KeyError: 'the slip'"),
]


@pytest.mark.parametrize(
    ("words", "told"), WRONG_INPUT, ids=[str(number) for number in range(len(WRONG_INPUT))]
)
def test_wrong_input_is_told_of(slabrace: Command, words: list[str], told: str) -> None:
    said = slabrace("explore", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert told in slabrace("explore", *words, "--json").json["error"]


# -- side by side ---------------------------------------------------------------------------------

TIMES = {"seconds", "earlier", "jobs", "state"}


def told(result: Exploration) -> Any:
    """All of a result but times and by how many it was made."""
    mine = {name: value for name, value in vars(result).items() if name not in TIMES}
    mine["members"] = [
        {name: value for name, value in vars(each).items() if name not in TIMES}
        for each in result.members
    ]
    mine["found"] = {
        signature: (found.run, found.picks, found.count, found.made_by)
        for signature, found in result.found.items()
    }
    return mine


def searched(name: str, jobs: int, strategy: str = "portfolio", **budget: Any) -> Any:
    scenario = Catalogue().find(name)
    members = members_of(strategy, Options(seed=7), scenario.delays)
    until = bool(budget.pop("until_violation", True))
    shop = Shop(name, (), members, Extras(), until_violation=until)
    return told(
        explore(scenario, members=members, jobs=jobs, loader=shop, until_violation=until, **budget)
    )


@pytest.mark.parametrize(
    ("name", "budget"),
    [
        ("D2_put_before_lock", {}),
        ("A1_refcount_leak", {"runs": 250, "until_violation": False}),
    ],
    ids=["until it is found", "all of the budget"],
)
def test_any_number_of_jobs_gives_the_same(name: str, budget: dict[str, Any]) -> None:
    alone = searched(name, 1, **budget)
    assert alone["positive"] > 0
    assert searched(name, 2, **budget) == alone
    assert searched(name, 3, **budget) == alone


def test_an_error_of_the_user_s_in_another_process_is_shown_as_theirs(
    slabrace: Command, tmp_path: Path
) -> None:
    path = tmp_path / "hurried.py"
    path.write_text(
        SCRIPT.read_text().replace(
            'self.note("counted", value=value, counter=self.counter)',
            'self.note("counted", value=value, counter=self.counter)\n'
            "        if value == 1 and self.name == 'writer1':\n"
            "            raise KeyError('the slip')",
        )
    )
    running = process(["explore", f"{path}::kept_update", "--jobs", "2"], cwd=tmp_path)
    out, err = running.communicate(timeout=50)
    assert (running.returncode, out) == (2, "")
    assert "KeyError: 'the slip'" in err
    assert f'File "{path}"' in err
    assert "slabrace itself broke" not in err


# -- interrupted, and resumed ---------------------------------------------------------------------


def interrupted(folder: Path, *words: str) -> Said:
    """What a long search says when Ctrl-C is pressed."""
    running = talkative(["explore", *words], folder)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=50)
    return Said(running.returncode, (folder / "stdout").read_text(), err)


LONG = ("expand_vs_reclaim", "--runs", "100000000")


@pytest.mark.parametrize("strategy", ["dpor", "dfs", "random"])
def test_ctrl_c_reports_what_there_is_and_resume_goes_on(
    slabrace: Command, tmp_path: Path, strategy: str
) -> None:
    said = interrupted(tmp_path, *LONG, "--strategy", strategy)
    assert said.code == 130, said.err
    assert "interrupted: what follows is what was seen until then" in said.out
    found = re.search(
        r"^inconclusive \(interrupted after ([\d,]+) runs[;)]", said.out, re.MULTILINE
    )
    assert found is not None
    runs = int(found[1].replace(",", ""))
    place = tmp_path / "expand_vs_reclaim.search.json"
    assert f"--resume {place.name}" in said.err
    words = ("explore", LONG[0], "--strategy", strategy, "--json", "--runs", str(runs + 5))
    more = slabrace(*words, "--resume", place).json
    assert (more["runs"], more["interrupted"]) == (runs + 5, False)


def test_ctrl_c_with_jobs_reports_what_there_is(tmp_path: Path) -> None:
    said = interrupted(tmp_path, *LONG, "--jobs", "2")
    assert said.code == 130, said.err
    assert "inconclusive (interrupted after " in said.out
    assert "Traceback" not in said.err
    state = json.loads((tmp_path / "expand_vs_reclaim.search.json").read_text())
    assert state["runs"] > 0


def test_ctrl_c_ends_a_run_that_is_too_long_to_wait_for(tmp_path: Path) -> None:
    """No share is ever done, so nothing is told before: it has the time to begin."""
    words = ["explore", ENDLESS, "--strategy", "random", "--max-steps", "1000000000"]
    running = process(words, cwd=tmp_path)
    time.sleep(4)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=50)
    assert running.returncode == 130, err
    assert "Observation endless Never 0 0" in out


@pytest.mark.parametrize("strategy", ["dpor", "dfs"])
def test_a_tree_is_gone_on_with_in_another_process(
    slabrace: Command, tmp_path: Path, strategy: str
) -> None:
    words = ("explore", LOST, "--writers", "4", "--strategy", strategy, "--keep-going")
    slabrace(*words, "--runs", "100", "--save", tmp_path)
    resumed = ("--resume", tmp_path / "lost_update.search.json", "--jobs", "2", "--json")
    whole, rest = slabrace(*words, "--json").json, slabrace(*words, *resumed).json
    assert whole["how"] == "exhaustive"
    for name in ("runs", "deliveries", "positive", "how", "why"):
        assert rest[name] == whole[name]


@pytest.fixture
def state(slabrace: Command, tmp_path: Path) -> Path:
    """Where a search stands that has spent its budget."""
    said = slabrace(
        "explore", KEPT, "--strategy", "random", "--runs", "20", "--save", tmp_path / "here"
    )
    place = tmp_path / "here" / "kept_update.search.json"
    assert f"--resume {place}" in said.err
    return place


def test_a_search_that_has_spent_its_budget_can_be_given_more(
    slabrace: Command, state: Path
) -> None:
    words = ["explore", KEPT, "--strategy", "random", "--json"]
    more = slabrace(*words, "--resume", state, "--runs", "50").json
    assert (more["runs"], more["members"][0]["runs"]) == (50, 50)
    assert more["deliveries"] == slabrace(*words, "--runs", "50").json["deliveries"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([LOST, "--strategy", "random"], "scenario: there "),
        ([KEPT, "--strategy", "pos"], "members: there random(seed 0), here pos(seed 0)"),
        (
            [KEPT, "--strategy", "random", "--seed", "3"],
            "there random(seed 0), here random(seed 3)",
        ),
        (
            [KEPT, "--strategy", "random", "--writers", "3"],
            "parameters: there [], here ['writers=3']",
        ),
        ([KEPT, "--strategy", "random", "--max-steps", "9"], "max_steps: there None, here 9"),
    ],
    ids=["scenario", "strategy", "seed", "parameters", "max_steps"],
)
def test_the_state_of_another_search_is_refused(
    slabrace: Command, state: Path, words: list[str], told: str
) -> None:
    said = slabrace("explore", *words, "--resume", state)
    assert said.code == 2
    assert "is of another search" in said.err
    assert told in said.err


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            {"schema": "slabrace.search/9"},
            "has schema slabrace.search/9; expected slabrace.search/1",
        ),
        ({"slabrace": "0.0.1"}, "was written by slabrace 0.0.1"),
        ({"runs": "many"}, "does not say where a search stands"),
    ],
    ids=["schema", "version", "damage"],
)
def test_a_state_that_cannot_be_used_is_told_of(
    slabrace: Command, state: Path, edit: dict[str, Any], told: str
) -> None:
    state.write_text(json.dumps(json.loads(state.read_text()) | edit))
    said = slabrace("explore", KEPT, "--strategy", "random", "--resume", state)
    assert said.code == 2
    assert told in said.err


# -- progress -------------------------------------------------------------------------------------


def test_progress_is_plain_lines_on_stderr_where_there_is_no_terminal(tmp_path: Path) -> None:
    running = talkative(["explore", *LONG[:1], "--strategy", "dpor", "--runs", "20"], tmp_path)
    _, err = running.communicate(timeout=50)
    (last,) = err.splitlines()
    assert re.fullmatch(r"slabrace: expand_vs_reclaim: 20 runs, 0 failed, dpor about [\d,]+", last)


def test_a_quick_search_says_nothing_on_stderr(slabrace: Command) -> None:
    assert slabrace("explore", LOST).err == ""


def test_it_says_what_it_takes() -> None:
    running = process(["explore", "--help"], stderr=subprocess.STDOUT)
    out, _ = running.communicate(timeout=50)
    for option in ("--strategy", "--runs", "--time", "--seed", "--jobs", "--save", "--resume"):
        assert option in out
