"""Worlds that a test populates and does not turn are let go of afterwards."""

from collections.abc import Iterator

import pytest
from tests.actors.laboratory import BOOTED

from slabrace.runtime.scenario import abandon


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    yield
    while BOOTED:
        abandon(BOOTED.pop())
