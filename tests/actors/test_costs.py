"""Costs: a table with an origin for each number, read from TOML and from the command line."""

import dataclasses
from pathlib import Path

import pytest

from slabrace.actors.costs import Costs, origin, origins
from slabrace.runtime.errors import UsageError


def test_every_number_says_where_it_is_from() -> None:
    found = origins()
    assert list(found) == [each.name for each in dataclasses.fields(Costs)]
    for name, each in found.items():
        assert each.unit, name
        assert each.source, name
        assert each.meaning, name
    assert origin("jiffy").unit == "ns"


def test_nothing_costs_less_than_nothing() -> None:
    assert all(value >= 0 for value in dataclasses.asdict(Costs()).values())


def test_the_last_one_who_sets_a_cost_counts(tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"
    file.write_text("# mine\nhit = 3\nwalk = 1.5\n")
    assert Costs.of() == Costs()
    assert Costs.of(file) == dataclasses.replace(Costs(), hit=3, walk=1.5)
    assert Costs.of(file, ["hit=4", " hit = 5 "]) == dataclasses.replace(Costs(), hit=5, walk=1.5)


def test_what_is_not_the_default_is_told() -> None:
    assert Costs().changed() == {}
    assert Costs.of(settings=["walk=3.5", "hit=7"]).changed() == {"hit": 7, "walk": 3.5}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("hit", "'hit' is no cost: expected name=value"),
        ("hot=3", "there is no cost 'hot'; did you mean 'hit'"),
        ("hit=", "cost hit: '' is not a number of 0 or more"),
        ("hit=many", "cost hit: 'many' is not a number"),
        ("hit=-0.1", "cost hit: '-0.1' is not a number of 0 or more"),
        ("hit=nan", "cost hit: 'nan' is not a number"),
        ("hit=inf", "cost hit: 'inf' is not a number"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(setting: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        Costs.of(settings=[setting])
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hot = 3", "there is no cost 'hot'; did you mean 'hit'"),
        ("hit = true", "cost hit: True is not a number of 0 or more"),
        ('hit = "x"', "cost hit: 'x' is not a number"),
        ("hit = [1]", "cost hit: [1] is not a number"),
        ("hit = inf", "cost hit: inf is not a number"),
        ("[hit]\nns = 3", "cost hit: {'ns': 3} is not a number"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        Costs.of(file)
    assert str(raised.value).startswith(message)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    with pytest.raises(UsageError, match=r"cannot read .*none.toml: No such file"):
        Costs.of(missing)
    broken = tmp_path / "broken.toml"
    broken.write_text("hit = ")
    with pytest.raises(UsageError, match=r"broken.toml is no TOML: "):
        Costs.of(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"broken.toml is no TOML: "):
        Costs.of(broken)
