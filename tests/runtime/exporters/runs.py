"""Runs to export, made by hand: records as a log has them, with causes and vector clocks."""

import random
from typing import Any

from slabrace.actors.legend import LEGEND
from slabrace.runtime.run_log import RunLog

__all__ = ["HOSTILE", "LEGEND", "Maker", "broken", "hostile", "imported", "many"]

HOSTILE = (
    "</script><img src=x onerror=\"document.title='owned'\">",
    "a'\"b\nc<!--data-->",
    "\u202eesrever\u202c \u05d0\u05d1\u05d2",
    "long" * 100,
)


class Maker:
    """Writes records, one delivery a step, and keeps everybody's clock."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.step = 0
        self._clocks: dict[str, dict[str, int]] = {}
        self._written: dict[str, dict[str, int]] = {}
        self._last: dict[str, int] = {}

    def actor(self, name: str, kind: str, *, active: bool = False, **state: Any) -> None:
        self.note("actor", name, kind=kind, active=active, **({"state": state} if state else {}))

    def note(self, event: str, actor: str | None, **fields: Any) -> None:
        who = {} if actor is None else {"actor": actor}
        own = {"run": "0123456789ab", "step": self.step, "vt": 1000 * self.step, "event": event}
        self.records.append({**own, **who, **fields})

    def deliver(self, sender: str, to: str, message: str, answer: Any = None, **fields: Any) -> int:
        self.step += 1
        clock = dict(self._clocks.get(sender, {}))
        for name, step in self._written.get(to, {}).items():
            clock[name] = max(clock.get(name, 0), step)
        clock[sender] = self.step
        self._clocks[sender] = clock
        if fields.get("writes"):
            self._written[to] = clock
        fields = {"writes": False, **fields}
        result = {"answer": answer} if not fields.get("deferred") else {}
        self.note(
            "deliver", sender, to=to, message=message, type=message.partition("(")[0], **result,
            cause=self._last.get(sender, 0), clock=dict(clock), **fields,
        )  # fmt: skip
        self._last[sender] = self.step
        return self.step

    def log(self, **header: Any) -> RunLog:
        head = {"schema": "slabrace.log/2", "host": "engine", "strategy": "pct", "seed": 7}
        return RunLog({**head, **header}, "0123456789ab", self.records)


def broken(before: int = 0) -> RunLog:
    """A reader that follows a pointer to what was freed, after so many notes of no interest."""
    run = Maker()
    run.actor("reclaimer0", "cpu", active=True)
    run.actor("umounter0", "cpu", active=True)
    run.actor("rcu", "rcu", active=True)
    run.actor("A", "mem_cgroup", shrinker_info="info0")
    run.actor("info0", "shrinker_info", map_nr_max=64)
    run.actor("info1", "shrinker_info")
    run.actor("idle", "shrinker")
    for _ in range(before):
        run.note("function", "umounter0", name="touch")
    run.note("function", "reclaimer0", name="shrink_slab_memcg")
    run.note("rcu_read_lock", "reclaimer0")
    run.deliver("reclaimer0", "A", "READ_ONCE(shrinker_info)", "info0", writes=False)
    run.note("function", "umounter0", name="expand_shrinker_info")
    run.note("kmalloc", "umounter0", object="info1", kind="shrinker_info")
    run.deliver("umounter0", "info1", "WRITE_ONCE(map_nr_max, 128)", writes=True,
                changes={"map_nr_max": 128})  # fmt: skip
    run.deliver("umounter0", "A", "WRITE_ONCE(shrinker_info, info1)", writes=True,
                changes={"shrinker_info": "info1"})  # fmt: skip
    run.note("shrinker_info_published", "umounter0", pernode="A", info="info1")
    run.deliver("umounter0", "rcu", "kvfree_call_rcu(info0)", writes=True, deferred=True)
    run.note("rcu_grace_period", "rcu", rcuname="rcu_sched", gp_seq=1, gpevent="start")
    run.note("kmalloc", "umounter0", object="info0", kind="shrinker_info")
    run.note("rcu_kfree_callback", "rcu", rhp="info0")
    for _ in range(3):
        run.deliver("reclaimer0", "info0", "READ_ONCE(map_nr_max)", 64, writes=False)
    run.deliver("rcu", "rcu", "rcu_gp_cleanup()", writes=True)
    run.note("rcu_grace_period", "rcu", rcuname="rcu_sched", gp_seq=1, gpevent="end")
    run.note("answer", "rcu", to="umounter0", of=4, answer=None)
    run.deliver("rcu", "info0", "kfree()", writes=True)
    run.note("kfree", "info0", object="info0", kind="shrinker_info")
    run.deliver("reclaimer0", "info0", "READ_ONCE(map)", None, writes=False)
    run.note("violation", None, law="use_after_free", message="read of freed memory",
             parties=["reclaimer0", "info0"])  # fmt: skip
    run.note("end", None, how="violation", deliveries=run.step, schedule="s1.abcDEF")
    return run.log(
        scenario="D9_two_domains", parameters={"mounts": 2, "name": "x<y"},
        versions={"slabrace": "0.1.0"}, delays=["from=* for=20..100 p=0.1"], schedule="s1.abcDEF",
    )  # fmt: skip


def many(events: int, *, seed: int = 1, objects: int = 60) -> RunLog:
    """About so many events: processors that read and write objects, sections, grace periods."""
    chance = random.Random(seed)
    run = Maker()
    cpus = [f"cpu{number}" for number in range(8)]
    for name in cpus:
        run.actor(name, "cpu", active=True)
    run.actor("rcu", "rcu", active=True)
    names = [(f"memcg{n}", "mem_cgroup") for n in range(objects // 4)]
    names += [(f"sb-{n}", "shrinker") for n in range(objects // 4)]
    names += [(f"memcg{n // 4}.info0.{n % 4}", "shrinker_info") for n in range(objects // 2)]
    for name, kind in names:
        run.actor(name, kind, refcount=1)
    inside: set[str] = set()
    born: dict[str, int] = {}
    while len(run.records) < events:
        cpu = cpus[int(chance.random() ** 2 * 8)]
        name, kind = names[int(chance.random() ** 2 * len(names))]
        if chance.random() < 0.06 and cpu not in inside:
            run.note("rcu_read_lock", cpu)
            inside.add(cpu)
        elif chance.random() < 0.15 and cpu in inside:
            run.note("rcu_read_unlock", cpu)
            inside.discard(cpu)
        if chance.random() < 0.1:
            run.note("function", cpu, name=chance.choice(["shrink_slab", "do_shrink_slab"]))
        if kind == "shrinker_info" and born.get(name, 0) < 4 and chance.random() < 0.2:
            turn = born[name] = born.get(name, 0) + 1
            if turn == 1:
                run.note("kmalloc", cpu, object=name, kind=kind)
            elif turn == 2:
                run.note("shrinker_info_published", cpu, pernode="memcg0", info=name)
            elif turn == 3:
                run.note("rcu_kfree_callback", "rcu", rhp=name)
            else:
                run.note("kfree", name, object=name, kind=kind)
        if chance.random() < 0.4:
            run.deliver(cpu, name, f"WRITE_ONCE(refcount, {run.step % 9})", writes=True,
                        changes={"refcount": run.step % 9})  # fmt: skip
        else:
            run.deliver(cpu, name, "READ_ONCE(refcount)", run.step % 9, writes=False)
        if run.step % 97 == 0:
            run.note("rcu_grace_period", "rcu", gp_seq=run.step // 97, gpevent="start")
        if run.step % 97 == 40 and run.step > 97:
            run.note("rcu_grace_period", "rcu", gp_seq=run.step // 97, gpevent="end")
    run.note("end", None, how="quiet", deliveries=run.step, schedule="s1." + "x" * 200)
    return run.log(
        scenario="stress", parameters={"memcgs": objects // 4}, versions={"slabrace": "1"}
    )


def imported() -> RunLog:
    """A recording: tasks, functions and spans, no deliveries, no clocks, steps with gaps."""
    run = Maker()
    run.actor("bash-311", "task", active=True)
    run.actor("kswapd0-44", "task", active=True)
    run.actor("sb-tmpfs-12", "shrinker")
    for number in range(60):
        run.step += 1 + number % 3
        task = "bash-311" if number % 5 else "kswapd0-44"
        if number % 10 == 2:
            run.note("mm_shrink_slab_start", task, cpu=number % 2, shr="sb-tmpfs-12", nid=0)
        elif number % 10 == 4:
            run.note("mm_shrink_slab_end", task, cpu=number % 2, shr="sb-tmpfs-12", retval=3)
        else:
            run.note("function", task, cpu=number % 2, name="do_shrink_slab", caller="shrink_slab")
    return run.log(host="kernel", source="linux-6.12-churn.txt.gz")


def hostile() -> RunLog:
    """Everything that can be named has a name that is not one."""
    run = Maker()
    for name in HOSTILE:
        run.actor(name, name, active=True, **{name: name})
        run.deliver(name, HOSTILE[0], name, name, writes=True, changes={name: name})
        run.note(name, name, **{name: name})
    run.note("violation", None, law=HOSTILE[0], message=HOSTILE[1], parties=list(HOSTILE))
    run.note("end", None, how="violation", deliveries=run.step, schedule=HOSTILE[0])
    return run.log(scenario=HOSTILE[0], parameters={HOSTILE[0]: HOSTILE[1]}, schedule=HOSTILE[0])
