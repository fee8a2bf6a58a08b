"""Views: a log as tables that answer questions. What a span or a life is, the legend says.

Times are nanoseconds of virtual time (of real time in a recording). What has not ended in the log
has NULL there. `docs/inspecting.md` shows each at work.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from slabrace.actors.legend import GRACE_PERIOD, LEGEND, READ_SIDE
from slabrace.scenarios.query.columns import COLUMNS, FIELDS, Column
from slabrace.scenarios.query.engine import quoted
from slabrace.scenarios.query.rules import fields_of, lives, paired, spans

__all__ = ["VIEWS", "View", "columns", "schema_of", "views"]

# ruff: noqa: S608 (names and texts are ours or quoted; what users write is run as it is)

SHRINK: Final = "shrink"
CONTENTION: Final = "contention"

MORE: Final = (
    Column("gp_seq", "gp_seq", "BIGINT"),
    Column("priority", "priority", "BIGINT"),
    Column("cache_items", "cache_items", "BIGINT"),
    Column("delta", "delta", "BIGINT"),
    Column("total_scan", "total_scan", "BIGINT"),
    Column("unused_scan", "unused_scan", "BIGINT"),
    Column("new_scan", "new_scan", "BIGINT"),
    Column("retval", "retval", "BIGINT"),
    Column("warning", "warning"),
)
"""Fields of events that views show, and no rule looks at."""

TAKE: Final = ("MutexLock", "Lock", "DownRead", "DownWrite", "DownReadTrylock")
GIVE: Final = ("MutexUnlock", "Unlock", "UpRead", "UpWrite")
COUNTS: Final = ("refcount_", "css_get", "css_put", "css_tryget")


class View(NamedTuple):
    """A view, what it is for, and its query."""

    name: str
    about: str
    query: str


def columns() -> tuple[Column, ...]:
    """The columns of an event, those that rules look at among them."""
    found = {each.field: each for each in (*COLUMNS, *MORE)}
    for field in fields_of([*LEGEND.spans, *LEGEND.lifetimes]):
        found.setdefault(field, Column(field, field))
    return tuple(found.values())


def rules(name: str) -> list[str]:
    """The queries for the spans of this name, with what is worth a column."""
    begin, end = BESIDE.get(name, ({}, {}))
    return [spans(rule, begin, end) for rule in LEGEND.spans if rule.name == name]


BESIDE: Final[dict[str, tuple[dict[str, str], dict[str, str]]]] = {
    READ_SIDE: ({"cpu": "cpu"}, {}),
    GRACE_PERIOD: ({"rcuname": "rcuname", "gp_seq": "gp_seq"}, {}),
    SHRINK: (
        {each: each for each in ("cpu", "memcg", "nid", "shrinker", "priority", "cache_items",
                                 "delta", "total_scan")},
        {"freed": "retval", "unused_scan": "unused_scan", "new_scan": "new_scan"},
    ),
    CONTENTION: ({"lock": "lock"}, {}),
}  # fmt: skip


def union(queries: list[str]) -> str:
    """All rows of several queries."""
    return " UNION ALL ".join(f"(SELECT * FROM ({query}))" for query in queries)


MESSAGES: Final = (
    "SELECT d.run, d.cause AS sent_step, CASE WHEN d.cause = 0 THEN 0 ELSE s.vt END AS sent_vt, "
    "d.step, d.vt, d.vt - CASE WHEN d.cause = 0 THEN 0 ELSE s.vt END AS latency, "
    "d.actor AS sender, d.addressee, d.type, d.message, d.writes, "
    "CASE WHEN d.deferred THEN a.answer ELSE d.answer END AS answer, "
    "CASE WHEN d.deferred THEN a.step ELSE d.step END AS answered_step, "
    "CASE WHEN d.deferred THEN a.vt ELSE d.vt END AS answered_vt "
    "FROM (SELECT * FROM lines WHERE event = 'deliver') d "
    "LEFT JOIN (SELECT run, step, vt FROM lines WHERE event = 'deliver') s "
    "ON s.run = d.run AND s.step = d.cause "
    "LEFT JOIN (SELECT run, answer_to, step, vt, answer FROM lines WHERE event = 'answer') a "
    "ON a.run = d.run AND a.answer_to = d.step"
)

HELD: Final = paired(
    f"event = 'deliver' AND type IN {TAKE} "
    "AND (type <> 'DownReadTrylock' OR CAST(answer AS VARCHAR) = 'true')",
    f"event = 'deliver' AND type IN {GIVE}",
    ("actor", "addressee"),
    ["addressee AS lock", "actor AS holder", "message", "deferred"],
    {},
)

LOCKS: Final = (
    f"WITH held AS ({HELD}), granted AS (SELECT run, answer_to, step, vt FROM lines "
    "WHERE event = 'answer'), modeled AS (SELECT DISTINCT run FROM lines WHERE event = 'deliver') "
    "SELECT held.run, lock, holder, message AS how, begin_step AS asked_step, "
    "begin_vt AS asked_vt, CASE WHEN deferred THEN granted.step ELSE begin_step END AS taken_step, "
    "CASE WHEN deferred THEN granted.vt ELSE begin_vt END AS taken_vt, "
    "taken_vt - asked_vt AS wait, end_step AS released_step, end_vt AS released_vt, "
    "end_vt - taken_vt AS hold FROM held "
    "LEFT JOIN granted ON granted.run = held.run AND granted.answer_to = begin_step "
    "UNION ALL SELECT run, lock, lane, 'contention_begin', begin_step, begin_vt, end_step, end_vt, "
    f"duration, NULL, NULL, NULL FROM ({rules(CONTENTION)[0]}) "
    "WHERE run NOT IN (SELECT run FROM modeled)"
)

REFCOUNTS: Final = (
    'SELECT run, step, vt, coalesce(addressee, object) AS object, actor AS "by", '
    "coalesce(message, warning) AS operation, answer, CASE "
    "WHEN message LIKE '%inc_not_zero%' OR message LIKE '%tryget%' "
    "THEN CASE WHEN CAST(answer AS VARCHAR) IN ('true', '1') THEN 1 ELSE 0 END "
    "WHEN message LIKE '%get%' THEN 1 WHEN message LIKE '%dec%' OR message LIKE '%put%' THEN -1 "
    "END AS change, event = 'refcount_warning' AS warned FROM lines "
    "WHERE event = 'refcount_warning' OR (event = 'deliver' AND ("
    + " OR ".join(f"starts_with(message, '{each}')" for each in COUNTS)
    + "))"
)

VIEWS: Final = (
    View("messages", "each message, sent and delivered", MESSAGES),
    View(
        "sections", "RCU read-side sections", "SELECT run, lane AS holder, * EXCLUDE (run, lane) "
        f"FROM ({union(rules(READ_SIDE))})",
    ),
    View(
        "grace_periods", "grace periods of RCU and SRCU", "SELECT run, rcuname, gp_seq, "
        f"* EXCLUDE (run, rcuname, gp_seq, lane) FROM ({union(rules(GRACE_PERIOD))})",
    ),
    View(
        "lifetimes", "objects: allocated, published, retired, freed", lives(LEGEND.lifetimes)
    ),
    View("locks", "each time a lock was taken: how long waited for and held", LOCKS),
    View("refcounts", "what was done to reference counts", REFCOUNTS),
    View(
        "shrinks", "do_shrink_slab(): start and end", "SELECT run, lane AS actor, "
        f"* EXCLUDE (run, lane) FROM ({union(rules(SHRINK))})",
    ),
    View(
        "spans", "all that begins and ends, by name", " UNION ALL ".join(
            f"SELECT run, '{rule.name}' AS name, * EXCLUDE (run) FROM ({spans(rule, {}, {})})"
            for rule in LEGEND.spans
        ),
    ),
)  # fmt: skip
"""All but `events`."""


def views(*, whole: bool) -> tuple[View, ...]:
    """All views there are; ``whole``: `events` with `fields`."""
    chosen = [f'"{each.name}"' for each in (*columns(), *((FIELDS,) if whole else ()))]
    events = View("events", "every event", f"SELECT {', '.join(chosen)} FROM lines")
    return (events, *VIEWS)


def schema_of(all_views: Iterable[View]) -> str:
    """The question for the columns of views."""
    names = ", ".join(quoted(view.name) for view in all_views)
    return (
        "SELECT table_name AS view, column_name AS column, data_type AS type "
        f"FROM information_schema.columns WHERE table_name IN ({names}) "
        f"ORDER BY list_position([{names}], table_name), ordinal_position"
    )
