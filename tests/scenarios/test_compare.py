"""`slabrace compare`: two versions side by side, the published profiles beside them, its errors."""

import re
from pathlib import Path

import pytest
from tests.scenarios.console import Command

SCRIPT = Path(__file__).parents[1] / "data" / "lost_update.py"
PAIR = ["compare", "rwsem_flat", "refcount_rcu"]
SMALL = ["--memcgs", "9", "--mounts", "9", "--touches", "5", "--cpus", "3", "--passes", "2"]
STRESS = [*PAIR, "stress", *SMALL]
MOUNT = [*PAIR, "mount_vs_umount"]


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


# -- for people -----------------------------------------------------------------------------------


def test_both_versions_stand_side_by_side_with_their_difference(slabrace: Command) -> None:
    said = slabrace(*STRESS)
    assert (said.code, said.err) == (0, "")
    head, first, figures, *published = said.out.split("\n\n")
    assert head.startswith("# stress steady=true laws=false ")
    assert " memcgs=9 " in head
    rows = [cells(line) for line in first.splitlines()]
    assert rows[0] == ["symbol", "rwsem_flat", "refcount_rcu", "difference"]
    table = {row[0]: [float(cell.rstrip("%")) for cell in row[1:]] for row in rows[1:]}
    for here, there, difference in table.values():
        assert difference == pytest.approx(there - here, abs=0.011)
    larger = [max(row[:2]) for row in table.values()]
    assert larger == sorted(larger, reverse=True)
    assert table["down_read_trylock"][0] > 5
    assert table["down_read_trylock"][1] == 0
    assert [cells(line)[0] for line in figures.splitlines()] == [
        "rwsem_flat", "memcgs scanned", "memcgs scanned per second", "trylock failures",
        "grace periods", "umount latency",
    ]  # fmt: skip
    assert len(published) == 3


def test_the_published_profiles_stand_beside_the_models(slabrace: Command) -> None:
    _, _, _, before, after, left_out = slabrace(*STRESS).out.split("\n\n")
    for block, version, symbol, percent, count in (
        (before, "rwsem_flat", "down_read_trylock", 33.15, 11),
        (after, "refcount_rcu", "shrink_slab", 64.56, 10),
    ):
        *lines, correlation = block.splitlines()
        rows = [cells(line) for line in lines]
        assert rows[0] == [version, "model", "published", "error"]
        assert len(rows) == count + 1
        assert rows[1][0] == symbol
        model, published, error = (float(cell.rstrip("%")) for cell in rows[1][1:])
        assert published == percent
        assert error == pytest.approx(model - published, abs=0.011)
        (idle,) = (row for row in rows if row[0] == "intel_idle_irq")
        assert (idle[1], idle[3]) == ("-", "-")
        assert re.fullmatch(r"Spearman's rank .*: -?[01]\.\d\d", correlation)
    assert left_out.startswith("published: commit 50d09da8e119 (v6.7). The model leaves out:\n")
    assert "\n  intel_idle_irq: no CPU of the model is ever idle\n" in left_out
    assert "user space" in left_out
    assert "page LRUs" in left_out


def test_what_nobody_has_published_stands_alone(slabrace: Command) -> None:
    said = slabrace(*MOUNT)
    assert "published" not in said.out
    one = slabrace("compare", "rwsem", "refcount_rcu", "stress", *SMALL).out
    assert one.count("Spearman") == 1


def test_umounts_are_compared_where_there_are_any(slabrace: Command) -> None:
    figures = slabrace(*MOUNT).out.split("\n\n")[2]
    rows = {cells(line)[0]: cells(line)[1:] for line in figures.splitlines()}
    for name in ("median", "p99", "max"):
        here, there, factor = rows[f"umount latency, {name}"]
        assert re.fullmatch(r"\d+\.\d+ [um]s", here)
        assert re.fullmatch(r"\d+\.\d+ [um]s", there)
        assert re.fullmatch(r"x\d+\.\d\d", factor)


def test_a_limit_leaves_out_what_is_below_on_both_sides(slabrace: Command) -> None:
    rows = slabrace(*STRESS, "--percent-limit", "5").out.split("\n\n")[1].splitlines()[1:]
    assert rows
    assert all(max(float(cell.rstrip("%")) for cell in cells(row)[1:3]) >= 5 for row in rows)
    assert any(float(cells(row)[2].rstrip("%")) < 5 for row in rows)


# -- the document ---------------------------------------------------------------------------------


def test_the_document_has_the_agreed_shape(slabrace: Command) -> None:
    said = slabrace(*STRESS, "--json")
    assert said.err == ""
    document = said.json
    assert document["scenario"] == "stress"
    assert "version" not in document["parameters"]
    assert list(document["versions"]) == ["rwsem_flat", "refcount_rcu"]
    for version in document["versions"].values():
        assert sum(each["percent"] for each in version["symbols"]) == pytest.approx(100)
        assert version["throughput"] > 0
        assert version["umount_latency"] == {"count": 0, "median": None, "p99": None, "max": None}
        assert {"trylock_failures", "grace_periods", "memcgs_scanned"} <= version.keys()
        assert {"symbol", "published", "model", "error"} == version["published"][0].keys()
        assert -1 <= version["rank_correlation"] <= 1
    for each in document["differences"]:
        assert each["difference"] == each["refcount_rcu"] - each["rwsem_flat"]
    assert document["published"]["source"] == "commit 50d09da8e119 (v6.7)"


def test_umount_latencies_are_nanoseconds(slabrace: Command) -> None:
    document = slabrace(*MOUNT, "--json").json
    assert "published" not in document
    for version in document["versions"].values():
        latency = version["umount_latency"]
        assert latency["count"] == 1
        assert latency["median"] == latency["p99"] == latency["max"] > 0


def test_each_side_is_what_perf_says_of_it(slabrace: Command) -> None:
    document = slabrace(*STRESS, "--json", "--set-cost", "transfer=90").json
    alone = slabrace(
        "perf", "stress", *SMALL, "--version", "refcount_rcu", "--json", "--set-cost", "transfer=90"
    ).json
    there = document["versions"]["refcount_rcu"]
    assert {name: there[name] for name in alone.keys() & there.keys()} == {
        name: alone[name] for name in alone.keys() & there.keys()
    }


@pytest.mark.parametrize("words", [STRESS, [*MOUNT, "--seed", "7"]])
def test_the_same_seed_gives_the_same_bytes(slabrace: Command, words: list[str]) -> None:
    for option in ([], ["--json"]):
        assert slabrace(*words, *option).out == slabrace(*words, *option).out


# -- races ----------------------------------------------------------------------------------------


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A version that forgets to wait for whoever runs a shrinker, beside the one it is made of."""
    path = tmp_path / "hasty.py"
    path.write_text(HASTY)
    return path


def test_races_of_both_stand_below_the_cost(slabrace: Command, script: Path) -> None:
    words = ["compare", "refcount_rcu_fixed", "hasty", f"{script}::umount_beside"]
    said = slabrace(*words, "--races", "300")
    assert said.code == 1
    costs, races = said.out.split("\nraces, looked for in up to 300 runs of each\n")
    assert costs == slabrace(*words).out
    before, after = races.strip().split("\n\n")
    assert before.startswith(
        "refcount_rcu_fixed:\nObservation umount_beside Never 0 300\nsampled ("
    )
    version, bug, replay, explore, observed, trust = after.splitlines()
    assert version == "hasty:"
    assert re.match(r"callback_lifetime in run \d+: slabreclaimer0 runs ", bug)
    assert explore == f"  slabrace explore {script}::umount_beside --set version=hasty"
    assert observed.startswith("Observation umount_beside Sometimes 1 ")
    assert trust.endswith("the verdict Never does NOT hold")
    for line in (replay, explore):
        again = slabrace(*line.split()[1:])
        assert again.code == 1
        assert "callback_lifetime" in again.out


def test_where_neither_breaks_a_law_it_is_a_success(slabrace: Command) -> None:
    document = slabrace(*PAIR, "free_vs_reclaim", "--races", "40", "--json").json
    assert list(document["races"]) == ["rwsem_flat", "refcount_rcu"]
    for each in document["races"].values():
        assert (each["observed"], each["held"], each["runs"]) == ("Never", True, 40)
    assert slabrace(*PAIR, "free_vs_reclaim", "--races", "40").code == 0


def test_nobody_searches_unless_asked_to(slabrace: Command) -> None:
    assert "races" not in slabrace(*MOUNT).out
    assert "races" not in slabrace(*MOUNT, "--json").json


def test_what_is_searched_is_not_what_is_profiled(slabrace: Command, script: Path) -> None:
    """Settings for being profiled are not the search's; those that were typed are."""
    words = [*PAIR, f"{script}::picky", "--races", "9", "--json"]
    small = slabrace(*words).json
    assert {each["positive"] for each in small["races"].values()} == {0}
    asked = slabrace(*words, "--cpus", "2").json
    assert {each["positive"] for each in asked["races"].values()} == {1}


HASTY = """
from typing import Literal

from slabrace.actors.initial import mounted, object_of
from slabrace.actors.kernel import Kernel
from slabrace.actors.shrink_slab import VERSIONS, RefcountRcuFixed
from slabrace.actors.tasks import SlabReclaimer, Umounter
from slabrace.runtime.errors import Violation
from slabrace.runtime.scenario import NEVER, scenario
from slabrace.runtime.world import World


class Hasty(RefcountRcuFixed):
    async def wait_for_users(self, cpu, shrinker):
        pass


@scenario(verdict=NEVER)
def umount_beside(
    world: World, *, version: Literal["refcount_rcu_fixed", "hasty"] = "hasty"
) -> None:
    kernel = Kernel(world, Hasty if version == "hasty" else RefcountRcuFixed)
    memcg, sb = kernel.boot_memcg("A"), mounted(kernel, "S")
    object_of(kernel, sb, memcg)
    world.spawn(Umounter(kernel, sb), SlabReclaimer(kernel, memcg))


def complain(event):
    raise Violation("picky", "two are one too many")


@scenario(verdict=NEVER, perf=("cpus=2", "laws=false"))
def picky(
    world: World, *, version: Literal["rwsem_flat", "refcount_rcu"] = "rwsem_flat", cpus: int = 1,
    laws: bool = True,
) -> None:
    kernel = Kernel(world, VERSIONS[version], laws=laws)
    memcg = kernel.boot_memcg("A")
    world.spawn(*(SlabReclaimer(kernel, memcg) for _ in range(cpus)))
    if laws and cpus > 1:
        world.watch("memcg_walk_begin", complain)
"""


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*PAIR, "stres"], "unknown scenario 'stres'; did you mean 'stress'"),
        ([*PAIR, f"{SCRIPT}::kept_update"], "scenario kept_update has no parameter 'version'"),
        (["compare", "rwsem_flat", "rwsem_flat", "stress"], "rwsem_flat twice: compare takes two"),
        (["compare", "rwsem_flat", "rcu", "stress"], "version=rcu: expected rwsem_flat|srcu|"),
        ([*STRESS, "--version", "srcu"], "the versions are rwsem_flat and refcount_rcu: leave --v"),
        ([*STRESS, "--set-cost", "tranfer=3"], "there is no cost 'tranfer'; did you mean 'tran"),
        ([*STRESS, "--costs", "no.toml"], "cannot read no.toml: No such file"),
        ([*STRESS, "--percent-limit", "101"], "--percent-limit 101: expected a number from 0 to"),
        ([*MOUNT, "--races", "0"], "--races 0: expected 1 run or more"),
        ([*STRESS, "--memcg", "2"], "unknown option --memcg; did you mean '--memcgs'"),
    ],
)
def test_what_cannot_be_used_is_one_line(slabrace: Command, words: list[str], message: str) -> None:
    said = slabrace(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"slabrace: {message}")
    assert said.err.count("\n") == 1
    assert slabrace(*words, "--json").json["error"].startswith(message)


def test_a_run_that_breaks_a_law_says_which_and_is_no_success(
    slabrace: Command, tmp_path: Path
) -> None:
    script = tmp_path / "picky.py"
    script.write_text(PICKY)
    said = slabrace(*MOUNT, "--monitor", f"{script}::Picky")
    assert said.code == 1
    assert "slabrace: refcount_rcu: the run broke a law: picky: no umounts, please" in said.err
    assert "rwsem_flat" in said.out


PICKY = """
from slabrace.runtime.errors import Violation
from slabrace.runtime.monitor import Monitor, watches

class Picky(Monitor):
    @watches("umount_begin")
    def umount(self, event):
        raise Violation("picky", "no umounts, please")
"""
