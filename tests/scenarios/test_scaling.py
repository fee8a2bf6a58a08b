"""`slabrace scaling`: two versions of the walk by number of CPUs, as table, document, picture."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from tests.scenarios.console import Command

MATPLOTLIB = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="Matplotlib is an extra"
)
SMALL = ("--cpus", "1", "--cpus", "2", "--memcgs", "8")


@pytest.fixture
def slabrace(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_there_is_a_line_for_each_number_of_cpus(slabrace: Command) -> None:
    said = slabrace("scaling", *SMALL)
    assert said.code == 0
    lines = said.out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]
    assert "rwsem_flat" in lines[1]
    assert "refcount_rcu" in lines[1]


def test_the_document_has_both_versions(slabrace: Command) -> None:
    document = slabrace("scaling", "srcu", "refcount_rcu", *SMALL, "--json").json
    assert [point["cpus"] for point in document["points"]] == [1, 2]
    for point in document["points"]:
        assert set(point["versions"]) == {"srcu", "refcount_rcu"}
        assert all(each["throughput"] > 0 for each in point["versions"].values())


def test_only_the_old_walk_has_a_lock(slabrace: Command) -> None:
    document = slabrace("scaling", *SMALL, "--json").json
    for point in document["points"]:
        assert point["versions"]["rwsem_flat"]["rwsem_percent"] > 0
        assert point["versions"]["refcount_rcu"]["rwsem_percent"] == 0


@MATPLOTLIB
@pytest.mark.parametrize(("suffix", "begins"), [(".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_it_is_drawn(slabrace: Command, tmp_path: Path, suffix: str, begins: bytes) -> None:
    path = tmp_path / f"scaling{suffix}"
    assert slabrace("scaling", *SMALL, "--plot", str(path)).code == 0
    assert path.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--plot", "scaling.pdf"), "a name that ends in .svg or .png"),
        (("--cpus", "0"), "expected 1 or more"),
        (("rwsem_flat", "rwsem_fat"), "did you mean"),
        (("--set-cost", "hti=2"), "there is no cost 'hti'"),
    ],
)
def test_what_cannot_be_used_is_told(slabrace: Command, words: tuple[str, ...], said: str) -> None:
    answer = slabrace("scaling", *words)
    assert answer.code == 2
    assert said in answer.err
