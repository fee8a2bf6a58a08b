"""A scenario is a function, its typed parameters and its verdict."""

import enum
from typing import Literal

import pytest

from slabrace.runtime.errors import UsageError
from slabrace.runtime.scenario import NEVER, SOMETIMES, scenario
from slabrace.runtime.world import World


class Side(enum.Enum):
    LEFT = "left"
    RIGHT = "right"


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


@scenario(verdict=SOMETIMES, runs=7, law="a_law")
def sample(
    world: World,
    *,
    count: int = 3,
    share: float = 0.5,
    full: bool = False,
    label: str = "x",
    version: Literal["old", "new"] = "new",
    side: Side = Side.LEFT,
    level: Level = Level.LOW,
    limit: int | None = None,
) -> None:
    """Show one line.

    And more.
    """
    world.report = lambda: {"count": count, "side": side, "limit": limit}


def test_takes_its_name_and_text_from_the_function() -> None:
    assert (sample.name, sample.summary) == ("sample", "Show one line.")
    assert sample.doc.endswith("And more.")


def test_parameters_are_those_of_the_signature_in_its_order() -> None:
    types = {name: each.type_name for name, each in sample.parameters.items()}
    assert types == {
        "count": "int",
        "share": "float",
        "full": "bool",
        "label": "str",
        "version": "old|new",
        "side": "left|right",
        "level": "LOW|HIGH",
        "limit": "int|none",
    }


def test_build_populates_a_world_of_its_own() -> None:
    assert sample.build(count=5).report()["count"] == 5
    assert sample.build() is not sample.build()


def test_a_scenario_may_build_on_another() -> None:
    world = World()
    sample(world, side="right")
    assert world.report()["side"] is Side.RIGHT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("count=0x10", 16),
        ("count=-1", -1),
        ("share=2", 2.0),
        ("full=Yes", True),
        ("full=0", False),
        ("label=a=b", "a=b"),
        ("version=OLD", "old"),
        ("side=right", Side.RIGHT),
        ("level=high", Level.HIGH),
        ("limit=none", None),
        ("limit=4", 4),
    ],
)
def test_parse_reads_a_text_as_the_type_of_the_parameter(text: str, value: object) -> None:
    (parsed,) = sample.parse([text]).values()
    assert (type(parsed), parsed) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("count=many", "count=many: expected int, found 'many'"),
        ("share=half", "share=half: expected float, found 'half'"),
        ("full=maybe", "full=maybe: expected true|false, found 'maybe'"),
        ("limit=few", "limit=few: expected int|none, found 'few'"),
        ("version=od", "did you mean 'old'? Accepted: new, old"),
        ("side=up", "expected left|right, found 'up'"),
        ("cont=1", "has no parameter 'cont'; did you mean 'count'? Accepted: count, full"),
        ("count", "'count' is no setting: expected name=value"),
    ],
)
def test_parse_says_what_was_expected_and_found(text: str, told: str) -> None:
    with pytest.raises(UsageError) as raised:
        sample.parse([text])
    assert told in str(raised.value)


def test_the_last_setting_of_a_name_counts() -> None:
    assert sample.parse(["count=1", "count=2"]) == {"count": 2}


def test_what_is_stored_is_accepted_again() -> None:
    values = {"side": Side.RIGHT, "level": Level.HIGH, "limit": 9, "share": 1}
    stored = sample.stored(values)
    assert stored["side"] == "right"
    assert stored["level"] == "HIGH"
    assert sample.arguments(stored) == sample.arguments(values)


@pytest.mark.parametrize(("name", "value"), [("count", "3"), ("count", True), ("full", 1)])
def test_a_value_of_another_type_is_not_accepted(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"{name}="):
        sample.build(**{name: value})


def test_an_unknown_parameter_is_not_accepted() -> None:
    with pytest.raises(UsageError, match="did you mean 'count'"):
        sample.build(cuont=1)


def test_a_bug_is_one_because_it_names_its_bug() -> None:
    @scenario(verdict=SOMETIMES, bug="A1", name="A1_leak")
    def leak(world: World) -> None:
        """Leak."""

    assert (leak.name, leak.kind, leak.bug) == ("A1_leak", "bug", "A1")


def test_the_world_must_come_first() -> None:
    with pytest.raises(UsageError, match="the first parameter must be `world: World`"):

        @scenario(verdict=NEVER)
        def worldless() -> None:
            """Nowhere."""


def test_a_parameter_must_have_a_default() -> None:
    with pytest.raises(UsageError, match="'size' must be keyword-only and have a default"):

        @scenario(verdict=NEVER)
        def undecided(world: World, size: int) -> None:
            """Say nothing of size."""


def test_a_parameter_must_have_a_type_that_can_be_typed() -> None:
    with pytest.raises(UsageError, match="accepted are bool, int, float, str, Literal, Enum"):

        @scenario(verdict=NEVER)
        def listed(world: World, *, sizes: list[int] | None = None) -> None:
            """Take a list."""


def test_a_parameter_without_a_type_has_that_of_its_default() -> None:
    @scenario(verdict=NEVER)
    def untyped(world, *, size=3):  # type: ignore[no-untyped-def]
        """Leave the types out."""

    assert untyped.parse(["size=4"]) == {"size": 4}
