"""Columns: nothing that a log has is lost on its way into the page."""

import json
from itertools import accumulate, islice
from typing import Any

from tests.runtime.exporters.runs import LEGEND, Maker, broken, imported, many

from slabrace.runtime.exporters.columns import columns
from slabrace.runtime.run_log import RunLog

OWN = ("step", "vt", "event", "actor", "to", "message", "cause", "clock")


def unpacked(packed: dict[str, Any]) -> list[dict[str, Any]]:
    """The records again, as the page reads them."""
    text, value = packed["text"], [json.loads(each) for each in packed["value"]]
    names = [text[actor[0]] for actor in packed["actors"]]
    steps = list(accumulate(packed["step"]))
    times = list(accumulate(packed["vt"]))
    values = iter(packed["values"])
    clocks = zip(packed["clockWho"], packed["clockAge"], strict=True)
    before: dict[str, dict[str, int]] = {}
    records = []
    for row, step in enumerate(steps):
        record = {"run": packed["run"], "step": step, "vt": times[row]}
        record["event"] = text[packed["event"][row]]
        if packed["actor"][row] >= 0:
            record["actor"] = names[packed["actor"][row]]
        if packed["to"][row] >= 0:
            record["to"] = names[packed["to"][row]]
        if packed["message"][row] >= 0:
            record["message"] = text[packed["message"][row]]
        if packed["cause"][row] >= 0:
            record["cause"] = step - packed["cause"][row]
        if packed["clocks"] and record["event"] == "deliver":
            clock = before.setdefault(record["actor"], {})
            clock |= {names[who]: step - age for who, age in islice(clocks, packed["clocks"][row])}
            clock[record["actor"]] = step
            record["clock"] = dict(clock)
        for name in packed["shapes"][packed["shape"][row]]:
            record[text[name]] = value[next(values)]
        records.append(record)
    return records


def events(run: RunLog) -> list[dict[str, Any]]:
    return [record for record in run.records if record["event"] != "actor"]


def test_every_event_with_all_its_fields_and_clocks_comes_back() -> None:
    for run in (broken(), many(500), imported()):
        packed, remarks = columns(run, LEGEND)
        assert unpacked(packed) == events(run)
        assert remarks == []


def test_lanes_stand_in_the_order_of_the_legend_and_then_as_they_came() -> None:
    packed, _ = columns(broken(), LEGEND)
    names = [packed["text"][actor[0]] for actor in packed["actors"]]
    assert names == ["reclaimer0", "umounter0", "rcu", "A", "idle", "info0", "info1"]


def test_who_was_never_declared_has_a_lane_too() -> None:
    run = Maker()
    run.actor("a0", "cpu", active=True)
    run.deliver("a0", "nobody", "Load()")
    packed, _ = columns(run.log(), LEGEND)
    assert [packed["text"][actor[0]] for actor in packed["actors"]] == ["a0", "nobody"]


def test_a_bar_and_a_ribbon_are_told_by_the_rows_of_whom_they_are_of() -> None:
    run = broken()
    rows = events(run)
    packed, _ = columns(run, LEGEND)
    names = [packed["text"][actor[0]] for actor in packed["actors"]]
    spans = {packed["text"][packed["spanNames"][name]]: (names[actor], begin, end)
             for name, actor, begin, end, _, _ in packed["spans"]}  # fmt: skip
    lives = {names[actor]: turns for actor, *turns in packed["lives"]}
    assert spans["read-side section"] == ("reclaimer0", 1, -1)
    assert spans["wait"] == ("umounter0", 8, 17)
    assert spans["grace period"] == ("rcu", 9, 16)
    turns = [rows[row]["event"] if row >= 0 else None for row in lives["info0"]]
    assert turns == ["kmalloc", None, "rcu_kfree_callback", "kfree"]


def test_bars_that_overlap_in_one_lane_stand_beside_each_other() -> None:
    run = Maker()
    run.actor("a0", "cpu", active=True)
    run.note("rcu_read_lock", "a0")
    run.step += 1
    run.note("mm_shrink_slab_start", "a0", shr="s", nid=0)
    run.step += 1
    run.note("mm_shrink_slab_end", "a0", shr="s", nid=0)
    run.note("rcu_read_unlock", "a0")
    packed, _ = columns(run.log(), LEGEND)
    assert [span[4] for span in packed["spans"]] == [0, 1]


def test_the_parties_of_a_violation_are_lanes() -> None:
    run = broken()
    packed, _ = columns(run, LEGEND)
    ((row, parties),) = packed["violations"]
    assert events(run)[row]["event"] == "violation"
    names = [packed["text"][actor[0]] for actor in packed["actors"]]
    assert [names[party] for party in parties] == ["reclaimer0", "info0"]


def test_a_run_without_an_event_is_an_empty_page() -> None:
    packed, _ = columns(RunLog({}, "", []), LEGEND)
    assert packed["step"] == []
    assert packed["actors"] == []
