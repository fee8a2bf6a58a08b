"""Whatever stands in the fields of an event, no command on logs breaks."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scenarios.console import Command
from tests.scenarios.logs import save

NAMES = (
    "to", "message", "type", "answer", "writes", "cause", "clock", "deferred", "of", "changes",
    "name", "caller", "kind", "object", "lock", "waiter", "shr", "rcuname", "gpevent", "law",
    "parties", "how", "memcg", "cpu", "active", "state", "deliveries",
)  # fmt: skip
EVENTS = (
    "deliver", "deliver", "deliver", "answer", "actor", "function", "violation", "end", "kmalloc",
    "rcu_grace_period", "contention_begin", "contention_end", "mm_shrink_slab_start",
    "mm_shrink_slab_end", "strange",
)  # fmt: skip
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 4), st.just(1 << 70), st.floats(allow_nan=False),
    st.sampled_from(["a", "f(x)", "f()", "\x1b[1m\n", "", "start", "end"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.one_of(st.integers(0, 3), st.text()), max_size=2),
)  # fmt: skip
RECORD = st.builds(
    lambda base, more: {**base, **more},
    st.fixed_dictionaries(
        {"run": st.sampled_from(["r", "s"]), "step": st.integers(0, 4), "vt": st.integers(0, 9),
         "event": st.sampled_from(EVENTS)},
        optional={"actor": st.sampled_from(["a", "b"])},
    ),
    st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=8),
)  # fmt: skip
COMMANDS = (
    ("show", "LOG"), ("show", "LOG", "--json"), ("show", "LOG", "--before", "2"),
    ("show", "LOG", "--after", "1"), ("why", "LOG"), ("why", "LOG", "2"), ("diff", "LOG", "LOG"),
    ("diff", "LOG", "LOG", "--run-a", "r", "--run-b", "s"), ("stats", "LOG"),
    ("stats", "LOG", "--json"),
)  # fmt: skip


@given(records=st.lists(RECORD, min_size=1, max_size=8))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_field_breaks_a_command(
    records: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "log", *records)
    slabrace = Command(capsys)
    for words in COMMANDS:
        said = slabrace("log", *(path if word == "LOG" else word for word in words))
        assert said.code in {0, 1, 2}, said.err or said.out
        assert "\x1b" not in said.out
