"""The structured log: what is in a line, that nothing of it varies, and that it can be read."""

import enum
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from slabrace.runtime import campaign
from slabrace.runtime.actor import Actor
from slabrace.runtime.errors import UsageError
from slabrace.runtime.line_file import LineFile, LogError
from slabrace.runtime.log import EventLog
from slabrace.runtime.log_reader import Header, Problem, Record, read
from slabrace.runtime.message import Message
from slabrace.runtime.world import World
from slabrace.scenarios.scripts import from_path

script = from_path(Path(__file__).parents[1] / "data" / "lost_update.py")


class Colour(enum.Enum):
    RED = "red"
    GREEN = 2


class Greeting(Message, frozen=True):
    word: str


class Noter(Actor):
    hue = 7


def logged(
    path: Path, note: Callable[[Noter, Noter], None], **columns: tuple[str, ...]
) -> dict[str, Any]:
    """The line that ``note`` of one actor about another makes."""
    world = World()
    one, two = world.add(Noter(), "one"), world.add(Noter(), "two")
    with EventLog(path, {"scenario": "s"}, columns=columns) as log:
        log.begin(world, 0)
        note(one, two)
    line: dict[str, Any] = msgspec.json.decode(path.read_bytes().splitlines()[-1])
    return line


def log_of(path: Path, deliveries: bool = True, **options: Any) -> bytes:
    with EventLog(path, {"scenario": "lost_update", "seed": 0}, deliveries=deliveries) as log:
        campaign.run(script.lost_update, log=log, **options)
    return path.read_bytes()


def test_the_first_line_says_schema_and_runs(tmp_path: Path) -> None:
    first = log_of(tmp_path / "log", runs=1).splitlines()[0]
    assert msgspec.json.decode(first) == {
        "schema": "slabrace.log/2",
        "scenario": "lost_update",
        "seed": 0,
    }


def test_a_line_has_the_columns_of_the_schema_in_its_order(tmp_path: Path) -> None:
    line = logged(tmp_path / "log", lambda one, two: one.note("met", whom=two))
    assert list(line) == ["run", "step", "vt", "event", "actor", "whom"]
    assert (line["step"], line["vt"], line["event"]) == (0, 0, "met")


def test_an_actor_is_logged_by_its_name(tmp_path: Path) -> None:
    line = logged(tmp_path / "log", lambda one, two: one.note("met", whom=two))
    assert (line["actor"], line["whom"]) == ("one", "two")


def test_a_column_comes_from_the_event_before_the_actor(tmp_path: Path) -> None:
    line = logged(tmp_path / "log", lambda one, _: one.note("met", hue=3), hue=("hue",))
    assert list(line) == ["run", "step", "vt", "event", "actor", "hue"]
    assert line["hue"] == 3


def test_a_column_that_the_event_lacks_comes_from_the_actor(tmp_path: Path) -> None:
    line = logged(
        tmp_path / "log", lambda one, _: one.note("met", a=1), hue=("hue",), absent=("absent",)
    )
    assert list(line) == ["run", "step", "vt", "event", "actor", "hue", "a"]
    assert line["hue"] == 7


def test_a_column_may_be_filled_by_a_field_of_another_name(tmp_path: Path) -> None:
    line = logged(tmp_path / "log", lambda one, two: one.note("met", w=two), whom=("whom", "w"))
    assert (line["whom"], line["w"]) == ("two", "two")


def test_an_actor_in_a_column_of_its_kind_says_what_it_is_there(tmp_path: Path) -> None:
    line = logged(tmp_path / "log", lambda one, two: one.note("met", hue=two), hue=("hue",))
    assert line["hue"] == 7


def test_a_field_makes_room_for_the_schema(tmp_path: Path) -> None:
    line = logged(tmp_path / "log", lambda one, _: one.note("met", step="left", run="fast"))
    assert (line["step"], line["step_"], line["run_"]) == (0, "left", "fast")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (1.5, 1.5),
        (Colour.RED, "red"),
        (Colour.GREEN, "GREEN"),
        ({"b", "a"}, ["a", "b"]),
        ((1, (2, None)), [1, [2, None]]),
        ({Colour.RED: [1]}, {"red": [1]}),
        (Greeting("hi"), "Greeting(hi)"),
        (1 << 70, 1 << 70),
        (-(1 << 63), -(1 << 63)),
        (Noter, "Noter"),
        (object(), "object"),
    ],
)
def test_a_value_is_written_without_what_varies(
    tmp_path: Path, value: object, written: object
) -> None:
    line = logged(tmp_path / "log", lambda one, _: one.note("met", value=value))
    assert line["value"] == written


def test_the_same_runs_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (log_of(tmp_path / name) for name in ("one", "two"))
    assert first == second


def test_each_run_has_a_name_of_its_own(tmp_path: Path) -> None:
    log_of(tmp_path / "log", runs=3)
    runs = {line.fields["run"] for line in read(tmp_path / "log") if isinstance(line, Record)}
    assert len(runs) == 3


def test_a_run_made_again_alone_has_the_same_name(tmp_path: Path) -> None:
    whole = log_of(tmp_path / "whole", runs=3).splitlines()
    alone = log_of(tmp_path / "alone", runs=1, first=2).splitlines()
    assert whole[-(len(alone) - 1) :] == alone[1:]


def test_deliveries_are_logged_unless_they_are_not_wanted(tmp_path: Path) -> None:
    assert b'"event":"deliver"' not in log_of(tmp_path / "without", deliveries=False, runs=1)
    assert b'"event":"deliver"' in log_of(tmp_path / "with", runs=1)


def test_the_event_that_breaks_a_law_is_logged(tmp_path: Path) -> None:
    def add(world: World) -> None:
        world.judge(script.Suspicious())

    lines = log_of(tmp_path / "log", runs=1, furnish=[add]).splitlines()
    events = [msgspec.json.decode(line)["event"] for line in lines[1:]]
    assert events[-3:] == ["counted", "violation", "end"]


def test_the_end_of_a_run_is_logged(tmp_path: Path) -> None:
    last = log_of(tmp_path / "log", runs=1).splitlines()[-1]
    fields = msgspec.json.decode(last)
    assert (fields["event"], fields["how"], fields["deliveries"]) == ("end", "quiet", 4)


# -- what can go wrong while writing --------------------------------------------------------------


def test_a_log_that_cannot_be_made_is_told_of_before_the_runs(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"cannot write the log .*no/where: No such file"):
        EventLog(tmp_path / "no" / "where", {})


def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"/dev/full: No space left.*first 0 lines"):
        EventLog(Path("/dev/full"), {})


def test_a_closed_pipe_is_told_of_with_the_lines_that_are_safe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def read_one_line() -> None:
        with pipe.open("rb") as file:
            file.readline()

    reading = threading.Thread(target=read_one_line)
    reading.start()
    log = EventLog(pipe, {})
    reading.join()
    with pytest.raises(LogError, match=r"Broken pipe\. The first 1 lines"):
        campaign.run(script.lost_update, runs=1000, log=log)
    log.close()


def test_only_whole_lines_stay_when_the_disk_fills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 100
    write = os.write

    def filling(descriptor: int, data: bytes) -> int:
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        done = write(descriptor, data[:room])
        room -= done
        return done

    file = LineFile(tmp_path / "log")
    monkeypatch.setattr(os, "write", filling)
    for number in range(50):
        file.write(b"line %d\n" % number)
    with pytest.raises(LogError, match=r"first 13 lines \(94 bytes\) are safe and readable\."):
        file.drain()
    file.close()
    assert (tmp_path / "log").read_bytes().splitlines()[-1] == b"line 12"


def test_a_block_interrupted_on_its_way_is_finished_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    pressed = iter([True, False, False])

    def interrupted(descriptor: int, data: bytes) -> int:
        if next(pressed):
            raise KeyboardInterrupt
        return write(descriptor, data[:7])

    file = LineFile(tmp_path / "log")
    monkeypatch.setattr(os, "write", interrupted)
    file.write(b"line 1\n")
    file.write(b"line 2\n")
    with pytest.raises(KeyboardInterrupt):
        file.drain()
    file.close()
    assert (tmp_path / "log").read_bytes() == b"line 1\nline 2\n"


def test_a_block_interrupted_when_it_was_just_written_is_not_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def interrupted(descriptor: int, data: bytes) -> int:
        monkeypatch.undo()
        write(descriptor, data[:9])
        raise KeyboardInterrupt

    file = LineFile(tmp_path / "log")
    file.write(b"line 1\n")
    file.write(b"line 2\n")
    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        file.drain()
    file.close()
    assert (tmp_path / "log").read_bytes() == b"line 1\nline 2\n"


# -- reading --------------------------------------------------------------------------------------


def test_what_was_written_is_read(tmp_path: Path) -> None:
    log_of(tmp_path / "log", runs=1)
    header, *events = read(tmp_path / "log")
    assert isinstance(header, Header)
    assert all(isinstance(event, Record) for event in events)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Nov 23 kernel: oops\n", "not JSON: 'Nov 23 kernel: oops'"),
        (b"[1]\n", "expected a JSON object, found '[1]'"),
        (b"\n", "an empty line"),
        (b'{"run":"x","step":"y"}\n', "not an event of slabrace.log/2: Expected `int`"),
        (b'{"run":"x","ste', "truncated after"),
        (b'{"schema":"other/1"}\n', "a header of other/1, not of slabrace.log/2"),
        (b"\xff\xfe\n", "not JSON"),
    ],
)
def test_a_line_that_is_no_event_is_a_problem_and_the_rest_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    whole = log_of(tmp_path / "log", runs=1).splitlines(keepends=True)
    rest = [] if not line.endswith(b"\n") else whole[2:]
    (tmp_path / "log").write_bytes(b"".join([*whole[:2], line, *rest]))
    lines = list(read(tmp_path / "log"))
    (problem,) = [each for each in lines if isinstance(each, Problem)]
    assert problem.number == 3
    assert reason in problem.reason
    assert len(lines) == 3 + len(rest)


def test_a_log_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{"schema":"slabrace.log/3"}\n')
    with pytest.raises(UsageError, match=r"this log is slabrace\.log/3, and this slabrace reads"):
        list(read(tmp_path / "log"))


def test_a_log_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read the log .*none: No such file"):
        list(read(tmp_path / "none"))
