"""What `perf` says of a profile: in perf's own layout for people, as one document for programs.

     33.15%  [kernel]  [k] down_read_trylock

A profiler cannot tell a CPU that stands in line for a cache line from one that works, so the table
counts both; what of it was waiting is told below. Time asleep is no CPU's, and only told there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slabrace.runtime.errors import UsageError
from slabrace.runtime.perf import Line, Profile
from slabrace.scenarios.commands.output import columns, counted, tree
from slabrace.scenarios.profiling import Measured

__all__ = ["Wanted", "document", "latency", "percent", "render", "symbols", "time"]


@dataclass(frozen=True)
class Wanted:
    """What is shown: nothing below ``limit`` percent; which columns; whose profiles."""

    limit: float = 0.0
    children: bool = False
    per_cpu: bool = False
    per_memcg: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= 100:
            raise UsageError(f"--percent-limit {self.limit:g}: expected a number from 0 to 100")


def percent(part: int, whole: int) -> float:
    """Of nothing, everything is nothing."""
    return 100 * part / whole if whole else 0.0


def latency(took: Sequence[int]) -> dict[str, int | None]:
    """Median, 99th percentile and maximum, by nearest rank: each is one that was measured."""
    ordered = sorted(took)

    def rank(of_hundred: int) -> int | None:
        return ordered[-(-of_hundred * len(ordered) // 100) - 1] if ordered else None

    return {"count": len(ordered), "median": rank(50), "p99": rank(99), "max": rank(100)}


# -- for programs ---------------------------------------------------------------------------------


def document(measured: Measured, wanted: Wanted) -> dict[str, Any]:
    """The profile as `--json` prints it. Times are nanoseconds."""
    profile = measured.profile
    outcome = measured.outcome
    told: dict[str, Any] = {
        "end": outcome.end.value,
        "violations": [{"law": each.law, "message": each.message} for each in outcome.violations],
        "deliveries": outcome.deliveries,
        "duration": measured.duration,
        "total": profile.total(),
        "symbols": symbols(profile.lines(), profile.total(), wanted),
        **figures(measured),
        "umount_latency": latency(measured.umounts),
        "umounts_per_second": measured.umounts_per_second,
    }
    if wanted.per_cpu:
        told["cpus"] = objects("cpu", by_cpu(profile), wanted)
    if wanted.per_memcg:
        told["memcgs"] = objects("memcg", by_memcg(measured.memcgs), wanted)
    return told


def objects(kind: str, sections: Sequence[Section], wanted: Wanted) -> list[dict[str, Any]]:
    """One object for each section that is not below the limit."""
    return [
        {
            kind: each.name,
            "percent": each.percent,
            "total": each.total,
            "symbols": symbols(each.lines, each.total, wanted),
        }
        for each in sections
        if each.percent >= wanted.limit
    ]


def symbols(lines: Sequence[Line], total: int, wanted: Wanted) -> list[dict[str, Any]]:
    """One object for each line that is shown."""
    return [
        {
            "symbol": line.symbol,
            "percent": percent(line.own, total),
            "children": percent(line.inclusive, total),
            "service": line.own - line.stall,
            "wait": line.stall,
            "sleep": line.sleep,
        }
        for line in shown(lines, total, wanted)
    ]


def figures(measured: Measured) -> dict[str, Any]:
    """What is no share of time."""
    return {
        "memcgs_scanned": measured.memcgs_scanned,
        "throughput": measured.throughput,
        "trylock_failures": measured.trylock_failures,
        "grace_periods": measured.grace_periods,
    }


# -- for people -----------------------------------------------------------------------------------


def render(measured: Measured, wanted: Wanted, title: str) -> str:
    """The tables, and what was measured beside them."""
    profile = measured.profile
    total = profile.total()
    cpus = counted(len(busy(profile)), "CPU")
    parts = [
        f"# {title}",
        f"# {time(total)} of {cpus} in {time(measured.duration)} of virtual time",
    ]
    if not (wanted.per_cpu or wanted.per_memcg):
        parts += ["#", *table(profile.lines(), total, wanted)]
    if wanted.per_cpu:
        parts += tables("", by_cpu(profile), wanted)
    if wanted.per_memcg:
        parts += tables("memcg ", by_memcg(measured.memcgs), wanted)
    parts += ["", *waits(profile.lines(), total, wanted)]
    parts += ["", "beside the profile", tree(told(measured))]
    return "\n".join(parts)


def tables(kind: str, sections: Sequence[Section], wanted: Wanted) -> Iterator[str]:
    """One table for each section that is not below the limit; of the others, how many there are."""
    kept = [each for each in sections if each.percent >= wanted.limit]
    for each in kept:
        yield from ("#", f"# {kind}{each.name}: {each.percent:.2f}% of all time", "#")
        yield from table(each.lines, each.total, wanted)
    if len(kept) < len(sections):
        yield from ("#", f"# {len(sections) - len(kept):,} more, each below {wanted.limit:g}%")


def table(lines: Sequence[Line], total: int, wanted: Wanted) -> Iterator[str]:
    """The lines of a profile as perf top prints them."""
    for line in shown(lines, total, wanted):
        inclusive = f" {percent(line.inclusive, total):6.2f}% " if wanted.children else ""
        yield f"{inclusive} {percent(line.own, total):6.2f}%  [kernel]  [k] {line.symbol}"


def shown(lines: Sequence[Line], total: int, wanted: Wanted) -> list[Line]:
    """The lines that are neither empty nor below the limit, in the order in which they stand."""
    if wanted.children:
        lines = sorted(lines, key=lambda line: (-line.inclusive, -line.own, line.symbol))
    kept = []
    for line in lines:
        time = line.inclusive if wanted.children else line.own
        if time and percent(time, total) >= wanted.limit:
            kept.append(line)
    return kept


def waits(lines: Sequence[Line], total: int, wanted: Wanted) -> list[str]:
    """Who waited: in line, which counts as work above, and asleep, which does not."""
    waited = [
        line
        for line in lines
        if line.sleep or (line.stall and percent(line.stall, total) >= wanted.limit)
    ]
    if not waited:
        return ["nobody waited: neither in line for an object nor asleep"]
    rows = [("waiting", "service", "in line", "asleep")]
    for line in sorted(waited, key=lambda line: (-line.stall, -line.sleep, line.symbol)):
        service = f"{percent(line.own - line.stall, total):6.2f}%"
        rows.append((line.symbol, service, f"{percent(line.stall, total):6.2f}%", time(line.sleep)))
    return columns(rows).splitlines()


def told(measured: Measured) -> dict[str, Any]:
    """What is no share of time, as a person reads it."""
    found = figures(measured)
    found["throughput"] = f"{measured.throughput:,.0f} memcgs/s"
    took = latency(measured.umounts)
    for name in ("median", "p99", "max"):
        value = took[name]
        if value is not None:
            found[f"umount latency, {name}"] = time(value)
    if not measured.umounts:
        found["umount latency"] = "no umount"
    return found


def time(nanoseconds: int) -> str:
    """With the unit in which it has the fewest digits before the point."""
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3f} {unit}"
    return f"{nanoseconds} ns"


# -- whose profiles -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """The profile of one CPU or memcg: ``percent`` is its share of all."""

    name: str
    percent: float
    total: int
    lines: list[Line]


def by_cpu(profile: Profile) -> list[Section]:
    """One for each CPU, by name."""
    whole = profile.total()
    return [
        Section(cpu, percent(total, whole), total, profile.lines(cpu))
        for cpu, total in busy(profile).items()
    ]


def busy(profile: Profile) -> dict[str, int]:
    """Every CPU that did anything, and for how long; by name."""
    totals = {cpu: profile.total(cpu) for cpu in sorted(profile.actors(), key=natural)}
    return {cpu: total for cpu, total in totals.items() if total}


def by_memcg(memcgs: Mapping[str, Profile]) -> list[Section]:
    """One for each memcg, the most expensive one first."""
    totals = {path: profile.total() for path, profile in memcgs.items()}
    whole = sum(totals.values())
    found = [
        Section(path, percent(totals[path], whole), totals[path], profile.lines())
        for path, profile in memcgs.items()
    ]
    return sorted(found, key=lambda each: (-each.total, natural(each.name)))


def natural(name: str) -> tuple[tuple[str, int], ...]:
    """``walker2`` before ``walker10``."""
    parts = []
    text, digits = "", ""
    for character in f"{name} ":
        if character.isdigit():
            digits += character
            continue
        if digits:
            parts.append((text, int(digits)))
            text, digits = "", ""
        text += character
    return (*parts, (text, -1))
