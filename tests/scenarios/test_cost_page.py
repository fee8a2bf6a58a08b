"""docs/cost.md says what the costs are: a default that changes takes the page along."""

from __future__ import annotations

from pathlib import Path

import pytest

from slabrace.actors.costs import Costs, origins

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"


@pytest.mark.parametrize("name", origins())
def test_the_page_has_every_cost_with_its_unit_and_source(name: str) -> None:
    origin = origins()[name]
    row = (
        f"| `{name}` | {getattr(Costs(), name):g} | {origin.unit} | {origin.meaning} "
        f"| {origin.source} |"
    )
    assert row in PAGE.read_text(encoding="utf-8").splitlines()
