"""The pytest plug-in: scenarios as tests, their failures, and what is kept of them."""

import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PLUGIN = "slabrace.runtime.pytest_plugin"
INSTALLED = bool(entry_points(group="pytest11", name="slabrace"))

ACTORS = (Path(__file__).parents[1] / "data" / "lost_update.py").read_text()
HEAD = """
import pytest
from slabrace.runtime.scenario import ALWAYS, NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World
from lost_update import populate
"""
LOST = """
@pytest.mark.explore(runs=50)
def test_lost(world: World, *, writers: int = 2) -> None:
    populate(world, writers, atomic=False)
"""
KEPT = """
@pytest.mark.explore(runs=50)
def test_kept(world: World, *, writers: int = 2) -> None:
    populate(world, writers, atomic=True)
"""


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of a user's, with the actors of tests/data."""
    pytester.makepyfile(lost_update=ACTORS)
    pytester.syspathinsert()
    return pytester


def run(tests: pytest.Pytester, source: str | None, *words: str) -> pytest.RunResult:
    if source is not None:
        tests.makepyfile(test_it=HEAD + source)
    plugin = [] if INSTALLED else ["-p", PLUGIN]
    return tests.runpytest_inprocess(*plugin, *words)


def kept(tests: pytest.Pytester) -> list[Path]:
    return sorted((tests.path / ".slabrace" / "examples").glob("*/*"))


def replaying(result: pytest.RunResult) -> list[str]:
    """The words of the line that makes the failure again."""
    line = next(line for line in result.outlines if "--slabrace-replay" in line)
    found = re.fullmatch(r"\s*pytest '(.*)' --slabrace-replay '(.*)'", line)
    assert found is not None
    return [found[1], "--slabrace-replay", found[2]]


# -- verdicts --------------------------------------------------------------------------


def test_a_law_that_holds_in_every_run_passes(tests: pytest.Pytester) -> None:
    run(tests, KEPT).assert_outcomes(passed=1)


def test_a_failure_tells_law_and_picture_and_how_to_make_it_again(tests: pytest.Pytester) -> None:
    result = run(tests, LOST)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "no_update_lost: 2 expected, 1 found",
            "(sampled (stopped at the first violation): expected Never, observed *broke a law*",
            "",
            "writer*  writer*",
            "*",
            "increment()",
            "*Load(counter) = 0",
            "What decides: *",
            "*The other way round, the run breaks no law.",
            "",
            "to make it again:",
            "  pytest 'test_it.py::test_lost' --slabrace-replay 'slabrace1:*'",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_decides_is_told_72_columns_wide(tests: pytest.Pytester) -> None:
    result = run(tests, LOST)
    lines = result.outlines
    # where CI is set, the closing summary says it all again
    first = next(n for n, line in enumerate(lines) if line.startswith("What decides: "))
    sentence = lines[first : lines.index("", first)]
    assert len(sentence) > 1
    assert max(map(len, sentence)) <= 72
    assert " ".join(sentence).endswith("The other way round, the run breaks no law.")


def test_a_scenario_is_held_to_its_own_verdict(tests: pytest.Pytester) -> None:
    source = """
@scenario(verdict=SOMETIMES, law="no_update_lost", runs=40)
@pytest.mark.explore
def test_sometimes(world: World, *, writers: int = 2) -> None:
    populate(world, writers, atomic=False)

@scenario(verdict=SOMETIMES, law="no_update_lost", runs=40)
@pytest.mark.explore
def test_never_lost(world: World, *, writers: int = 2) -> None:
    populate(world, writers, atomic=True)
"""
    result = run(tests, source)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["exhaustive (2 traces): expected Sometimes, observed Never*", "expected to be broken: *"]
    )
    assert kept(tests) == []


def test_a_scenario_may_be_marked_from_outside(tests: pytest.Pytester) -> None:
    source = """
@pytest.mark.explore(runs=7, strategy="random")
@scenario(verdict=NEVER)
def test_kept(world: World) -> None:
    populate(world, 2, atomic=True)
"""
    result = run(tests, source, "-rP")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*0 of 7 runs*"])


def test_marks_of_a_scenario_are_heeded(tests: pytest.Pytester) -> None:
    source = """
@pytest.mark.skip(reason="later")
@pytest.mark.explore
@scenario(verdict=NEVER)
def test_inside(world: World) -> None:
    pass

@scenario(verdict=NEVER)
@pytest.mark.skip(reason="later")
@pytest.mark.explore
def test_below(world: World) -> None:
    pass
"""
    run(tests, source).assert_outcomes(skipped=2)


def test_a_run_that_is_cut_off_is_no_success(tests: pytest.Pytester) -> None:
    source = """
from lost_update import Counter, Spinner

@scenario(verdict=NEVER, max_steps=100, runs=2)
@pytest.mark.explore
def test_endless(world: World) -> None:
    world.spawn(Spinner(world.spawn(Counter(), name="counter")))
"""
    result = run(tests, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "inconclusive (*2 runs cut off): expected Never, observed Never; *",
            "2 runs reached the bound of picks and still moved",
        ]
    )


# -- what pytest can do ----------------------------------------------------------------


def test_parameters_are_fixtures_or_parametrized_or_the_scenarios_own(
    tests: pytest.Pytester,
) -> None:
    source = """
@pytest.fixture
def atomic() -> bool:
    return True

@pytest.mark.parametrize("writers", [1, 2, 3])
@pytest.mark.explore(runs=50)
def test_kept(world: World, atomic, *, writers: int = 9, more: int = 0) -> None:
    assert writers < 9
    populate(world, writers + more, atomic=atomic)
"""
    result = run(tests, source, "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*::test_kept?3? PASSED*"])


def test_a_marked_class_explores_its_methods(tests: pytest.Pytester) -> None:
    source = """
@pytest.mark.explore(runs=5)
class TestAll:
    atomic = True

    def test_kept(self, world: World) -> None:
        populate(world, 2, atomic=self.atomic)

    def test_ordinary(self) -> None:
        assert self.atomic
"""
    run(tests, source).assert_outcomes(passed=2)


def test_a_mistake_of_the_users_is_shown_as_one(tests: pytest.Pytester) -> None:
    source = """
@pytest.mark.explore
def test_mistake(world: World) -> None:
    raise ZeroDivisionError("the mistake")
"""
    result = run(tests, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*raise ZeroDivisionError*", "E*ZeroDivisionError: the mistake"])


@pytest.mark.parametrize(
    ("mark", "told"),
    [
        ("runz=5", "explore: expected strategy, runs, seconds, seed; found runz"),
        ("strategy='randm'", "unknown strategy 'randm'; did you mean 'random'?*"),
    ],
)
def test_a_mark_that_makes_no_sense_says_what_is_expected(
    tests: pytest.Pytester, mark: str, told: str
) -> None:
    result = run(tests, KEPT.replace("runs=50", mark))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([told])


def test_a_test_without_a_world_is_refused(tests: pytest.Pytester) -> None:
    result = run(tests, "@pytest.mark.explore\ndef test_nothing():\n    pass\n")
    result.stdout.fnmatch_lines(["*test_nothing is marked explore and takes no world*"])
    assert result.ret != 0


def test_tests_that_are_not_marked_are_left_alone(tests: pytest.Pytester) -> None:
    run(tests, "def test_plain():\n    assert True\n").assert_outcomes(passed=1)


# -- options ---------------------------------------------------------------------------


def test_options_come_before_the_mark(tests: pytest.Pytester) -> None:
    source = KEPT.replace("(runs=50)", "(runs=50, strategy='random')")
    result = run(tests, source, "-rP", "--slabrace-runs", "3", "--slabrace-seed", "8")
    result.stdout.fnmatch_lines(["slabrace *: seed 8, 0 failing schedules kept", "*0 of 3 runs*"])
    result.stdout.fnmatch_lines(["*random, seed 8)"])


def test_the_ini_file_comes_last(tests: pytest.Pytester) -> None:
    tests.makeini("[pytest]\nslabrace_runs = 4\nslabrace_seed = 9\n")
    random = KEPT.replace("(runs=50)", "(runs=50, strategy='random')")
    plain = KEPT.replace("(runs=50)", "(strategy='random')").replace("test_kept", "test_plain")
    source = random + plain
    result = run(tests, source, "-rP")
    result.stdout.fnmatch_lines(["*0 of 50 runs*seed 9)", "*0 of 4 runs*seed 9)"])


def test_seconds_end_a_search_that_has_no_number_of_runs(tests: pytest.Pytester) -> None:
    result = run(tests, KEPT.replace("runs=50", "seconds=0.05, strategy='random'"), "-rP")
    result.assert_outcomes(passed=1)
    result.stdout.re_match_lines([r".*0 of (\d\d|\d{3,}) runs"])


def test_a_search_that_has_seen_everything_says_so(tests: pytest.Pytester) -> None:
    result = run(tests, KEPT, "-rP")
    result.stdout.fnmatch_lines(
        ["exhaustive (2 traces): expected Never, observed Never; 0 of 2 runs*portfolio, seed 0)"]
    )


def test_the_same_seed_finds_the_same(tests: pytest.Pytester) -> None:
    one, other = (replaying(run(tests, LOST)) for _ in range(2))
    assert one == other


# -- replay ----------------------------------------------------------------------------


def test_the_line_that_was_printed_makes_the_failure_again(tests: pytest.Pytester) -> None:
    words = replaying(run(tests, LOST + KEPT))
    result = run(tests, None, *words)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no_update_lost: 2 expected, 1 found", "(replayed)"])


def test_a_replay_skips_the_tests_that_it_is_not_of(tests: pytest.Pytester) -> None:
    _, *words = replaying(run(tests, LOST + KEPT))
    run(tests, None, *words).assert_outcomes(failed=1, skipped=1)


def test_a_replay_of_what_was_mended_says_where_it_parts(tests: pytest.Pytester) -> None:
    words = replaying(run(tests, LOST))
    result = run(tests, LOST.replace("atomic=False", "atomic=True"), *words)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*replay diverged at pick*"])


def test_a_schedule_that_cannot_be_read_is_told_of(tests: pytest.Pytester) -> None:
    result = run(tests, LOST, "--slabrace-replay", "slabrace1:abc")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*truncated*"])


# -- examples --------------------------------------------------------------------------


def test_a_failing_schedule_is_kept_and_tried_first(tests: pytest.Pytester) -> None:
    run(tests, LOST)
    (path,) = kept(tests)
    assert json.loads(path.read_text())["scenario"] == "test_it.py::test_lost"
    result = run(tests, None, "--slabrace-runs", "0")
    result.stdout.fnmatch_lines(["*1 failing schedules kept", "(kept from an earlier run)"])
    assert kept(tests) == [path]


def test_one_that_no_longer_fails_is_dropped(tests: pytest.Pytester) -> None:
    run(tests, LOST)
    run(tests, LOST.replace("atomic=False", "atomic=True")).assert_outcomes(passed=1)
    assert kept(tests) == []


def test_one_that_cannot_be_read_is_dropped(tests: pytest.Pytester) -> None:
    run(tests, LOST)
    (path,) = kept(tests)
    path.write_text("{")
    result = run(tests, None)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["(*runs broke a law*"])


def test_where_examples_are_kept_can_be_said(tests: pytest.Pytester) -> None:
    tests.makeini("[pytest]\nslabrace_examples = elsewhere\n")
    run(tests, LOST)
    assert kept(tests) == []
    assert len(list((tests.path / "elsewhere").glob("*/*.json"))) == 1


def test_workers_side_by_side_leave_whole_files(tests: pytest.Pytester) -> None:
    """As under pytest-xdist: processes that share the examples, and nothing else."""
    tests.makepyfile(test_it=HEAD + LOST)
    plugin = [] if INSTALLED else ["-p", PLUGIN]
    words = [sys.executable, "-m", "pytest", "-q", *plugin, "--slabrace-runs", "40"]
    workers = [
        subprocess.Popen(
            [*words, "--slabrace-seed", str(seed)], cwd=tests.path, stdout=subprocess.PIPE
        )
        for seed in range(3)
    ]
    for worker in workers:
        worker.communicate(timeout=50)
    assert [worker.returncode for worker in workers] == [1, 1, 1]
    (path,) = kept(tests)  # one bug, one file, and no draft
    assert json.loads(path.read_text())["schema"].startswith("slabrace.schedule/")


# -- being loaded ----------------------------------------------------------------------


def test_loading_the_plug_in_imports_nothing_of_the_machine() -> None:
    code = (
        f"import json, sys, {PLUGIN}\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('slabrace.')"
        " or name in ('msgspec', 'anyio', 'trio', 'structlog', 'cyclopts')]))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shape = "slabrace.runtime.pytest_shape"
    assert sorted(json.loads(said.stdout)) == ["slabrace.runtime", PLUGIN, shape]
