from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.scenarios.recordings.fields import TEXT, fields


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("", {}),
        ("phase over", {TEXT: "phase over"}),
        ("nr_reclaimed=7", {"nr_reclaimed": 7}),
        ("order=0 gfp_flags=GFP_NOFS|__GFP_ZERO", {"order": 0, "gfp_flags": "GFP_NOFS|__GFP_ZERO"}),
        ("a=1, b=2,c=3", {"a": 1, "b": 2, "c": 3}),
        ("root=0 id=7 path=/my group/a b", {"root": 0, "id": 7, "path": "/my group/a b"}),
        (
            "prev_comm=swapper/0 prev_state=R ==> next_comm=my task next_pid=9",
            {"prev_comm": "swapper/0", "prev_state": "R", "next_comm": "my task", "next_pid": 9},
        ),
        ("(do_sys_open+0x0/0xd2) arg1=-5", {TEXT: "(do_sys_open+0x0/0xd2)", "arg1": -5}),
        ("call_site=f+0x1c/0x30 [xfs] ptr=00ab", {"call_site": "f+0x1c/0x30 [xfs]", "ptr": "00ab"}),
        ("empty= next=1", {"empty": "", "next": 1}),
    ],
)
def test_a_payload_as_fields(payload: str, expected: dict[str, int | str]) -> None:
    assert fields("any", payload) == expected


@pytest.mark.parametrize("text", ["007", "0x1f", "1e5", "-0", "1" * 30, "1.5", "true"])
def test_what_is_no_number_without_loss_stays_text(text: str) -> None:
    assert fields("any", f"a={text}") == {"a": text}


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        (
            "rcu_grace_period",
            "rcu_preempt 2317 start",
            {"rcuname": "rcu_preempt", "gp_seq": 2317, "gpevent": "start"},
        ),
        (
            "rcu_callback",
            "rcu_preempt rhp=00000000a1 func=file_free_rcu 12",
            {"rcuname": "rcu_preempt", "rhp": "00000000a1", "func": "file_free_rcu", "qlen": 12},
        ),
        (
            "rcu_kvfree_callback",
            "rcu_preempt rhp=00000000a1 func=16 -1",
            {"rcuname": "rcu_preempt", "rhp": "00000000a1", "offset": 16, "qlen": -1},
        ),
        (
            "contention_begin",
            "00000000a1 (flags=SPIN|READ)",
            {"lock_addr": "00000000a1", "flags": "SPIN|READ"},
        ),
        ("contention_end", "00000000a1 (ret=0)", {"lock_addr": "00000000a1", "ret": 0}),
    ],
)
def test_what_is_printed_in_a_fixed_order_has_the_kernels_names(
    event: str, payload: str, expected: dict[str, int | str]
) -> None:
    assert fields(event, payload) == expected


def test_an_unknown_order_of_a_known_event_is_kept_as_text() -> None:
    assert fields("rcu_grace_period", "something else") == {TEXT: "something else"}


KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,9}", fullmatch=True).filter(lambda key: key != TEXT)
VALUES = st.integers(-(10**17), 10**17) | st.from_regex(r"[A-Za-z/|+<>]{1,12}", fullmatch=True)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_keys_and_values_come_back(printed: dict[str, int | str]) -> None:
    printed = {key: value for key, value in printed.items() if value != "==>"}
    assert fields("any", " ".join(f"{key}={value}" for key, value in printed.items())) == printed


@given(st.sampled_from(["any", "rcu_callback", "contention_begin"]), st.text(max_size=200))
def test_no_payload_makes_it_fail(event: str, payload: str) -> None:
    assert all(isinstance(value, int | str) for value in fields(event, payload).values())
