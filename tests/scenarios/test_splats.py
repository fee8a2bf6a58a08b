"""Golden schedules: each form as it reads, of one run of a bug.

The schedules in tests/data/splats/ name what they deliver. When the model has changed so that one
can no longer be followed, or a form is meant to look different: make a new one with
``slabrace run NAME --save DIR``, copy it, and let ``python tests/scenarios/test_splats.py`` write
the texts. Lines of the source and versions are left out of them.
"""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from slabrace.scenarios.cli import main

DATA = Path(__file__).parents[1] / "data" / "splats"
GOLDEN = [
    ("A1_refcount_leak", "diagram"),
    ("A1_refcount_leak", "lockdep"),
    ("A2_teardown_race", "kasan"),
    ("D2_put_before_lock", "diagram"),
    ("D2_put_before_lock", "kasan"),
    ("D5_global_bound", "kasan"),
    ("D15_rcu_across_scan", "lockdep"),
]


def told(name: str, form: str) -> str:
    """What replay prints, without what changes with every edit, nor how long it took."""
    said = StringIO()
    with redirect_stdout(said):
        assert main(["replay", str(DATA / f"{name}.json"), "--as", form]) == 0
    text = re.sub(r"\.py:\d+", ".py:N", said.getvalue())
    text = re.sub(r"slabrace \d\S*", "slabrace VERSION", text)
    return text.partition("\nObservation")[0]


@pytest.mark.parametrize(("name", "form"), GOLDEN)
def test_a_golden_schedule_reads_as_it_did(name: str, form: str) -> None:
    assert told(name, form) == (DATA / f"{name}.{form}.txt").read_text()


@pytest.mark.parametrize(("name", "form"), [each for each in GOLDEN if each[1] == "diagram"])
def test_no_line_of_a_diagram_is_wider_than_a_mail(name: str, form: str) -> None:
    assert max(len(line) for line in told(name, form).splitlines()) <= 72


@pytest.mark.parametrize(
    ("name", "form", "fit"),
    [
        ("D2_put_before_lock", "lockdep", "events, diagram, kasan"),
        ("A1_refcount_leak", "kasan", "events, diagram, lockdep"),
    ],
)
def test_a_law_that_a_form_cannot_tell_is_refused_with_those_that_fit(
    name: str, form: str, fit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(DATA / f"{name}.json"), "--as", form]) == 2
    assert capsys.readouterr().err.strip().endswith(f"Forms that fit: {fit}")


if __name__ == "__main__":
    for golden in GOLDEN:
        (DATA / ".".join((*golden, "txt"))).write_text(told(*golden))
