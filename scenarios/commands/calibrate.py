"""`slabrace calibrate`: fit the unpublished costs to the profile before the patch, and predict."""

from __future__ import annotations

from typing import Annotated

from slabrace.actors.costs import Costs, origin
from slabrace.runtime.errors import UsageError
from slabrace.scenarios.calibration import BOUNDS, Fit, fit
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Help, Prices
from slabrace.scenarios.commands.output import AsJson, print_json, say
from slabrace.scenarios.profiling import measure
from slabrace.scenarios.published import NOT_MODELLED, PROFILES, SOURCE, Beside, beside

__all__ = ["calibrate"]

SCENARIO, BEFORE, AFTER = "stress", "rwsem_flat", "refcount_rcu"
CPUS = (8, 10, 12, 14, 16)


def calibrate(
    *,
    cpus: Annotated[
        list[int] | None, Help("Numbers of reclaiming CPUs to try; 8 to 16 unless told.")
    ] = None,
    memcgs: Annotated[int, Help("How many memcgs the fit is made with.")] = 201,
    rounds: Annotated[int, Help("Steps of the optimiser for each number of CPUs.")] = 12,
    prices: Prices | None = None,
    json: AsJson = False,
) -> int:
    """Fit costs to the published profile of the old walk, and predict that of the new one.

    Only the profile before the patch is fitted to; then nothing is changed but the walk. Prints the
    costs as TOML, for --costs. About a minute a number of CPUs. Needs SciPy: `slabrace[cost]`.
    """
    for name, value in (("memcgs", memcgs), ("rounds", rounds), *(("cpus", n) for n in cpus or ())):
        if value < 1:
            raise UsageError(f"{name}={value}: expected 1 or more")
    scenario = Catalogue().find(SCENARIO)
    published = modelled(BEFORE)

    def told(each: Fit) -> None:
        say(f"{each.cpus} CPUs: {each.error:.2f} points from {SOURCE}, root of the mean square")

    found = fit(
        scenario,
        published,
        cpus or CPUS,
        (prices or Prices()).read(),
        memcgs=memcgs,
        rounds=rounds,
        told=told,
    )
    settings = [
        *scenario.perf, f"version={AFTER}", "mounts=4001", f"memcgs={memcgs}",
        f"touches={memcgs * 3 // 4}", f"cpus={found.cpus}",
    ]  # fmt: skip
    predicted = measure(scenario, scenario.parse(settings), found.costs).shares()
    if json:
        print_json(
            {
                "cpus": found.cpus,
                "costs": {name: getattr(found.costs, name) for name in BOUNDS},
                "error": found.error,
                "before": found.profile,
                "after": predicted,
            }
        )
        return 0
    print(toml(found.costs))
    print(f"# {found.cpus} CPUs\n#")
    for title, version, profile in (
        ("before, fitted", BEFORE, found.profile),
        ("after, predicted", AFTER, predicted),
    ):
        print(f"# {title:<34}{'published':>10}{'model':>9}{'error':>8}")
        for line in beside(PROFILES[SCENARIO][version], profile):
            print(f"# {row(line)}")
        print("#")
    return 0


def modelled(version: str) -> dict[str, float]:
    """What was published of ``version`` and the model can have."""
    return {
        symbol: share
        for symbol, share in PROFILES[SCENARIO][version].items()
        if symbol not in NOT_MODELLED
    }


def toml(costs: Costs) -> str:
    """The costs that were fitted, as a file that --costs reads."""
    return "\n".join(
        f"{name} = {getattr(costs, name):g}  "
        f"# {origin(name).unit}, {bound.low:g} to {bound.high:g}: {origin(name).meaning}"
        for name, bound in BOUNDS.items()
    )


def row(line: Beside) -> str:
    """One symbol."""
    if line.model is None or line.error is None:
        return f"{line.symbol:<34}{line.published:>10.2f}{'-':>9}{'-':>8}"
    return f"{line.symbol:<34}{line.published:>10.2f}{line.model:>9.2f}{line.error:>+8.2f}"
