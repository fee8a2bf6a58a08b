"""The PNG of a race is the same picture, twice as fine."""

import builtins
import struct
from io import BytesIO
from typing import Any

import pytest
from tests.runtime.exporters.races import race, title

from slabrace.runtime.errors import UsageError
from slabrace.runtime.exporters import png, svg


@pytest.fixture
def _matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib, an extra, draws the PNG")


def written(*names: str) -> bytes:
    trace, violation, cause = race(*names)
    out = BytesIO()
    assert png.write(trace, violation, title, out, cause=cause) == []
    return out.getvalue()


@pytest.mark.usefixtures("_matplotlib")
def test_it_has_twice_the_pixels_of_the_svg() -> None:
    trace, violation, cause = race()
    picture = svg.drawn(trace, violation, title, cause=cause)
    width, height = struct.unpack(">II", written()[16:24])
    assert (width, height) == (2 * picture.width, 2 * picture.height)


@pytest.mark.usefixtures("_matplotlib")
def test_the_same_run_gives_the_same_bytes() -> None:
    assert written() == written()


@pytest.mark.usefixtures("_matplotlib")
@pytest.mark.parametrize("name", ["$\\frac{1}{0}$", "\u0b95 \U0001f4a9 漢", "\x00\x1b", "<b>&"])
def test_a_hostile_name_stays_text(name: str) -> None:
    assert written(name, "other").startswith(b"\x89PNG")


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def none(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", none)
    with pytest.raises(UsageError, match=r"slabrace\[pictures\].*svg"):
        written()
