"""The pytest plug-in: a scenario is a test.

    @pytest.mark.explore(runs=500)
    def test_no_update_is_lost(world: World, *, writers: int = 2) -> None:
        counter = world.spawn(Counter(), name="counter")
        ...

A test marked ``explore`` populates a world and is turned in many orders; it fails if a law is
broken in one of them. One that is a `Scenario` fails if its verdict does not hold. Parameters with
a default are the scenario's own, those without one are fixtures; ``parametrize`` sets either.

A failure is told with its law, its picture, what decides, and the line that makes it again. Its
schedule is kept and tried first the next time, until it fails no more (examples.py).

This file is loaded by every pytest of whoever has installed us: it imports nothing of ours before
there is a test to explore. It knows pytest; explored.py knows the machinery.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from slabrace import __version__
from slabrace.runtime.pytest_shape import MARK, shaped, takes_world, unwrapped

if TYPE_CHECKING:
    from slabrace.runtime.explored import Budget, Story
    from slabrace.runtime.result import Result
    from slabrace.runtime.scenario import Scenario

ACCEPTED: Final = ("strategy", "runs", "seconds", "seed")
LONGEST: Final = 4096
"""Characters of a token that are still worth printing."""
WIDTH: Final = 72
"""Of the sentence that says what decides, as of the picture above it."""


class Explored(NamedTuple):
    """What was written, and which of its parameters pytest fills."""

    test: Callable[..., None] | Scenario
    fixtures: tuple[str, ...]


EXPLORED: Final = pytest.StashKey[Explored]()


# -- options ---------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options, and what an ini-file may say instead."""
    group = parser.getgroup("slabrace", "exploring interleavings")
    group.addoption(
        "--slabrace-seed", type=int, metavar="N", help="Seed of all that is drawn at random."
    )
    group.addoption(
        "--slabrace-runs", type=int, metavar="N", help="Runs of each test marked explore."
    )
    group.addoption(
        "--slabrace-replay",
        metavar="SCHEDULE",
        help="Make one run again: a token that a failure printed, or a file that holds one.",
    )
    parser.addini("slabrace_seed", "Seed of all that is drawn at random.", default="0")
    parser.addini("slabrace_runs", "Runs of a test marked explore that does not say how many.")
    parser.addini(
        "slabrace_examples",
        "Where failing schedules are kept, relative to the root directory.",
        default=".slabrace/examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        "explore(strategy=None, runs=None, seconds=None, seed=None): a scenario (a function that "
        "populates `world: World`), turned in many orders; slabrace.",
    )


def pytest_report_header(config: pytest.Config) -> str:
    """One line at the top."""
    from slabrace.runtime.examples import count  # noqa: PLC0415  # see the head of this file

    kept = count(examples_in(config))
    return f"slabrace {__version__}: seed {seed_of(config)}, {kept} failing schedules kept"


def seed_of(config: pytest.Config) -> int:
    """The seed that was asked for: an option before the ini-file."""
    given = config.getoption("--slabrace-seed")
    return number(config, "slabrace_seed") or 0 if given is None else int(given)


def number(config: pytest.Config, name: str) -> int | None:
    """An entry of the ini-file; None if there is none."""
    text = str(config.getini(name) or "")
    try:
        return int(text) if text else None
    except ValueError:
        raise pytest.UsageError(f"{name}: expected a whole number, found {text!r}") from None


def examples_in(config: pytest.Config) -> Path:
    """Where failing schedules are kept."""
    return config.rootpath / str(config.getini("slabrace_examples"))


# -- collecting ------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """A test of ours, as an ordinary one that pytest gives fixtures and parameters to."""
    if not collector.funcnamefilter(name):  # and what it is may not even be looked at
        return None
    test, outer = unwrapped(obj)
    inner = getattr(getattr(test, "function", test), "pytestmark", [])
    marked = MARK in [mark.name for mark in (*outer, *inner)] if isinstance(inner, list) else False
    if not marked and any(collector.iter_markers(MARK)):
        marked = takes_world(test)
    if not marked:
        return None
    shape = shaped(test, outer)
    names = tuple(shape.__signature__.parameters)
    # Private, and the one way to have parametrize, classes and fixtures as any test has them.
    items = list(collector._genfunctions(name, shape))  # noqa: SLF001
    for item in items:
        item.stash[EXPLORED] = Explored(test, tuple(each for each in names if each != "self"))
        if not inspect.isfunction(obj):  # pytest sees no marks, and no source, of a Scenario
            item.obj = shape
            item.own_markers[:0] = shape.pytestmark
            item.keywords.update((mark.name, mark) for mark in shape.pytestmark)
    return list(items)


# -- running ---------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Explore instead of calling."""
    explored = pyfuncitem.stash.get(EXPLORED, None)
    if explored is None:
        return None
    from slabrace.runtime.errors import UsageError  # noqa: PLC0415  # see the head of this file
    from slabrace.runtime.explored import bound  # noqa: PLC0415

    test: Any = explored.test
    if pyfuncitem.cls is not None and inspect.isfunction(test):
        test = test.__get__(pyfuncitem.instance)
    fixtures = {name: pyfuncitem.funcargs[name] for name in explored.fixtures}
    try:
        scenario = bound(test, pyfuncitem.name, fixtures)
        explore(pyfuncitem, scenario, budget_of(pyfuncitem))
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
    return True


def budget_of(item: pytest.Function) -> Budget:
    """Options before the mark, the mark before the scenario and the ini-file."""
    from slabrace.runtime.explored import Budget  # noqa: PLC0415  # see the head of this file

    mark = item.get_closest_marker(MARK)
    said: Mapping[str, Any] = mark.kwargs if mark is not None else {}
    unknown = [name for name in said if name not in ACCEPTED]
    if unknown or (mark is not None and mark.args):
        found = ", ".join(unknown) or "arguments without a name"
        pytest.fail(f"explore: expected {', '.join(ACCEPTED)}; found {found}", pytrace=False)
    runs = item.config.getoption("--slabrace-runs")
    if runs is None:
        runs = said.get("runs")
    if runs is None and "seconds" not in said and not hasattr(item.stash[EXPLORED].test, "runs"):
        runs = number(item.config, "slabrace_runs")
    seed = said.get("seed", seed_of(item.config))
    if item.config.getoption("--slabrace-seed") is not None:
        seed = seed_of(item.config)
    return Budget(said.get("strategy"), runs, said.get("seconds"), seed)


def explore(item: pytest.Function, scenario: Scenario, budget: Budget) -> None:
    """Replay what was asked for, or else what failed before; then search. Fails, or returns."""
    from slabrace.runtime.examples import Examples  # noqa: PLC0415  # see the head of this file
    from slabrace.runtime.explored import explain, search, summary, told  # noqa: PLC0415
    from slabrace.runtime.scenario import NEVER  # noqa: PLC0415

    given = item.config.getoption("--slabrace-replay")
    if given is not None:
        again(item, scenario, str(given))
        return
    examples = Examples(examples_in(item.config), item.nodeid)
    for path, schedule in examples:
        story = explain(scenario, schedule)
        if story is None or scenario.verdict is not NEVER:
            examples.drop(path)
        else:
            fail(item, story, path, "kept from an earlier run")
    result = search(scenario, item.nodeid, budget)
    if result.interrupted:
        raise KeyboardInterrupt
    said = summary(result, budget)
    item.add_report_section("call", "slabrace", said)
    if result.held:
        return
    for found in sorted(result.found.values(), key=lambda each: len(each.picks)):
        story = told(scenario, found)
        if story is not None and scenario.verdict is NEVER:
            path = examples.keep(found.signature, story.schedule)
            fail(item, story, path, said)
    pytest.fail(unheld(result, said), pytrace=False)


def again(item: pytest.Function, scenario: Scenario, given: str) -> None:
    """``--slabrace-replay``: one run of the test that the schedule is of."""
    from slabrace.runtime.explored import made_again, story_of  # noqa: PLC0415  # see the head
    from slabrace.runtime.schedule import Schedule  # noqa: PLC0415

    schedule = Schedule.read(given)
    alone = sum(EXPLORED in each.stash for each in item.session.items) == 1
    if schedule.scenario != item.nodeid and not alone:
        pytest.skip(f"the schedule is of {schedule.scenario}")
    outcome, trace = made_again(scenario, schedule)
    if outcome.violations:
        fail(item, story_of(schedule, trace, outcome.violations[0]), None, "replayed")


def unheld(result: Result, said: str) -> str:
    """What to say of a verdict that nothing broke and that does not hold."""
    if result.bound:
        runs = "1 run" if result.bound == 1 else f"{result.bound} runs"
        said += f"\n{runs} reached the bound of picks and still moved"
    laws = " or ".join(result.scenario.laws)
    return said + (f"\nexpected to be broken: {laws}" if laws else "")


def fail(item: pytest.Function, story: Story, kept: Path | None, how: str) -> None:
    """Fail with all that is known of a bug."""
    token = story.schedule.token()
    if len(token) > LONGEST and kept is not None:
        token = str(kept)
    parts = [story.message, f"({how})", "", story.diagram, ""]
    if story.cause:
        parts += [*textwrap.wrap(story.cause, WIDTH), ""]
    parts += ["to make it again:", f"  pytest '{item.nodeid}' --slabrace-replay '{token}'"]
    pytest.fail("\n".join(parts), pytrace=False)
