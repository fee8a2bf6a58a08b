"""A run as a log tells of it, made by hand: small, and with all that a viewer has to show.

b has the door, stores into x and leaves; the store is buffered, so it arrives after what b asks
next. a waited for the door; it takes x away and frees it, and b looks at x once more, which is the
violation. c asks for the door and is never let in.
"""

from typing import Any

from slabrace.runtime.legend import Legend, SpanRule, Stage
from slabrace.runtime.run_log import RunLog

__all__ = ["HOSTILE", "LEGEND", "long", "named", "recorded"]

LEGEND = Legend(
    spans=(SpanRule("section", "enter", "leave"),),
    lifetimes=(
        Stage("allocated", "made", "object"),
        Stage("published", "shown", "object"),
        Stage("retired", "hidden", "object"),
        Stage("freed", "unmade", "object"),
    ),
    order=("writer", "thing", "door"),
)
HOSTILE = '<b>"x" %%{init}%% ;#end | \\n $$x$$ `~--//__ [[a]] é\u2603\x07'


def recorded() -> RunLog:
    """The run."""
    told: list[dict[str, Any]] = [
        actor("door", "door", active=False),
        actor("x", "thing", active=False),
        *(actor(name, "writer", active=True) for name in "abc"),
        note(0, "made", "b", object="x", kind="thing"),
        note(0, "shown", "b", object="x"),
        deliver(1, "b", "door", "Enter()", 0, {"b": 1}, answer=None),
        note(1, "enter", "b"),
        deliver(2, "a", "door", "Enter()", 0, {"a": 2, "b": 1}, deferred=True),
        deliver(3, "b", "x", "Load(x)", 1, {"b": 3}, answer=5, writes=False),
        note(3, "leave", "b"),
        deliver(5, "b", "door", "Leave()", 3, {"a": 2, "b": 5}, answer=None),
        {**note(5, "answer", "door"), "to": "a", "of": 2, "answer": None},
        deliver(6, "b", "x", "Store(x, 6)", 1, {"a": 2, "b": 6}, answer=None),
        deliver(7, "c", "door", "Enter()", 0, {"a": 2, "b": 5, "c": 7}, deferred=True),
        note(8, "function", "a", name="take_away"),
        deliver(8, "a", "x", "Take()", 5, {"a": 8, "b": 6}, answer=["x", 1]),
        note(8, "hidden", "a", object="x", big=1 << 62, ratio=0.5),
        note(8, "unmade", "x", object="x", kind="thing"),
        deliver(9, "b", "x", "Load(x)", 6, {"a": 8, "b": 9}, answer=None, writes=False),
        {
            "run": "r", "step": 9, "vt": 9000, "event": "violation", "law": "no_use_after",
            "message": "x was used after it was gone", "parties": ["x", "b"],
        },
        {"run": "r", "step": 9, "vt": 9000, "event": "end", "how": "violation", "deliveries": 8},
    ]  # fmt: skip
    header = {"scenario": "door", "host": "engine", "seed": 0, "versions": {"slabrace": "0"}}
    return RunLog(header, "r", told)


def named(told: RunLog, actor: str, name: str) -> RunLog:
    """The same run, in which ``actor`` is called ``name``."""

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {renamed(key): renamed(each) for key, each in value.items()}
        return name if value == actor else value

    return RunLog(told.header, told.run, [renamed(record) for record in told.records])


def long(steps: int) -> RunLog:
    """Two writers who load and store in turn."""
    told = [actor("x", "thing", active=False)]
    told += [actor(name, "writer", active=True) for name in "ab"]
    for step in range(1, steps + 1):
        name = "ab"[step % 2]
        clock = {name: step} if step == 1 else {name: step, "ab"[1 - step % 2]: step - 1}
        told.append(
            deliver(step, name, "x", f"Store(x, {step})", max(0, step - 2), clock, answer=0)
        )
    return RunLog({"scenario": "long"}, "r", told)


def actor(name: str, kind: str, *, active: bool) -> dict[str, Any]:
    return {**note(0, "actor", name), "kind": kind, "active": active}


def note(step: int, event: str, actor: str, **fields: Any) -> dict[str, Any]:
    return {
        "run": "r", "step": step, "vt": 1000 * step, "event": event, "actor": actor, **fields,
    }  # fmt: skip


def deliver(
    step: int, sender: str, to: str, message: str, cause: int, clock: dict[str, int], **fields: Any
) -> dict[str, Any]:
    return note(
        step, "deliver", sender, to=to, message=message, cause=cause, clock=clock,
        **{"writes": True, **fields},
    )  # fmt: skip
