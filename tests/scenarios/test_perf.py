"""`slabrace perf`: the layout, that percentages add up, that it repeats itself, and its errors."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.console import Command

from slabrace.runtime.outcome import End, Outcome
from slabrace.scenarios.commands.perf import exit_code

SCRIPT = Path(__file__).parents[1] / "data" / "lost_update.py"
SMALL = ["--memcgs", "9", "--mounts", "9", "--touches", "5", "--cpus", "3", "--passes", "2"]
STRESS = ["perf", "stress", "--version", "rwsem_flat", *SMALL]
FREE = ["perf", "free_vs_reclaim"]

LINE = re.compile(r" ( \d\d\.\d\d|  \d\.\d\d|100\.00)%  \[kernel\]  \[k\] (\S+)")
BOTH = re.compile(
    r" ( \d\d\.\d\d|  \d\.\d\d|100\.00)%  ( \d\d\.\d\d|  \d\.\d\d|100\.00)%"
    r"  \[kernel\]  \[k\] (\S+)"
)


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def table(text: str, pattern: re.Pattern[str] = LINE) -> list[tuple[str, ...]]:
    """The lines of a profile, up to the first empty line; nothing else stands there."""
    told = text.partition("\n\n")[0].splitlines()
    found = [(line, pattern.fullmatch(line)) for line in told if not line.startswith("#")]
    assert all(match for _, match in found), [line for line, match in found if not match]
    return [match.groups() for _, match in found if match]


# -- the layout -----------------------------------------------------------------------------------


def test_the_layout_is_that_of_perf(slabrace: Command) -> None:
    said = slabrace(*STRESS)
    assert said.code == 0
    assert said.err == ""
    head = said.out.splitlines()[:3]
    assert head[0].startswith("# stress steady=true laws=false ")
    assert " version=rwsem_flat memcgs=9 " in f"{head[0]} "
    assert head[0].endswith(", seed 0")
    assert re.fullmatch(r"# \d+\.\d+ us of 4 CPUs in \d+\.\d+ us of virtual time", head[1])
    assert head[2] == "#"
    lines = table(said.out)
    shares = [float(share) for share, _ in lines]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.005 * len(shares))
    assert {"shrink_slab", "down_read_trylock", "up_read"} <= {symbol for _, symbol in lines}


def test_children_come_first_and_sort(slabrace: Command) -> None:
    lines = table(slabrace(*STRESS, "--children").out, BOTH)
    inclusive = [float(share) for share, _, _ in lines]
    assert inclusive == sorted(inclusive, reverse=True)
    assert inclusive[0] == pytest.approx(100, abs=0.1)  # of the kworker's 1 ns it is no caller
    assert lines[0][2] == "shrink_node"
    assert all(float(all_) >= float(own) for all_, own, _ in lines)
    assert sum(float(own) for _, own, _ in lines) == pytest.approx(100, abs=0.005 * len(lines))


def test_a_limit_leaves_out_what_is_below(slabrace: Command) -> None:
    every = table(slabrace(*STRESS).out)
    some = table(slabrace(*STRESS, "--percent-limit", "5").out)
    assert some == [line for line in every if float(line[0]) >= 5]
    assert 0 < len(some) < len(every)


@pytest.mark.parametrize("option", ["--per-cpu", "--per-memcg"])
def test_each_section_adds_up_and_all_of_them_do(slabrace: Command, option: str) -> None:
    said = slabrace(*STRESS, option)
    sections = re.split(r"#\n# (?:memcg )?(\S+): ([\d.]+)% of all time\n#\n", said.out)
    names, shares, tables = sections[1::3], sections[2::3], sections[3::3]
    assert sum(map(float, shares)) == pytest.approx(100, abs=0.005 * len(shares))
    for text in tables:
        lines = table(text.rstrip("#\n") + "\n\n")
        assert sum(float(share) for share, _ in lines) == pytest.approx(100, abs=0.1)
    if option == "--per-cpu":
        assert names == ["kworker", "walker0", "walker1", "walker2"]
    else:
        assert set(names) == {"(none)", "/test", *(f"/test/{number}" for number in range(9))}


def test_of_sections_below_the_limit_only_the_number_is_told(slabrace: Command) -> None:
    said = slabrace(*STRESS, "--per-memcg", "--percent-limit", "99")
    assert "\n#\n# 11 more, each below 99%\n\n" in said.out
    assert "[kernel]" not in said.out
    document = slabrace(*STRESS, "--per-memcg", "--percent-limit", "99", "--json").json
    assert document["memcgs"] == []


def test_wait_is_told_apart_from_service(slabrace: Command) -> None:
    document = slabrace(*STRESS, "--json").json
    found = {each["symbol"]: each for each in document["symbols"]}
    up_read = found["up_read"]
    assert up_read["wait"] > 0
    assert up_read["service"] > 0
    own = up_read["wait"] + up_read["service"]
    assert up_read["percent"] == pytest.approx(100 * own / document["total"])
    waiting = slabrace(*STRESS).out.partition("\n\nwaiting ")[2].partition("\n\n")[0]
    in_line = 100 * up_read["wait"] / document["total"]
    assert re.search(rf"^up_read +\d+\.\d\d% +{in_line:.2f}%  0 ns$", waiting, re.MULTILINE)


def test_who_sleeps_is_told_and_counts_for_no_percentage(slabrace: Command) -> None:
    said = slabrace(*FREE)
    waiting = said.out.partition("\n\nwaiting ")[2].partition("\n\n")[0]
    assert re.search(r"^synchronize_\S+ .* \d+\.\d+ [mu]s$", waiting, re.MULTILINE)
    document = slabrace(*FREE, "--json").json
    slept = [each for each in document["symbols"] if each["sleep"]]
    assert slept
    times = [each["service"] + each["wait"] for each in document["symbols"]]
    assert sum(times) == document["total"]


def test_where_nobody_waits_it_says_so(slabrace: Command) -> None:
    one = slabrace("perf", "stress", "--memcgs", "2", "--mounts", "1", "--touches", "1",
                   "--cpus", "1")  # fmt: skip
    assert "\n\nnobody waited: neither in line for an object nor asleep\n\n" in one.out


def test_what_is_no_share_of_time_stands_below(slabrace: Command) -> None:
    said = slabrace(*FREE)
    below = said.out.partition("\nbeside the profile\n")[2]
    assert re.search(r"^  memcgs_scanned +2$", below, re.MULTILINE)
    assert re.search(r"^  umount latency, p99 +\d+\.\d+ us$", below, re.MULTILINE)
    assert "umount latency  " in slabrace(*STRESS).out


# -- the document ---------------------------------------------------------------------------------


def test_the_document_has_it_all(slabrace: Command) -> None:
    said = slabrace(*STRESS, "--json", "--per-cpu", "--per-memcg")
    assert said.err == ""
    document = said.json
    assert document["scenario"] == "stress"
    assert document["parameters"]["version"] == "rwsem_flat"
    assert document["parameters"]["steady"] is True
    assert (document["seed"], document["end"], document["violations"]) == (0, "quiet", [])
    assert document["memcgs_scanned"] == 3 * 2 * 6  # CPUs, passes, /test and what is touched
    assert document["throughput"] == pytest.approx(
        document["memcgs_scanned"] / document["duration"] * 1e9
    )
    assert document["umount_latency"] == {"count": 0, "median": None, "p99": None, "max": None}
    assert sum(each["percent"] for each in document["symbols"]) == pytest.approx(100)
    for kind in ("cpus", "memcgs"):
        assert sum(each["total"] for each in document[kind]) == document["total"]
        assert sum(each["percent"] for each in document[kind]) == pytest.approx(100)
        merged: dict[str, int] = {}
        for each in document[kind]:
            for symbol in each["symbols"]:
                time = symbol["service"] + symbol["wait"]
                merged[symbol["symbol"]] = merged.get(symbol["symbol"], 0) + time
        wanted = {each["symbol"]: each["service"] + each["wait"] for each in document["symbols"]}
        assert merged == wanted


def test_asking_for_memcgs_changes_no_number(slabrace: Command) -> None:
    plain, asked = (slabrace(*FREE, "--json", *more).json for more in ([], ["--per-memcg"]))
    del asked["memcgs"]
    assert plain == asked


@pytest.mark.parametrize("words", [STRESS, [*FREE, "--per-memcg", "--seed", "7"]])
def test_the_same_seed_gives_the_same_bytes(slabrace: Command, words: list[str]) -> None:
    for option in ([], ["--json"]):
        assert slabrace(*words, *option).out == slabrace(*words, *option).out


def test_the_settings_of_the_scenario_come_first_and_the_users_win(slabrace: Command) -> None:
    parameters = slabrace(*STRESS, "--no-steady", "--set", "laws=true", "--json").json["parameters"]
    assert (parameters["steady"], parameters["laws"]) == (False, True)


# -- other layouts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "outermost"),
    [
        ([], "shrink_node;"),
        (["--per-cpu"], r"walker\d;shrink_node;"),
        (["--per-memcg"], r"/test/\d;shrink_node;"),
        (["--per-memcg", "--per-cpu"], r"/test/\d;walker\d;shrink_node;"),
    ],
)
def test_folded_stacks_are_those_of_the_profile(
    slabrace: Command, options: list[str], outermost: str
) -> None:
    said = slabrace(*STRESS, "--folded", *options)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert all(re.fullmatch(r"[^;]+(;[^;]+)* \d+", line) for line in lines)
    total = slabrace(*STRESS, "--json").json["total"]
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == total
    assert any(re.match(outermost, line) for line in lines)


def test_samples_are_those_of_perf_script(slabrace: Command) -> None:
    total = slabrace(*STRESS, "--json").json["total"]
    lines = slabrace(*STRESS, "--script").out.splitlines()
    assert lines[1].startswith("# slabrace perf stress steady=true ")
    heads = [re.fullmatch(r"\S+ +\d+ \[\d{3}\] +\d+\.\d{9}: +(\d+) cpu-clock:k: ", line)
             for line in lines if line[:1].isalpha()]  # fmt: skip
    assert sum(int(head[1]) for head in heads if head) == total
    frames = {line.split()[1] for line in lines if line.startswith("\t")}
    assert "down_read_trylock+0x0" in frames
    assert all(line.endswith(" ([kernel.kallsyms])") for line in lines if line.startswith("\t"))


def test_a_speedscope_file_is_written_beside_any_output(slabrace: Command, tmp_path: Path) -> None:
    path = tmp_path / "profile.speedscope.json"
    said = slabrace(*STRESS, "--json", "--speedscope", path)
    file = json.loads(path.read_text())
    assert file["name"].startswith("slabrace perf stress steady=true ")
    assert [each["name"] for each in file["profiles"]] == [
        "kworker", "walker0", "walker1", "walker2",
    ]  # fmt: skip
    assert sum(each["endValue"] for each in file["profiles"]) == said.json["total"]


@pytest.mark.parametrize(
    "words", [["--folded", "--json"], ["--folded", "--script"], ["--script", "--json"]]
)
def test_stdout_has_one_layout(slabrace: Command, words: list[str]) -> None:
    said = slabrace(*STRESS, *words)
    assert said.code == 2
    assert "are three texts, and stdout is one: choose" in said.out + said.err


def test_a_file_that_cannot_be_written_is_one_line(slabrace: Command, tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no" / "file", "there is no such folder"),
                      (tmp_path, "Is a directory")):  # fmt: skip
        said = slabrace(*STRESS, "--speedscope", path)
        assert (said.code, said.out) == (2, "")
        assert said.err == f"slabrace: cannot write {path}: {why}\n"


# -- costs ----------------------------------------------------------------------------------------


def share(document: Any, symbol: str) -> float:
    (found,) = (each["percent"] for each in document["symbols"] if each["symbol"] == symbol)
    return float(found)


def test_a_cost_can_be_set_and_read_from_a_file(slabrace: Command, tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text("lruvec = 5000\nhit = 3\n")
    plain = slabrace(*STRESS, "--json").json
    read = slabrace(*STRESS, "--json", "--costs", file).json
    both = slabrace(*STRESS, "--json", "--costs", file, "--set-cost", "lruvec=0").json
    assert (plain["costs"], read["costs"]) == ({}, {"hit": 3, "lruvec": 5000})
    assert share(read, "shrink_lruvec") > 2 * share(plain, "shrink_lruvec")
    assert share(both, "shrink_lruvec") < share(plain, "shrink_lruvec")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["perf", "stres"], "unknown scenario 'stres'; did you mean 'stress'"),
        (["perf", f"{SCRIPT}::kept_update"], "scenario kept_update boots no kernel"),
        ([*STRESS, "--set-cost", "tranfer=3"], "there is no cost 'tranfer'; did you mean 'tran"),
        ([*STRESS, "--set-cost", "transfer"], "'transfer' is no cost: expected name=value"),
        ([*STRESS, "--set-cost", "transfer=-1"], "cost transfer: '-1' is not a number of 0 or"),
        ([*STRESS, "--costs", "no.toml"], "cannot read no.toml: No such file"),
        ([*STRESS, "--percent-limit", "101"], "--percent-limit 101: expected a number from 0 to"),
        ([*STRESS, "--percent-limit=-1"], "--percent-limit -1: expected a number from 0 to 100"),
        ([*STRESS, "--percent-limit", "nan"], "--percent-limit nan: expected a number from 0 to"),
        ([*STRESS, "--memcg", "2"], "unknown option --memcg; did you mean '--memcgs'"),
    ],
)
def test_what_cannot_be_used_is_one_line(slabrace: Command, words: list[str], message: str) -> None:
    said = slabrace(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(f"slabrace: {message}")
    assert said.err.count("\n") == 1
    assert slabrace(*words, "--json").json["error"].startswith(message)


def test_a_file_that_is_no_toml_is_one_line(slabrace: Command, tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text("hit = = 3\n")
    said = slabrace(*STRESS, "--costs", file)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"slabrace: {file} is no TOML: ")
    assert said.err.count("\n") == 1


# -- how a run ends -------------------------------------------------------------------------------


def test_a_run_that_breaks_a_law_says_so_and_is_no_success(slabrace: Command) -> None:
    said = slabrace("perf", "D15_rcu_across_scan")
    assert said.code == 1
    assert "[kernel]" in said.out
    first, second = said.err.splitlines()
    assert first.startswith("slabrace: the run broke a law: sleep_in_atomic: ")
    assert second == "slabrace: the profile ends there"
    document = slabrace("perf", "D15_rcu_across_scan", "--json").json
    assert (document["end"], document["violations"][0]["law"]) == ("violation", "sleep_in_atomic")


def test_a_run_that_is_cut_off_says_so(slabrace: Command) -> None:
    said = slabrace(*STRESS, "--max-steps", "100", "--json")
    assert said.code == 0
    assert said.json["end"] == "bound"
    assert said.err.startswith("slabrace: cut off after 100 picks, and still moving: ")


def test_a_run_that_is_interrupted_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(Outcome(End.INTERRUPTED, [], 0)) == 130
    assert "interrupted: the profile is of what was seen until then" in capsys.readouterr().err
