"""A schedule is the same in all its forms, and says what is wrong with one that cannot be read."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slabrace.runtime.errors import ScheduleError, UsageError
from slabrace.runtime.outcome import End
from slabrace.runtime.pick import Arrival, Choice, Delivery, Departure, Pick, Skip
from slabrace.runtime.schedule import Schedule

names = st.text(min_size=1, max_size=5)
plain = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5)
values = st.recursive(
    plain, lambda each: st.lists(each, max_size=3) | st.dictionaries(names, each, max_size=3)
)
picks: st.SearchStrategy[Pick] = st.one_of(
    st.builds(Delivery, names, st.text(max_size=3), names, names, names),
    st.builds(Choice, names, st.integers(0, 9)),
    st.builds(Skip, st.integers(0, 10**9), st.booleans()),
    st.builds(Arrival, names, st.integers(0, 9), values),
    st.builds(
        Arrival, names, st.integers(0, 9), st.none(), st.lists(names, min_size=2, max_size=2)
    ),
    st.builds(Departure, names),
)
schedules = st.builds(
    Schedule,
    names,
    st.dictionaries(names, values, max_size=3),
    st.lists(picks, max_size=20),
    names,
    host=st.sampled_from(["engine", "trio", "asyncio"]),
    max_steps=st.integers(1, 10**9),
    end=st.none() | st.sampled_from(End),
)

LOAD = Delivery("cpu0", "", "cpu0", "x", "Load")
STORE = Delivery("cpu1", "stores", "cpu1", "x", "Store")


def small() -> Schedule:
    return Schedule("lost", {"cpus": 2}, [LOAD, STORE, LOAD], "random --seed 1", end=End.VIOLATION)


@given(schedules)
def test_a_token_reads_back(schedule: Schedule) -> None:
    assert Schedule.parse(schedule.token()) == schedule
    assert Schedule.parse(schedule.token()).picks == schedule.picks


@given(schedule=schedules)
def test_a_file_reads_back(tmp_path_factory: pytest.TempPathFactory, schedule: Schedule) -> None:
    path = tmp_path_factory.getbasetemp() / "one.slabrace"
    schedule.save(path)
    assert Schedule.load(path) == schedule


def test_read_takes_a_token_or_a_path(tmp_path: Path) -> None:
    small().save(tmp_path / "s.slabrace")
    (tmp_path / "t").write_text(small().token() + "\n")
    assert Schedule.read(small().token()) == small()
    assert Schedule.read(str(tmp_path / "s.slabrace")) == small()
    assert Schedule.read(str(tmp_path / "t")) == small()


def test_a_token_survives_being_wrapped() -> None:
    token = small().token()
    assert Schedule.parse(f"  {token[:30]}\n   {token[30:]}\n") == small()


def test_equal_picks_are_stored_once() -> None:
    schedule = Schedule("s", {}, [LOAD, STORE] * 5000, "m")
    assert (len(schedule.table), len(schedule)) == (2, 10_000)
    assert len(schedule.token()) < 400


def test_a_file_is_json_that_a_person_can_read(tmp_path: Path) -> None:
    small().save(tmp_path / "s")
    text = (tmp_path / "s").read_text()
    assert json.loads(text) == {
        "schema": "slabrace.schedule/1",
        "slabrace": small().version,
        "scenario": "lost",
        "parameters": {"cpus": 2},
        "host": "engine",
        "made_by": "random --seed 1",
        "max_steps": 10_000_000,
        "end": "violation",
        "table": [
            ["deliver", "cpu0", "", "cpu0", "x", "Load"],
            ["deliver", "cpu1", "stores", "cpu1", "x", "Store"],
        ],
        "picks": [0, 1, 0],
    }
    assert '    ["deliver","cpu0","","cpu0","x","Load"],\n' in text


def test_long_lists_are_wrapped(tmp_path: Path) -> None:
    Schedule("s", {}, [LOAD, STORE] * 500, "m").save(tmp_path / "s")
    assert max(map(len, (tmp_path / "s").read_text().splitlines())) <= 100


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ScheduleError, match=r"schedule of lost cannot be written: .*object"):
        Schedule("lost", {"x": object()}, [], "m").token()


@given(st.integers(0, 10_000), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_corruption_goes_unnoticed(place: int, character: str) -> None:
    token = small().token()
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        with pytest.raises(ScheduleError):
            Schedule.parse(changed)


@given(st.integers(0, 10_000))
def test_no_truncation_goes_unnoticed(length: int) -> None:
    token = small().token()
    with pytest.raises(ScheduleError, match=r"truncated|not a schedule"):
        Schedule.parse(token[: length % len(token)])


def test_a_bad_checksum_says_where() -> None:
    token = small().token()
    place = token.index(".") + 1
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    with pytest.raises(ScheduleError, match=f"bad checksum at character {place}: found"):
        Schedule.parse(changed)


def token_of(text: str, version: int = 1) -> str:
    body = base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")
    return f"slabrace{version}:{body}.{zlib.crc32(body.encode()):08x}"


def document(**changes: Any) -> str:
    found: dict[str, Any] = json.loads(
        zlib.decompress(base64.urlsafe_b64decode(small().token()[10:].split(".")[0] + "=="))
    )
    return json.dumps(found | changes)


def test_the_helpers_make_good_tokens() -> None:
    assert Schedule.parse(token_of(document())) == small()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hello", r"not a schedule: expected slabrace1:\.\.\., found 'hello'"),
        ("", "found 'nothing'"),
        (token_of("{}", version=2), r"schedule of version 2; slabrace \S+ reads version 1"),
        (token_of(document(schema="slabrace.schedule/7")), "schedule of version 7"),
        (token_of("{}"), 'expected a JSON object with "schema"'),
        (token_of("[1]"), "Expected `object`, got `array`"),
        (token_of("{"), "not JSON"),
        (token_of(document(picks=[0, 5])), r"table of 2, found 5 - at `\$\.picks\[1\]`"),
        (token_of(document(picks=[0, "x"])), r"`\$\.picks\[1\]`"),
        (token_of(document(table=[["deliver", "a", 5, "b", "c", "d"]])), r"`\$\.table\[0\]\[2\]`"),
        (token_of(document(table=[["fly"]])), "Invalid value 'fly'"),
        (token_of(document(end="tired")), r"`\$\.end`"),
        (token_of(document(colour="red")), "unknown field `colour`"),
        (token_of("{}").replace("slabrace1:", "slabrace1:!"), "bad checksum"),
    ],
    ids=lambda text: text[:12],
)
def test_what_cannot_be_read_is_explained(text: str, complaint: str) -> None:
    with pytest.raises(ScheduleError, match=complaint):
        Schedule.parse(text)


def test_a_path_that_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScheduleError, match=r"neither a token \(.*\) nor a file .*No such file"):
        Schedule.read(str(tmp_path / "none"))


def test_errors_in_a_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "bad.slabrace"
    path.write_text(document(picks=[9]))
    with pytest.raises(ScheduleError, match=r"bad\.slabrace: .*\$\.picks\[0\]"):
        Schedule.load(path)


def test_a_schedule_error_is_a_usage_error() -> None:
    assert issubclass(ScheduleError, UsageError)
