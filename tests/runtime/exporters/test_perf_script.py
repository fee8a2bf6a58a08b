"""The text of `perf script`, read back by the rules of those who read it."""

import re
from collections import Counter

import pytest
from tests.runtime.exporters.profiles import sample

from slabrace.runtime.exporters.perf_script import SAMPLES, lines
from slabrace.runtime.perf import Profile


def text(profile: Profile) -> str:
    told = lines(profile, event="clock:k", image="[image]", title="a run")
    return "".join(f"{line}\n" for line in told)


def collapse(told: str) -> dict[str, int]:
    """What stackcollapse-perf.pl makes of it: a stack, and the sum of its periods.

    Its rules: ``#`` begins a comment, an empty line ends a stack; all else is the head of a sample
    (a name, a task, somewhere ``: PERIOD EVENT:``) or a frame (address, function, image).
    """
    found: Counter[str] = Counter()
    name, period, stack = "", 0, list[str]()
    for line in told.splitlines():
        if line.startswith("#"):
            continue
        if not line:
            found[";".join([name, *stack])] += period
            name, period, stack = "", 0, []
        elif head := re.match(r"(\S.+?)\s+(\d+)/*(\d+)*\s+", line):
            name = head[1].replace(" ", "_")
            event = re.search(r":\s*(\d+)*\s+(\S+):\s*$", line)
            assert event is not None, line
            assert event[2] == "clock:k"
            period = int(event[1])
        elif frame := re.match(r"\s*(\w+)\s*(.+) \((.*)\)", line):
            stack.insert(0, re.sub(r"\+0x[\da-f]+$", "", frame[2]))
        else:
            pytest.fail(f"unrecognized line: {line}")
    assert stack == [], "the last stack has no end"
    return dict(found)


def firefox(told: str) -> dict[str, int]:
    """How many samples the Firefox profiler sees of each stack, by its importer's rules."""
    assert told.startswith("# ========\n")
    found: Counter[str] = Counter()
    for block in told.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        head = re.match(r"(.*)\s+([\d.]+):", lines[0])
        assert head is not None, lines[0]
        who = re.match(r"(.*)\s+(?:(\d+)/)?(\d+)\b", head[1])
        assert who is not None, lines[0]
        frames: list[str] = []
        for line in lines[1:]:
            frame = re.match(r"\s*(\w+)\s*(.+) \(([^)]*)\)", line)
            assert frame is not None, line
            frames.insert(0, re.sub(r"\+0x[\da-f]+$", "", frame[2]))
        found[";".join([who[1].strip(), *frames])] += 1
    return dict(found)


WANTED = {
    "a0;[unknown]": 1,
    "a0;main;walk": 42,
    "b0;main": 5,
    "b0;main;walk": 7,
    "b0;main;walk;look": 100,
}


def test_what_is_read_back_is_the_profile() -> None:
    assert collapse(text(sample())) == WANTED


def test_who_counts_samples_sees_the_same_shares() -> None:
    assert firefox(text(sample())) == WANTED  # a nanosecond each, being so few


def test_the_layout_is_that_of_perf() -> None:
    told = text(sample()).splitlines()
    assert told[:5] == [
        "# ========",
        "# a run",
        "# sums of nanoseconds of virtual time: the order of the samples means nothing",
        "# ========",
        "#",
    ]
    assert told[5:8] == [
        "a0     1 [000]     0.000000001:          1 clock:k: ",
        "\tffffffff81000000 [unknown]+0x0 ([image])",
        "",
    ]
    assert told[8:12] == [
        "a0     1 [000]     0.000000002:          1 clock:k: ",
        "\tffffffff81001000 walk+0x0 ([image])",
        "\tffffffff81002000 main+0x0 ([image])",
        "",
    ]


def test_a_long_profile_is_sampled_and_its_periods_still_add_up() -> None:
    profile = Profile()
    profile.stack(("main",)).service["me"] = 7 * 10**9 + 1
    profile.stack(("main", "walk")).service["me"] = 3 * 10**9
    told = text(profile)
    assert collapse(told) == {"me;main": 7 * 10**9 + 1, "me;main;walk": 3 * 10**9}
    samples = firefox(told)
    assert sum(samples.values()) == pytest.approx(SAMPLES, abs=2)
    assert samples["me;main"] == pytest.approx(0.7 * SAMPLES, abs=1)


def test_time_goes_on_for_each_actor() -> None:
    stamps: dict[str, list[float]] = {}
    for line in text(sample()).splitlines():
        head = re.match(r"(\w+)\s+\d+ \[\d{3}\]\s+(\d+\.\d{9}):", line)
        if head:
            stamps.setdefault(head[1], []).append(float(head[2]))
    assert stamps.keys() == {"a0", "b0"}
    assert all(times == sorted(set(times)) for times in stamps.values())


def test_a_name_is_one_word() -> None:
    profile = Profile()
    profile.stack(("main",)).service["my own"] = 1
    assert collapse(text(profile)) == {"my_own;main": 1}
