"""Canvas: where commands draw with Matplotlib, which is an extra.

The same drawing is the same file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from slabrace.runtime.errors import UsageError

__all__ = ["canvas", "save"]

FORMATS: Final = (".png", ".svg")


def canvas(path: Path, name: str) -> Any:
    """Matplotlib's pyplot, without a display, where ``path`` can be drawn to and it is installed.

    ``name`` is what ids in an SVG are made from.
    """
    if path.suffix not in FORMATS:
        raise UsageError(f"cannot draw {path}: expected a name that ends in .svg or .png")
    try:
        import matplotlib as mpl  # an extra

        mpl.use("agg")
        mpl.rcParams["svg.hashsalt"] = name
        from matplotlib import pyplot as plt  # an extra
    except ImportError as error:
        raise UsageError(
            "--plot needs Matplotlib: pip install 'slabrace[cost]', or pip install matplotlib"
        ) from error
    return plt


def save(figure: Any, path: Path) -> None:
    """Write ``figure``, without the date at which that was."""
    try:
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
