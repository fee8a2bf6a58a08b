from slabrace.scenarios.recordings.preface import Preface


def said(*comments: str) -> dict[str, object]:
    preface = Preface()
    for comment in comments:
        preface.feed(comment)
    return preface.said


def test_the_kernel_says_its_tracer_and_what_its_buffer_still_held() -> None:
    assert said("# tracer: function", "#", "# entries-in-buffer/entries-written: 9/12   #P:4") == {
        "tracer": "function", "entries": 9, "written": 12, "overwritten": 3, "cpus": 4,
    }  # fmt: skip


def test_nothing_is_overwritten_in_a_buffer_that_held_all() -> None:
    assert "overwritten" not in said("# entries-in-buffer/entries-written: 9/9   #P:4")


def test_trace_cmd_says_how_many_cpus_there_were() -> None:
    assert said("version = 6", "cpus=8") == {"cpus": 8}


def test_perf_says_which_kernel_it_was_and_nothing_of_the_machine() -> None:
    assert said("# hostname : secret", "# os release : 6.12.1", "# nrcpus online : 4") == {
        "release": "6.12.1", "cpus": 4,
    }  # fmt: skip
