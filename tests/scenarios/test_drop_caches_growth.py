"""drop_caches_growth and `slabrace growth`: n times n calls without a map, next to none with it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenarios.console import Command

from slabrace.runtime.engine import Engine
from slabrace.runtime.strategies.round_robin import RoundRobin
from slabrace.scenarios.drop_caches_growth import KINDS, drop_caches_growth

MAPPED = sorted(KINDS.keys() - {"no_map"})
SMALL = ["growth", "--n", "20", "--n", "40", "--n", "80"]


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def told(version: str, n: int, **values: object) -> dict[str, object]:
    world = drop_caches_growth.build(version=version, n=n, **values)
    strategy = RoundRobin()
    strategy.begin(world)
    assert not Engine(world, strategy).run().violations
    assert world.report is not None
    return dict(world.report())


# -- the scenario ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 7, 40])
def test_without_a_map_every_memcg_asks_every_shrinker_and_so_does_the_root(n: int) -> None:
    found = told("no_map", n)
    assert (found["shrink_slab"], found["do_shrink_slab"]) == (n + 1, n * n + n)
    assert (found["rounds"], found["objects_freed"]) == (1, 1)


@pytest.mark.parametrize("version", MAPPED)
@pytest.mark.parametrize("n", [1, 7, 40])
def test_with_a_map_only_the_root_asks_all_and_one_memcg_asks_one(version: str, n: int) -> None:
    found = told(version, n)
    assert (found["shrink_slab"], found["do_shrink_slab"]) == (n + 1, n + 1)
    assert (found["rounds"], found["objects_freed"]) == (1, 1)


@pytest.mark.parametrize(("version", "asked"), [("no_map", 40 * 40), ("rwsem_flat", 0)])
def test_where_nothing_is_left_the_map_sends_nobody(version: str, asked: int) -> None:
    found = told(version, 40, objects=0)
    assert (found["do_shrink_slab"], found["objects_freed"]) == (40 + asked, 0)


def test_of_many_objects_more_than_one_round_comes() -> None:
    """The first finds five; then their bits lead to nothing, and are looked at twice and cleared.

    As in the kernel: again while (freed >> shift++) > 1.
    """
    found = told("rwsem_flat", 40, objects=5)
    assert (found["rounds"], found["objects_freed"]) == (2, 5)
    assert found["do_shrink_slab"] == (40 + 5) + (40 + 2 * 5)


# -- the command ----------------------------------------------------------------------------------


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def test_the_table_has_a_line_for_each_n_and_the_power_it_grows_by(slabrace: Command) -> None:
    said = slabrace(*SMALL)
    assert (said.code, said.err) == (0, "")
    head, *lines, last = [cells(line) for line in said.out.splitlines()]
    assert head == [
        "n", "calls, no_map", "rwsem_flat", "factor", "time, no_map", "rwsem_flat", "factor",
    ]  # fmt: skip
    assert [row[:4] for row in lines] == [
        ["20", "420", "21", "x20.00"],
        ["40", "1,640", "41", "x40.00"],
        ["80", "6,480", "81", "x80.00"],
    ]
    for row in lines:
        assert all(re.fullmatch(r"\d+\.\d{3} [um]s", each) for each in row[4:6])
    assert last[0] == "grows as"
    assert all(re.fullmatch(r"n\^[012]\.\d\d", each) for each in last[1:])


def test_the_square_is_gone(slabrace: Command) -> None:
    document = slabrace("growth", "--n", "100", "--n", "200", "--json").json
    assert document["scenario"] == "drop_caches_growth"
    assert [point["n"] for point in document["points"]] == [100, 200]
    assert document["points"][1]["versions"]["no_map"]["calls"] == 200 * 200 + 200
    without, with_map = (document["exponents"][each] for each in ("no_map", "rwsem_flat"))
    for figure in ("calls", "nanoseconds"):
        assert 1.9 < without[figure] < 2.1
        assert with_map[figure] < 1.2


def test_any_two_versions_can_be_asked_for(slabrace: Command) -> None:
    point = slabrace("growth", "rwsem_flat", "refcount_rcu", "--n", "9", "--json").json["points"][0]
    assert {version: each["calls"] for version, each in point["versions"].items()} == {
        "rwsem_flat": 10,
        "refcount_rcu": 10,
    }


def test_one_n_alone_does_not_grow(slabrace: Command) -> None:
    assert cells(slabrace("growth", "--n", "9").out.splitlines()[-1]) == ["grows as", *"----"]
    exponents = slabrace("growth", "--n", "9", "--json").json["exponents"]
    assert exponents["no_map"] == {"calls": None, "nanoseconds": None}


def test_sizes_are_sorted_and_each_is_measured_once(slabrace: Command) -> None:
    shuffled = slabrace("growth", "--n", "20", "--n", "10", "--n", "20", "--json")
    assert shuffled.out == slabrace("growth", "--n", "10", "--n", "20", "--json").out


def test_costs_can_be_set(slabrace: Command) -> None:
    def took(*words: str) -> int:
        document = slabrace("growth", "--n", "9", "--json", *words).json
        assert document["costs"] == ({"visit": 1000} if words else {})
        return int(document["points"][0]["versions"]["no_map"]["nanoseconds"])

    assert took("--set-cost", "visit=1000") > took() + 81 * 900


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_same_drawing_is_the_same_file(slabrace: Command, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    first, second = (tmp_path / f"{name}{suffix}" for name in ("first", "second"))
    for path in (first, second):
        assert slabrace("growth", "--n", "5", "--n", "9", "--plot", path).code == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["growth", "--n", "0", "--n", "9"], "n=0: expected 1 or more"),
        (["growth", "--n", "many"], "Invalid value"),
        (["growth", "no_maps"], "version=no_maps: expected no_map|rwsem_flat|"),
        (["growth", "no_map", "no_map"], "no_map twice: growth takes two versions"),
        (["growth", "--n", "9", "--plot", "growth.pdf"], "cannot draw growth.pdf: expected a name"),
        (["growth", "--n", "9", "--plot", "no/such.svg"], "cannot write no/such.svg: No such"),
        (["growth", "--set-cost", "hits=3"], "there is no cost 'hits'; did you mean 'hit'"),
        (["run", "drop_caches_growth", "--n", "3", "--objects", "4"], "objects=4: expected at m"),
        (["run", "drop_caches_growth", "--objects", "-1"], "objects=-1: expected 0 or more"),
    ],
)
def test_what_cannot_be_used_is_one_line(slabrace: Command, words: list[str], message: str) -> None:
    said = slabrace(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"slabrace: {message}")
    assert said.err.count("\n") == 1


def test_half_a_drop_caches_is_no_figure(
    slabrace: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slabrace.actors.reclaim.mem_cgroup_iter", interrupting())
    said = slabrace("growth", "--n", "9")
    assert (said.code, said.out) == (130, "")
    assert said.err == "slabrace: interrupted, and half a drop_caches is no figure\n"


def interrupting() -> Callable[..., object]:
    def interrupt(*_: object) -> object:
        raise KeyboardInterrupt

    return interrupt
