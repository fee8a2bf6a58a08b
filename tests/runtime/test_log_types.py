"""The types of a log's lines: the published schema is theirs, and what is written fits it."""

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from slabrace.runtime import campaign
from slabrace.runtime.log import EventLog
from slabrace.runtime.log_types import json_schema
from slabrace.scenarios.scripts import from_path

ROOT = Path(__file__).parents[2]
script = from_path(ROOT / "tests" / "data" / "lost_update.py")
validator = jsonschema.Draft202012Validator(json_schema())

DELIVERY: dict[str, Any] = {
    "run": "r", "step": 1, "vt": 1000, "event": "deliver", "actor": "a", "to": "b",
    "message": "Load()", "type": "Load", "answer": 0, "writes": False, "cause": 0,
    "clock": {"a": 1},
}  # fmt: skip


def lines_of(path: Path, host: str = "engine") -> list[Any]:
    with EventLog(path, {"scenario": "lost_update", "host": host}, state=True) as log:
        campaign.run(script.lost_update, host=host, log=log, runs=20)
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def test_the_published_schema_is_that_of_the_types() -> None:
    published = (ROOT / "docs" / "slabrace.log-2.schema.json").read_bytes()
    assert msgspec.json.decode(published) == json_schema(), (
        "write it anew: slabrace log schema > docs/slabrace.log-2.schema.json"
    )


def test_the_published_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("host", ["engine", "trio"])
def test_every_line_that_is_written_fits(tmp_path: Path, host: str) -> None:
    lines = lines_of(tmp_path / "log", host)
    assert len(lines) > 100
    for line in lines:
        validator.validate(line)


@pytest.mark.parametrize(
    "change", [{"step": -1}, {"clock": {"a": "1"}}, {"cause": None}, {"event": 7}, {"to": None}]
)
def test_a_line_that_is_not_as_it_should_be_does_not_fit(change: dict[str, Any]) -> None:
    validator.validate(DELIVERY)
    assert not validator.is_valid(DELIVERY | change)


@pytest.mark.parametrize("name", ["message", "clock", "cause", "run", "vt"])
def test_a_delivery_lacks_nothing(name: str) -> None:
    assert not validator.is_valid({k: v for k, v in DELIVERY.items() if k != name})
