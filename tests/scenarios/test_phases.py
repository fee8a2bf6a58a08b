"""phases counts what two real kernels counted, function by function (kernel.md 10)."""

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from slabrace.runtime.campaign import run
from slabrace.runtime.scenario import NEVER
from slabrace.scenarios.phases import phases

KERNELS = {"rwsem_flat": "linux-6.1", "refcount_rcu": "linux-6.12"}
SIZES = [(11, 8), (71, 51)]
BY_FORMULA = [(30, 17), (45, 20)]  # without and with an expansion in the phase "mount"
SYSTEM = {"rwsem_flat": (27, 21), "refcount_rcu": (30, 23)}  # shrinkers, of them superblocks

Counts = dict[str, dict[str, int]]


@functools.cache
def counted(version: str, n: int, touches: int) -> dict[str, Any]:
    """{"calls": {phase: {function: calls}}, "loops": {phase: [{function: calls}, ...]}}."""
    result = run(phases, {"version": version, "memcgs": n, "mounts": n, "touches": touches})
    assert (result.runs, result.observed) == (1, NEVER)
    return result.stats


def expands(version: str, n: int) -> bool:
    """Whether an id reaches 64 while n tmpfs are mounted, after the system's own and two others."""
    return SYSTEM[version][1] + 2 <= 64 < SYSTEM[version][1] + 2 + n


def table(version: str, n: int, touches: int) -> Counts:
    """The table of kernel.md 10, but for drop_caches."""
    flat = version == "rwsem_flat"
    walks = 17 * 13 * (1 if flat else 2)  # 16 retries + 1, priorities 12 to 0, once or twice
    create, destroy = "shrinker_alloc", "shrinker_free"
    mounts = {"alloc_super": n, create: n, "shrinker_register": n}
    if flat:
        destroy = "unregister_shrinker"
        mounts = {"alloc_super": n, "prealloc_shrinker": n, "register_shrinker_prepared": n}
    if expands(version, n):  # root, /test, n, and once more to end; one old info each
        mounts |= {"mem_cgroup_iter": n + 3, "kvfree_call_rcu": n + 2}
    reclaim = {
        "shrink_slab": walks * (touches + 1),
        "shrink_lruvec": walks * (touches + 1),
        "mem_cgroup_iter": walks * (n + 2),
    }
    if flat and expands(version, n):  # the bit that never clears
        reclaim["do_shrink_slab"] = walks * (touches + 1)
    umount = {destroy: n, "synchronize_rcu_expedited": n, "deactivate_locked_super": n}
    gone = (
        "cgroup_rmdir", "mem_cgroup_css_offline", "memcg_reparent_list_lrus",
        "reparent_shrinker_deferred", "mem_cgroup_css_free", "free_shrinker_info",
        "kvfree_call_rcu",
    )  # fmt: skip
    rmdir = dict.fromkeys(gone, n)
    if not flat:  # grace periods end later than the loop
        umount["shrinker_free_rcu_cb"] = n - 3
        rmdir["shrinker_free_rcu_cb"] = 3
    return {
        "create": dict.fromkeys(
            ("mem_cgroup_css_online", "alloc_shrinker_info", "cgroup_mkdir"), n + 1
        ),
        "mount": mounts,
        "touch": {"memcg_list_lru_alloc": 2 * touches},
        "memory.reclaim": reclaim,
        "umount": umount,
        "rmdir": rmdir,
    }


def rounds(version: str, n: int) -> tuple[dict[str, int], dict[str, int]]:
    """Calls of the first round of drop_caches, and of a later one."""
    shrinkers = SYSTEM[version][0] + n  # all from the root's walk
    first = {"shrink_slab": n + 2, "mem_cgroup_iter": n + 3, "do_shrink_slab": shrinkers}
    later = dict(first)
    if version == "rwsem_flat" and expands(version, n):
        # /test and n memcgs have 64 ones: 63 shrinkers are called twice, one once and for good
        first["do_shrink_slab"] += (n + 1) * 127
        later["do_shrink_slab"] += (n + 1) * 1
    return first, later


def part(counts: dict[str, int], wanted: dict[str, int]) -> dict[str, int]:
    return {function: counts.get(function, 0) for function in wanted}


ALL = pytest.mark.parametrize(
    ("version", "n", "touches"),
    [(version, *size) for version in KERNELS for size in (*SIZES, *BY_FORMULA)],
)


# -- the table -------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize(
    "phase", ["create", "mount", "touch", "memory.reclaim", "umount", "rmdir"]
)  # fmt: skip
def test_a_phase_counts_what_the_table_says(version: str, n: int, touches: int, phase: str) -> None:
    wanted = table(version, n, touches)[phase]
    assert part(counted(version, n, touches)["calls"][phase], wanted) == wanted


@ALL
def test_every_round_of_drop_caches_counts_what_the_table_says(
    version: str, n: int, touches: int
) -> None:
    loops = counted(version, n, touches)["loops"]
    first, later = rounds(version, n)
    told = [
        part(each, first) for phase in ("drop_caches 1", "drop_caches 2") for each in loops[phase]
    ]
    assert told == [first, *[later] * (len(told) - 1)]


@pytest.mark.parametrize("version", KERNELS)
@pytest.mark.parametrize(("n", "touches"), SIZES)
def test_drop_caches_goes_round_three_times_and_then_once(
    version: str, n: int, touches: int
) -> None:
    loops = counted(version, n, touches)["loops"]
    # linux-6.1 at 71 went round twice the second time: something else of the machine was freed
    assert [len(loops[phase]) for phase in ("drop_caches 1", "drop_caches 2")] == [3, 1]


@ALL
def test_the_expansion_shows_in_no_other_phase(version: str, n: int, touches: int) -> None:
    calls = counted(version, n, touches)["calls"]
    with_it = [phase for phase in ("create", "mount", "touch") if "mem_cgroup_iter" in calls[phase]]
    assert with_it == (["mount"] if expands(version, n) else [])


def test_the_numbers_of_the_table_at_both_sizes() -> None:
    """The formulas against the table's own numbers, so that they are not merely the model's."""
    small, large = table("rwsem_flat", 11, 8), table("rwsem_flat", 71, 51)
    assert small["create"]["mem_cgroup_css_online"] == 12
    assert large["create"]["mem_cgroup_css_online"] == 72
    assert "mem_cgroup_iter" not in small["mount"]
    assert (large["mount"]["mem_cgroup_iter"], large["mount"]["kvfree_call_rcu"]) == (74, 73)
    assert small["memory.reclaim"]["shrink_slab"] == 17 * 13 * 9
    assert large["memory.reclaim"]["do_shrink_slab"] == 17 * 13 * 52
    assert rounds("rwsem_flat", 11)[0]["do_shrink_slab"] == 38
    assert rounds("rwsem_flat", 71)[0]["do_shrink_slab"] == 98 + 72 * 127
    assert rounds("rwsem_flat", 71)[1]["do_shrink_slab"] == 98 + 72
    assert [rounds("refcount_rcu", n)[0]["do_shrink_slab"] for n in (11, 71)] == [41, 101]
    assert [rounds("refcount_rcu", n)[0]["shrink_slab"] for n in (11, 71)] == [13, 73]
    new = table("refcount_rcu", 71, 51)
    assert new["memory.reclaim"]["shrink_slab"] == 2 * 17 * 13 * 52
    assert (new["umount"]["shrinker_free_rcu_cb"], new["rmdir"]["shrinker_free_rcu_cb"]) == (68, 3)


@pytest.mark.parametrize("version", ["rwsem", "refcount_rcu_fixed"])
def test_the_other_two_versions_count_like_their_neighbour(version: str) -> None:
    told, known = counted(version, 11, 8)["calls"], counted("refcount_rcu", 11, 8)["calls"]
    for phase in ("create", "mount", "umount", "rmdir"):
        wanted = table("refcount_rcu", 11, 8)[phase]
        assert part(told[phase], wanted) == part(known[phase], wanted)


# -- the recordings --------------------------------------------------------------------


def recordings() -> dict[str, Counts]:
    """phase-counts.json of the shared folder: beside the checkout, or SLABRACE_SHARED."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    shared = Path(os.environ.get("SLABRACE_SHARED") or beside)
    path = shared / "traces" / "phase-counts.json"
    if not path.is_file():
        pytest.skip(f"no recordings: {path} is missing; SLABRACE_SHARED names the shared folder")
    known: dict[str, Counts] = json.loads(path.read_text(encoding="utf-8"))
    return known


@pytest.mark.parametrize(("n", "touches"), SIZES)
@pytest.mark.parametrize("version", KERNELS)
def test_the_recorded_kernel_counted_the_same(version: str, n: int, touches: int) -> None:
    recorded = recordings()[f"{KERNELS[version]} memcgs={n} mounts={n} touches={touches}"]
    told = counted(version, n, touches)["calls"]
    for phase, wanted in table(version, n, touches).items():
        assert part(told[phase], wanted) == part(recorded[phase], wanted), phase


@pytest.mark.parametrize(("n", "touches"), SIZES)
@pytest.mark.parametrize("version", KERNELS)
def test_the_recorded_drop_caches_counted_the_same_round_by_round(
    version: str, n: int, touches: int
) -> None:
    """How often it went round depends on what else the machine caches: so many of our rounds."""
    recorded = recordings()[f"{KERNELS[version]} memcgs={n} mounts={n} touches={touches}"]
    loops = counted(version, n, touches)["loops"]
    functions = ("shrink_slab", "mem_cgroup_iter", "do_shrink_slab", "super_cache_count")
    for phase in ("drop_caches 1", "drop_caches 2"):
        went = recorded[phase]["shrink_slab"] // (n + 2)
        ours = [*loops[phase], *[loops[phase][-1]] * went][:went]
        told = {function: sum(each[function] for each in ours) for function in functions}
        assert told == part(recorded[phase], told), phase
