"""What a story calls a function is the kernel's: our own verbs are listed, and only what exists."""

import ast
from pathlib import Path

from slabrace.actors.verbs import OURS

ACTORS = Path(__file__).parents[2] / "actors"


def test_every_verb_that_is_listed_exists() -> None:
    defined = {
        node.name
        for path in ACTORS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert sorted(OURS - defined) == []
