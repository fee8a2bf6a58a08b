from __future__ import annotations

import pytest

from slabrace.scenarios.recordings.events import event_name, told
from slabrace.scenarios.recordings.line import Line


def line(event: str, payload: str, *, caller: str = "", flags: str = ".....") -> Line:
    return Line("kswapd1", 137, None, 3, flags, "7.0", event, payload, caller)


def test_a_shrink_has_the_fields_under_which_the_model_notes_it() -> None:
    payload = (
        "super_cache_scan+0x0/0x1a0 ffff88: nid: 1 objects to shrink 824 gfp_flags GFP_KERNEL "
        "cache items 1065515 delta 520 total_scan 1344 priority 12"
    )
    assert told(line("mm_shrink_slab_start", payload)) == {
        "nid": 1, "shrinker": "ffff88", "shr": "ffff88", "shrink": "super_cache_scan+0x0/0x1a0",
        "nr_objects_to_shrink": 824, "gfp_flags": "GFP_KERNEL", "cache_items": 1065515,
        "delta": 520, "total_scan": 1344, "priority": 12,
    }  # fmt: skip


def test_an_end_has_them_too_and_the_memcg_where_it_is_printed() -> None:
    payload = (
        "f+0x0/0x1 ffff88: nid: 1 pid: 137 memcg_id: 4711 unused scan count 824 new scan count "
        "320 total_scan 320 last shrinker return val 1021 (in-irq)"
    )
    assert told(line("mm_shrink_slab_end", payload)) == {
        "memcg": 4711, "nid": 1, "shrinker": "ffff88", "shr": "ffff88", "shrink": "f+0x0/0x1",
        "unused_scan": 824, "new_scan": 320, "total_scan": 320, "retval": 1021, "in_irq": True,
    }  # fmt: skip


@pytest.mark.parametrize("number", ["9" * 20, "-" + "9" * 20])
def test_a_number_that_no_kernel_holds_is_not_taken(number: str) -> None:
    payload = (
        f"f+0x0/0x1 ffff88: nid: 1 unused scan count {number} new scan count 320 total_scan 320 "
        "last shrinker return val 1021"
    )
    assert told(line("mm_shrink_slab_end", payload)) is None


def test_a_shrink_whose_payload_was_cut_is_none() -> None:
    assert told(line("mm_shrink_slab_start", "super_cache_scan+0x0/0x1a0 ffff88: nid:")) is None


def test_a_call_has_a_name_and_a_caller() -> None:
    called = line("function", "call_rcu", caller="task_work_run")
    assert told(called) == {"name": "call_rcu", "caller": "task_work_run"}


def test_a_call_of_what_the_compiler_renamed_has_both_names() -> None:
    assert told(line("function", "list_lru_add.isra.0", caller="d_lru_add")) == {
        "name": "list_lru_add", "caller": "d_lru_add", "symbol": "list_lru_add.isra.0",
    }  # fmt: skip


def test_a_cgroup_is_named_by_its_path() -> None:
    own = told(line("cgroup_mkdir", "root=0 id=7 level=2 path=/test/x0"))
    assert own == {"memcg": "/test/x0", "root": 0, "id": 7, "level": 2, "path": "/test/x0"}


def test_what_the_cpu_was_in_is_kept_unless_it_was_nothing() -> None:
    assert told(line("e", "a=1", flags="d..2.")) == {"a": 1, "context": "d..2."}
    assert told(line("e", "a=1", flags=".....")) == {"a": 1}


@pytest.mark.parametrize("event", ["violation", "end", "deliver", "actor", "lost", "remark"])
def test_nobody_prints_an_event_of_the_logs_own(event: str) -> None:
    assert event_name(line(event, "")) == f"{event}_"


@pytest.mark.parametrize("field", ["schema", "run", "step", "vt", "event", "actor", "cpu"])
def test_nobody_prints_a_field_of_the_logs_own(field: str) -> None:
    assert told(line("workqueue_queue_work", f"{field}=2")) == {f"{field}_": 2}


def test_memory_is_an_object_at_its_address() -> None:
    own = told(line("kmalloc", "call_site=f+0x1/0x2 ptr=1234567812345678 bytes_req=64"))
    assert own == {
        "object": "1234567812345678", "call_site": "f+0x1/0x2", "ptr": "1234567812345678",
        "bytes_req": 64,
    }  # fmt: skip


@pytest.mark.parametrize("nothing", ["0000000000000000", "(null)", "0x0"])
def test_freeing_nothing_is_about_no_object(nothing: str) -> None:
    assert told(line("kfree", f"call_site=f ptr={nothing}")) == {"call_site": "f", "ptr": nothing}


def test_who_waits_for_a_lock_is_the_task() -> None:
    assert told(line("contention_begin", "00000000a1 (flags=MUTEX)")) == {
        "lock": "00000000a1", "waiter": "kswapd1-137", "lock_addr": "00000000a1", "flags": "MUTEX",
    }  # fmt: skip
