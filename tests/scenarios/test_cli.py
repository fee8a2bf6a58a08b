"""The command line: exit codes, the one JSON document, and what is said of input that is wrong."""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.console import Command, process

from slabrace import __version__ as slabrace_version
from slabrace.scenarios.scripts import cut, from_path

SCRIPT = Path(__file__).parents[1] / "data" / "lost_update.py"
LOST, KEPT, WRONG, ENDLESS = (
    f"{SCRIPT}::{name}" for name in ("lost_update", "kept_update", "wrong_claim", "endless")
)


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


# -- run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [(LOST, 0), (KEPT, 0), (WRONG, 1)])
def test_run_exits_by_whether_the_verdict_held(slabrace: Command, name: str, code: int) -> None:
    assert slabrace("run", name).code == code


def test_run_prints_a_report_that_closes_as_herd7_does(slabrace: Command) -> None:
    said = slabrace("run", KEPT, "--runs", "9")
    assert said.out.splitlines()[0] == "kept_update: The look-alike: addition in one step."
    assert "\n  value  2\n" in said.out
    observation, trust = said.out.splitlines()[-2:]
    assert observation == "Observation kept_update Never 0 9"
    assert trust.startswith("sampled: the verdict Never holds (9 runs, 18 deliveries")


def test_run_prints_each_violation_with_the_command_that_replays_it(slabrace: Command) -> None:
    said = slabrace("run", WRONG)
    assert "no_update_lost in " in said.out
    assert "2 expected, 1 found\n  slabrace replay slabrace1:" in said.out


def test_run_as_json_is_one_document_of_the_agreed_shape(slabrace: Command) -> None:
    said = slabrace("run", LOST, "--json", "--runs", "20")
    document = said.json
    assert said.err == ""
    assert {name: document[name] for name in ("scenario", "expected", "observed", "held")} == {
        "scenario": "lost_update",
        "expected": "Sometimes",
        "observed": "Sometimes",
        "held": True,
    }
    assert (document["how"], document["runs"]) == ("sampled", 20)
    assert document["deliveries"] == 80
    assert document["seconds"] > 0
    assert document["stats"].keys() == {"value"}
    (violation,) = document["violations"]
    assert violation.keys() == {"law", "message", "signature", "count", "schedule"}


@pytest.mark.parametrize(
    "words",
    [
        ["--set", "writers=3"],
        ["--set", "writers=2", "writers=3"],
        ["writers=3"],
        ["--writers", "3"],
        ["--writers=3", "--noisy"],
        ["--noisy", "--writers", "3", "--no-noisy"],
    ],
)
def test_a_parameter_may_be_given_in_many_ways(slabrace: Command, words: list[str]) -> None:
    said = slabrace("run", LOST, "--runs", "1", *words, "--json")
    assert said.json["deliveries"] == 6


def test_run_uses_the_number_of_runs_that_the_scenario_states(slabrace: Command) -> None:
    assert slabrace("run", LOST, "--json").json["runs"] == 40


def test_the_bound_is_told_and_is_no_success(slabrace: Command) -> None:
    said = slabrace("run", ENDLESS, "--max-steps", "100")
    assert said.code == 1
    assert "1 run reached the bound of picks and still moved" in said.out
    assert said.out.splitlines()[-1].startswith("inconclusive: neither for nor against")


def test_delays_are_injected(slabrace: Command) -> None:
    said = slabrace("run", WRONG, "--delay", "message=Store for=3", "--json")
    assert said.json["observed"] == "Always"


@pytest.mark.parametrize("host", ["trio", "asyncio"])
def test_a_live_host_finds_it_too(slabrace: Command, host: str) -> None:
    said = slabrace("run", LOST, "--host", host, "--runs", "20", "--jitter", "0.0001", "--json")
    assert (said.code, said.json["how"]) == (0, "sampled")


def test_a_schedule_is_saved_and_its_file_replayed(slabrace: Command, tmp_path: Path) -> None:
    said = slabrace("run", WRONG, "--save", tmp_path / "found")
    (path,) = (tmp_path / "found").glob("*.json")
    assert f"slabrace replay {path}" in said.out
    assert slabrace("replay", path).code == 1


# -- replay ---------------------------------------------------------------------------------------


def token(slabrace: Command, name: str = WRONG) -> str:
    (violation,) = slabrace("run", name, "--json").json["violations"]
    found: str = violation["schedule"]
    return found


def test_replay_breaks_the_law_again(slabrace: Command) -> None:
    said = slabrace("replay", token(slabrace))
    assert said.code == 1
    assert "no_update_lost: 2 expected, 1 found" in said.out
    assert "Observation wrong_claim Always 1 0" in said.out


def test_replay_of_an_expected_violation_holds(slabrace: Command) -> None:
    assert slabrace("replay", token(slabrace, LOST)).code == 0


def test_replay_as_events_lists_them(slabrace: Command) -> None:
    said = slabrace("replay", token(slabrace), "--as", "events")
    assert " deliver    -> counter: Store(1) = None\n" in said.out
    assert "*** no_update_lost: 2 expected, 1 found" in said.out


def test_replay_as_diagram_draws_it(slabrace: Command) -> None:
    said = slabrace("replay", token(slabrace), "--as", "diagram")
    assert said.out.startswith("CPU0 (writer")
    assert "\n*** no_update_lost: 2 expected, 1 found\n" in said.out


def test_replay_as_json_is_one_document(slabrace: Command) -> None:
    said = slabrace("replay", token(slabrace), "--as", "diagram", "--json")
    assert said.json["observed"] == "Always"
    assert said.json["diagram"].startswith("CPU0 (")


def test_replay_that_takes_another_path_says_at_which_pick(
    slabrace: Command, tmp_path: Path
) -> None:
    script = tmp_path / "changed.py"
    script.write_text(SCRIPT.read_text())
    schedule = token(slabrace, f"{script}::wrong_claim")
    script.write_text(
        SCRIPT.read_text().replace("(world, 2, atomic=False)", "(world, 1, atomic=False)")
    )
    running = process(["replay", schedule])  # a process of its own: ours has loaded the script
    _, err = running.communicate(timeout=30)
    assert running.returncode == 2
    assert "replay diverged at pick" in err
    assert "the schedule expects" in err


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text[:40], "truncated"),
        (lambda text: text.replace("A", "B", 1), "bad checksum"),
        (lambda text: text.replace("slabrace1:", "slabrace9:"), "schedule of version 9"),
        (lambda _: "/no/such/file", "neither a token"),
    ],
)
def test_a_corrupt_schedule_is_told_of(slabrace: Command, damage: Any, told: str) -> None:
    said = slabrace("replay", damage(token(slabrace)))
    assert said.code == 2
    assert told in said.err


# -- list -----------------------------------------------------------------------------------------


def test_list_as_json_has_the_agreed_shape(slabrace: Command) -> None:
    said = slabrace("list", "--plugin", SCRIPT, "--json")
    entries = {entry["name"]: entry for entry in said.json}
    assert list(entries) == sorted(entries)
    wanted = ("name", "kind", "bug", "verdict", "parameters")
    assert {name: entries["lost_update"][name] for name in wanted} == {
        "name": "lost_update",
        "kind": "scenario",
        "bug": None,
        "verdict": "Sometimes",
        "parameters": [
            {"name": "writers", "type": "int", "default": 2},
            {"name": "noisy", "type": "bool", "default": False},
        ],
    }
    assert entries["lost_update"]["doc"].startswith("Two writers, one counter")
    assert (entries["Z9_one_too_few"]["kind"], entries["Z9_one_too_few"]["bug"]) == ("bug", "Z9")


def test_list_of_one_shows_its_parameters(slabrace: Command) -> None:
    said = slabrace("list", "lost_update", "--plugin", SCRIPT)
    assert "--writers  int   default 2" in said.out


def test_every_bug_of_ours_is_named_after_its_id(slabrace: Command) -> None:
    bugs = [entry for entry in slabrace("list", "--json").json if entry["kind"] == "bug"]
    assert all(entry["name"].startswith(f"{entry['bug']}_") for entry in bugs)


# -- input that is wrong --------------------------------------------------------------------------

WRONG_INPUT = [
    (["rnu"], 'Unknown command "rnu". Did you mean "run"?'),
    (["run"], "requires an argument"),
    (["run", "strss"], "unknown scenario 'strss'; did you mean 'stress'? Accepted: "),
    (["run", f"{SCRIPT}::lost_updat"], "no scenario 'lost_updat'; did you mean 'lost_update'"),
    (["run", str(SCRIPT)], "which scenario of"),
    (["run", "no/where.py::it"], "no file no/where.py"),
    (["run", LOST, "--writer", "3"], "unknown option --writer; did you mean '--writers'?"),
    (["run", LOST, "--set", "writer=3"], "no parameter 'writer'; did you mean 'writers'?"),
    (["run", LOST, "--set", "writers=many"], "writers=many: expected int, found 'many'"),
    (["run", LOST, "--writers"], "--writers needs a value: int"),
    (["run", LOST, "three"], "'three' is too much"),
    (["run", ENDLESS, "--pace", "fsat"], "expected fast|slow, found 'fsat'; did you mean 'fast'?"),
    (["run", LOST, "--host", "engin"], 'Choose from: "engine", "trio", "asyncio"'),
    (["run", LOST, "--seed", "x"], 'unable to convert "x" into int'),
    (["run", LOST, "--delay", "mesage=Load for=1"], "did you mean 'message'?"),
    (["run", LOST, "--log", "no/where/log"], "cannot write the log no/where/log: No such file"),
    (["run", LOST, "--log", "/dev/full"], "/dev/full: No space left on device"),
    (["run", LOST, "--monitor", "Totl", "--plugin", str(SCRIPT)], "did you mean 'Total'?"),
    (["run", LOST, "--monitor", f"{SCRIPT}::Writer"], "expected a subclass of Monitor"),
    (["run", LOST, "--monitor", f"{SCRIPT}::Total"], "Total is made without arguments here"),
    (["run", LOST, "--actor", f"{SCRIPT}::Nobody"], "has no 'Nobody'"),
    (["run", LOST, "--plugin", "no_such_module"], "no module 'no_such_module'"),
    (["log", "show", "no/log"], "cannot read the log no/log: No such file"),
    (["log", "show", str(SCRIPT)], "has no event; is it a log that slabrace wrote?"),
    (["log", "show", str(SCRIPT), "--steps", "x"], "--steps x: expected first..last"),
    (["conform"], "conform needs at least one recording"),
    (["conform", "no/trace"], "no/trace: expected a readable file of ftrace text"),
    (["conform", "--josn"], "unknown option --josn"),
]
WRONG_IDS = [" ".join(words).replace(str(SCRIPT), SCRIPT.name) for words, _ in WRONG_INPUT]


@pytest.mark.parametrize(("words", "told"), WRONG_INPUT, ids=WRONG_IDS)
def test_wrong_input_is_told_of_on_stderr(slabrace: Command, words: list[str], told: str) -> None:
    said = slabrace(*words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


@pytest.mark.parametrize(("words", "told"), WRONG_INPUT[:-1], ids=WRONG_IDS[:-1])
def test_wrong_input_is_one_json_document_if_asked_for(
    slabrace: Command, words: list[str], told: str
) -> None:
    said = slabrace(*words, "--json")
    assert said.code == 2
    assert told in said.json["error"]


# -- the user's own -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mistake", "line"),
    [
        ("broken", "ZeroDivisionError: the mistake", "raise ZeroDivisionError"),
        ("breaks_off", "KeyError: 'the slip'", "raise KeyError"),
    ],
)
def test_an_error_of_the_user_s_is_shown_in_their_frames_only(
    slabrace: Command, name: str, mistake: str, line: str
) -> None:
    said = slabrace("run", f"{SCRIPT}::{name}")
    assert said.code == 2
    frames = [row for row in said.err.splitlines() if row.lstrip().startswith("File ")]
    assert frames
    assert all(str(SCRIPT) in frame for frame in frames)
    assert mistake in said.err
    assert line in said.err


def test_an_error_in_a_run_says_how_to_make_that_run_again(slabrace: Command) -> None:
    said = slabrace("run", f"{SCRIPT}::breaks_off", "--seed", "3")
    assert "In run 0 of breaks_off; to make it again: --seed 3 --first 0 --runs 1" in said.err


def test_a_schedule_too_long_to_print_is_made_again_by_its_seed(
    slabrace: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slabrace.scenarios.commands.run.LONGEST", 10)
    said = slabrace("run", LOST, "--writers", "3", "--seed", "5")
    (line,) = [row for row in said.out.splitlines() if row.startswith("  slabrace run ")]
    again = slabrace(*line.split()[1:], "--json").json
    assert (again["runs"], len(again["violations"])) == (1, 1)


def test_a_message_that_nobody_handles_is_told_of(slabrace: Command) -> None:
    said = slabrace("run", f"{SCRIPT}::misaddressed")
    assert said.code == 2
    assert "Counter has no handler for Question" in said.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def half(:\n", "SyntaxError"),
        ("import no_such_thing\n", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("import sys\nsys.exit(5)\n", "SystemExit: 5"),
    ],
)
def test_a_script_that_cannot_be_loaded_is_shown(
    slabrace: Command, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "script.py"
    path.write_text(text)
    said = slabrace("run", f"{path}::it")
    assert said.code == 2
    assert told in said.err
    assert "importlib" not in said.err


def test_a_chain_of_errors_is_cut_in_every_link(tmp_path: Path) -> None:
    path = tmp_path / "chained.py"
    path.write_text(
        "try:\n    1 / 0\nexcept ArithmeticError as error:\n    raise OSError from error\n"
    )
    with pytest.raises(Exception, match="cannot be loaded") as raised:
        from_path(path)
    told = cut(raised.value.__cause__ or raised.value)
    assert told.count("File ") == 2


def test_a_monitor_of_the_user_s_judges_each_run(slabrace: Command) -> None:
    said = slabrace("run", KEPT, "--monitor", f"{SCRIPT}::Suspicious", "--json")
    assert [violation["law"] for violation in said.json["violations"]] == ["suspicion"] * 2


def test_an_actor_of_the_user_s_joins_each_run(slabrace: Command, tmp_path: Path) -> None:
    log = tmp_path / "log"
    slabrace("run", KEPT, "--runs", "1", "--actor", f"{SCRIPT}::Meddler", "--log", log)
    assert '"event":"meddled","actor":"meddler0"' in log.read_text()


def test_the_command_that_replays_names_what_was_added(slabrace: Command) -> None:
    added = f"{SCRIPT}::Suspicious"
    said = slabrace("run", KEPT, "--monitor", added, "--runs", "1")
    assert f"--monitor {added}" in said.out


PLUGIN = """
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.scenario import NEVER, scenario

class Jealous(Monitor):
    law = "jealousy"
    def at_quiescence(self):
        self.violated("it is over")

@scenario(verdict=NEVER)
def idle(world):
    '''Nothing happens.'''
"""


def test_a_plugin_brings_scenarios_and_laws(slabrace: Command, tmp_path: Path) -> None:
    path = tmp_path / "brings.py"
    path.write_text(PLUGIN)
    said = slabrace("run", "idle", "--plugin", path, "--json")
    assert [violation["law"] for violation in said.json["violations"]] == ["jealousy"]


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, text: str) -> None:
    """Install a distribution with one entry point."""
    info = folder / "acme_races-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-races\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[slabrace.plugins]\nacme = {module}\n")
    (folder / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))


def test_an_installed_plugin_is_found_by_its_entry_point(
    slabrace: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, "acme_good", PLUGIN)
    assert "idle" in {entry["name"] for entry in slabrace("list", "--json").json}


def test_a_broken_plugin_is_one_line_and_stops_nobody(
    slabrace: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, "acme_bad", "raise RuntimeError('out of order')\n")
    said = slabrace("run", KEPT, "--json")
    assert (said.code, said.json["held"]) == (0, True)
    assert said.err == (
        "slabrace: plug-in 'acme' of acme-races (acme_bad) is left out: RuntimeError: "
        "out of order\n"
    )


# -- conform ---------------------------------------------------------------------------------------

RECORDING = SCRIPT.parent / "linux-6.12-overlap.txt"


def test_conform_as_json_has_the_agreed_shape(slabrace: Command) -> None:
    said = slabrace("conform", RECORDING, "--json")
    (report,) = said.json["files"]
    wanted = {"path", "lines", "pairs", "matched", "explained", "unexplained", "skipped"}
    assert wanted <= report.keys()
    assert (said.code, report["unexplained"]) == (0, 0)


def test_conform_reads_stdin(
    slabrace: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with RECORDING.open() as recording:
        monkeypatch.setattr(sys, "stdin", recording)
        (report,) = slabrace("conform", "-", "--json").json["files"]
    assert report["path"] == "-"
    assert report["pairs"] > 0


def test_conform_exits_1_if_a_line_cannot_be_explained(slabrace: Command, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(re.sub(r"delta \d+", "delta 7777", RECORDING.read_text()))
    said = slabrace("conform", wrong)
    assert said.code == 1
    assert "first unexplained" in said.out


def test_conform_tells_of_what_it_cannot_read_beside_what_it_can(slabrace: Command) -> None:
    said = slabrace("conform", "no/trace", RECORDING, "--json")
    assert said.code == 2
    assert [report["path"] for report in said.json["files"]] == [str(RECORDING)]
    assert "no/trace: expected a readable file" in said.json["error"]


# -- logs -----------------------------------------------------------------------------------------


@pytest.fixture
def log(slabrace: Command, tmp_path: Path) -> Path:
    path = tmp_path / "runs.log"
    slabrace("run", LOST, "--runs", "2", "--log", path)
    return path


def test_log_show_prints_a_table(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "show", log)
    assert said.code == 0
    assert said.out.count("STEP         TIME  ACTOR    EVENT") == 2
    assert "-> counter: Load() = 0" in said.out


def test_log_show_filters(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "show", log, "--actor", "writer1", "--event", "c*", "--steps", "1..")
    rows = [row.split() for row in said.out.splitlines() if "us  " in row]
    assert {(row[2], row[3]) for row in rows} == {("writer1", "counted")}


def test_log_show_filters_by_any_field(slabrace: Command, log: Path) -> None:
    said = slabrace("log", "show", log, "--where", "message=Store*", "--json")
    assert {event["message"] for event in said.json["events"]} <= {"Store(1)", "Store(2)"}


def test_log_show_as_json_is_one_document(slabrace: Command, log: Path) -> None:
    document = slabrace("log", "show", log, "--json").json
    assert document["headers"][0]["schema"] == "slabrace.log/2"
    assert len(document["events"]) == len(log.read_text().splitlines()) - 1
    assert document["skipped"] == []


def test_log_show_skips_a_line_that_is_no_event_and_says_so(slabrace: Command, log: Path) -> None:
    whole = log.read_text()
    log.write_text(f"{whole}oops\n{whole.splitlines()[3][:30]}")
    said = slabrace("log", "show", log, "--json")
    number = len(whole.splitlines())
    assert [each["line"] for each in said.json["skipped"]] == [number + 1, number + 2]
    assert f"line {number + 1} is skipped: not JSON: 'oops'" in said.err
    assert f"line {number + 2} is skipped: truncated" in said.err


def test_a_replay_can_be_logged(slabrace: Command, tmp_path: Path) -> None:
    slabrace("replay", token(slabrace), "--log", tmp_path / "log")
    document = slabrace("log", "show", tmp_path / "log", "--event", "violation", "--json").json
    assert [event["law"] for event in document["events"]] == ["no_update_lost"]


# -- the world outside ----------------------------------------------------------------------------


def test_ctrl_c_prints_what_there_is_and_closes_the_log(slabrace: Command, tmp_path: Path) -> None:
    log = tmp_path / "log"
    running = process(["run", ENDLESS, "--max-steps", "1000000000", "--log", log])
    while not log.exists() or log.stat().st_size < 1 << 17:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130, err
    assert "interrupted: what follows is what was seen until then" in out
    assert "Observation endless Never 0 0\ninconclusive" in out
    assert log.read_bytes().endswith(b"}\n")
    assert json.loads(log.read_text().splitlines()[-1])["how"] == "interrupted"


def test_a_reader_who_leaves_is_no_error_of_ours(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    running = process(["list"], stdout=write)
    os.close(write)
    _, err = running.communicate(timeout=30)
    assert "Traceback" not in err


def test_progress_is_on_stderr_and_silent_when_quick(slabrace: Command) -> None:
    assert slabrace("run", LOST).err == ""


def test_version_is_ours_before_the_command_and_the_scenario_s_after_it(slabrace: Command) -> None:
    assert slabrace("--version").out.strip() == slabrace_version
    said = slabrace("run", "expand_vs_reclaim", "--version", "rwsm")
    assert "version=rwsm: expected" in said.err


@pytest.mark.parametrize(
    "command", ["list", "run", "explore", "replay", "log", "conform", "import"]
)
def test_each_command_has_help(slabrace: Command, command: str) -> None:
    said = slabrace(command, "--help")
    assert said.code == 0
    assert f"Usage: slabrace {command}" in said.out


def test_scripts_that_import_each_other_share_their_classes(
    slabrace: Command, tmp_path: Path
) -> None:
    (tmp_path / "sharing_one.py").write_text(SCRIPT.read_text())
    (tmp_path / "sharing_two.py").write_text(
        "from sharing_one import Add, Actor\n\n"
        "class Helper(Actor):\n"
        "    def __init__(self, counter): self.counter = counter\n"
        "    @classmethod\n"
        "    def join(cls, world): world.spawn(cls(world.tasks[0].actor.counter))\n"
        "    async def run(self): await self.ask(self.counter, Add(1))\n"
    )
    scenario = f"{tmp_path / 'sharing_one.py'}::kept_update"
    said = slabrace("run", scenario, "--actor", f"{tmp_path / 'sharing_two.py'}::Helper", "--json")
    assert said.json["stats"] == {"value": 3}


def test_a_script_may_have_the_name_of_a_module(slabrace: Command, tmp_path: Path) -> None:
    path = tmp_path / "json.py"
    path.write_text(SCRIPT.read_text())
    assert slabrace("run", f"{path}::kept_update", "--json").json["held"]
