"""The speedscope file: the rules of its schema, as far as a sampled profile goes."""

import json
from typing import Any

from tests.runtime.exporters.profiles import sample

from slabrace.runtime.exporters.speedscope import document
from slabrace.runtime.perf import Profile

UNITS = {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}


def validate(file: Any) -> None:
    """The schema's rules: what is required, of which type, and what refers to what."""
    assert file["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert file.keys() <= {
        "$schema", "shared", "profiles", "name", "activeProfileIndex", "exporter",
    }  # fmt: skip
    assert isinstance(file["name"], str)
    assert isinstance(file["exporter"], str)
    frames = file["shared"]["frames"]
    for frame in frames:
        assert frame.keys() <= {"name", "file", "line", "col"}
        assert isinstance(frame["name"], str)
    for profile in file["profiles"]:
        assert profile.keys() == {
            "type", "name", "unit", "startValue", "endValue", "samples", "weights",
        }  # fmt: skip
        assert profile["type"] == "sampled"
        assert profile["unit"] in UNITS
        assert isinstance(profile["name"], str)
        assert len(profile["samples"]) == len(profile["weights"])
        for stack in profile["samples"]:
            assert all(isinstance(index, int) and 0 <= index < len(frames) for index in stack)
        assert all(isinstance(weight, int) and weight > 0 for weight in profile["weights"])
        assert profile["endValue"] == profile["startValue"] + sum(profile["weights"])
    if file["profiles"]:
        assert 0 <= file["activeProfileIndex"] < len(file["profiles"])


def stacks(file: Any, number: int) -> list[tuple[list[str], int]]:
    """The samples of one profile, by name."""
    names = [frame["name"] for frame in file["shared"]["frames"]]
    profile = file["profiles"][number]
    return [
        ([names[index] for index in stack], weight)
        for stack, weight in zip(profile["samples"], profile["weights"], strict=True)
    ]


def test_it_follows_the_schema_as_json_too() -> None:
    file = document(sample(), "a run", "slabrace 1")
    validate(file)
    assert json.loads(json.dumps(file)) == file
    assert (file["name"], file["exporter"]) == ("a run", "slabrace 1")


def test_one_profile_for_each_actor_outermost_frame_first() -> None:
    file = document(sample(), "a run", "slabrace 1")
    assert [profile["name"] for profile in file["profiles"]] == ["a0", "b0"]
    assert stacks(file, 0) == [(["[unknown]"], 1), (["main", "walk"], 42)]
    assert stacks(file, 1) == [
        (["main"], 5),
        (["main", "walk"], 7),
        (["main", "walk", "look"], 100),
    ]


def test_who_only_slept_has_no_profile() -> None:
    profile = Profile()
    profile.stack(("main",)).sleep["a0"] = 9
    file = document(profile, "a run", "slabrace 1")
    validate(file)
    assert file["profiles"] == []
