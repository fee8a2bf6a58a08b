"""Rules of a legend as SQL: spans with begin and end, lives with their stages.

The same truth as runtime/exporters/spans.py, told to a database. Two notes of a span agree in the
fields of their rule, and of several that are open the one that began last ends first. As SQL: each
beginning opens a level, each end closes one, and on one level beginnings and ends alternate, so the
end is the next row of the same level. An end with nothing open is on level 0 and is dropped:

    open = sum of +1 and -1 so far;  level = open - min(0, lowest that open has been)

Rows are in the order of the log, which matters where a thing ends and begins in one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from slabrace.runtime.legend import STAGES, SpanRule, Stage
from slabrace.scenarios.query.columns import name
from slabrace.scenarios.query.engine import quoted

__all__ = ["fields_of", "lives", "paired", "spans"]

# ruff: noqa: S608 (names and texts are ours or quoted; what users write is run as it is)


def fields_of(rules: Iterable[SpanRule | Stage]) -> list[str]:
    """The fields that rules look at."""
    found: list[str] = []
    for rule in rules:
        if isinstance(rule, Stage):
            found.append(rule.field)
        else:
            found += [*rule.same, rule.lane, *rule.when_begin, *rule.when_end]
    return list(dict.fromkeys(found))


def spans(rule: SpanRule, begin: Mapping[str, str], end: Mapping[str, str]) -> str:
    """A query for the spans of ``rule``: its lane, its ends, its duration.

    ``begin`` and ``end`` are more columns: their names, and what they are at that end.
    """
    lane = f"coalesce({name(rule.lane)}, actor) AS lane"
    return paired(
        condition(rule.begin, rule.when_begin),
        condition(rule.end, rule.when_end),
        rule.same,
        [lane, *(f"{value} AS {name(column)}" for column, value in begin.items())],
        end,
    )


def paired(
    begins: str, ends: str, same: Sequence[str], begin: Sequence[str], end: Mapping[str, str]
) -> str:
    """A query that pairs the rows where ``begins`` holds with those where ``ends`` does."""
    keys = ", ".join(["run", *map(name, same)])
    before = "ORDER BY place ROWS UNBOUNDED PRECEDING"
    # by another name first: a row has columns of these names, and they are those of the beginning
    ends_in = {column: name(f"ended_{column}") for column in end}
    more = "".join(f", lead({value}) OVER later AS {ends_in[key]}" for key, value in end.items())
    shown = "".join(f", {ended} AS {name(key)}" for key, ended in ends_in.items())
    return (
        f"WITH marks AS (SELECT *, row_number() OVER () AS place, CASE WHEN {begins} THEN 1 "
        f"ELSE -1 END AS mark FROM lines WHERE ({begins}) OR ({ends})), "
        f"counted AS (SELECT *, sum(mark) OVER (PARTITION BY {keys} {before}) AS opened "
        "FROM marks), "
        f"leveled AS (SELECT *, opened - least(0, min(opened) OVER (PARTITION BY {keys} {before})) "
        "AS level FROM counted), "
        f"placed AS (SELECT *, CASE WHEN mark = 1 THEN level ELSE lag(level, 1, 0) OVER "
        f"(PARTITION BY {keys} ORDER BY place) END AS at_level FROM leveled), "
        "met AS (SELECT *, lead(step) OVER later AS end_step, lead(vt) OVER later AS end_vt"
        f"{more} FROM placed WHERE at_level > 0 "
        f"WINDOW later AS (PARTITION BY {keys}, at_level ORDER BY place)) "
        f"SELECT run, {', '.join(begin)}, step AS begin_step, vt AS begin_vt, end_step, end_vt, "
        f"end_vt - vt AS duration{shown} "
        "FROM met WHERE mark = 1 ORDER BY place"
    )


def lives(rules: Sequence[Stage]) -> str:
    """A query for objects and their stages. A name that is allocated again is another object."""
    marks = " UNION ALL ".join(
        f"SELECT run, step, vt, place, kind, {quoted(rule.stage)} AS stage, "
        f"{name(rule.field)} AS object FROM noted WHERE event = {quoted(rule.event)} "
        f"AND {name(rule.field)} IS NOT NULL"
        for rule in rules
    )
    events = ", ".join(quoted(event) for event in dict.fromkeys(rule.event for rule in rules))
    stages = ", ".join(
        f"arg_min({column}, place) FILTER (stage = {quoted(stage)}) AS {stage}_{column}"
        for stage in STAGES
        for column in ("step", "vt")
    )
    return (
        "WITH noted AS (SELECT *, row_number() OVER () AS place FROM lines "
        f"WHERE event IN ({events})), "
        f"marks AS ({marks}), "
        "numbered AS (SELECT *, sum(CASE WHEN stage = 'allocated' THEN 1 ELSE 0 END) OVER "
        "(PARTITION BY run, object ORDER BY place ROWS UNBOUNDED PRECEDING) AS life FROM marks), "
        "who AS (SELECT run, actor, any_value(kind) AS kind FROM lines WHERE event = 'actor' "
        "GROUP BY ALL), "
        f"lived AS (SELECT run, object, life, arg_min(kind, place) AS kind, {stages}, "
        "min(place) AS place FROM numbered GROUP BY run, object, life) "
        "SELECT lived.run, object, coalesce(lived.kind, who.kind) AS kind, "
        f"{', '.join(f'{stage}_step, {stage}_vt' for stage in STAGES)}, "
        "freed_vt - allocated_vt AS lifetime "
        "FROM lived LEFT JOIN who ON who.run = lived.run AND who.actor = lived.object "
        "ORDER BY place"
    )


def condition(event: str, when: Mapping[str, Any]) -> str:
    """That a row is this event, with these fields."""
    parts = [f"event = {quoted(event)}"]
    parts += [f"{name(field)} = {quoted(str(value))}" for field, value in when.items()]
    return " AND ".join(parts)
