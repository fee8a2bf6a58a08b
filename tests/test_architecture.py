"""The walls of the house: who may import whom, and one door per power."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STOREYS = ("runtime", "actors", "scenarios")  # each may import itself and those before it

# "preemptions" is what the literature on bounded search counts, on any machine: it is ours too
KERNEL_WORDS = re.compile(
    r"\b(shrinkers?|slabs?|memcgs?|cgroups?|rcu|srcu|grace|rwsems?|mutex(es)?|spinlocks?|locks?|lockdep"
    r"|cpus?|kswapd|reclaim(ers?)?|kasan|kmalloc|kfree\w*|superblocks?|mounts?|umounts?|idr|lru"
    r"|list_lru|nr_deferred|kernels?|irqs?|softirqs?|preempt(?!ions?\b)\w*|ftrace|tracepoints?|vmscan)\b",
    re.IGNORECASE,
)


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


EVERY = [path for storey in STOREYS for path in files(storey)]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@functools.cache
def imports(path: Path, *, typing: bool = True) -> tuple[tuple[str, int], ...]:
    """Every module that is imported, and the line; without ``typing`` only at run time."""
    return tuple(imported(path, typing=typing))


def imported(path: Path, *, typing: bool) -> Iterator[tuple[str, int]]:
    skipped: set[int] = set()
    for node in ast.walk(tree(path)):
        if not typing and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            skipped |= {id(inner) for inner in ast.walk(node)}
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno}: relative import"
            yield str(node.module), node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def importers(module: str, *, typing: bool = False) -> set[str]:
    """Return who imports ``module``."""
    return {
        name(path)
        for path in EVERY
        for each, _ in imports(path, typing=typing)
        if each.split(".")[0] == module
    }


@pytest.mark.parametrize("storey", STOREYS)
def test_nothing_imports_upwards(storey: str) -> None:
    above = tuple(f"slabrace.{each}" for each in STOREYS[STOREYS.index(storey) + 1 :])
    found = [
        f"{name(path)}:{line} imports {each}"
        for path in files(storey)
        for each, line in imports(path)
        if above and each.startswith(above)
    ]
    assert found == []


def test_the_event_loop_has_one_door() -> None:
    assert importers("anyio") <= {"runtime/live.py", "scenarios/cli.py"}
    assert importers("trio") | importers("asyncio") <= {"scenarios/cli.py"}


def test_logging_has_one_door() -> None:
    assert importers("structlog", typing=True) <= {"runtime/log.py"}
    assert importers("logging", typing=True) == set()


def test_chance_has_one_door() -> None:
    found = importers("random") | importers("secrets") | importers("uuid")
    assert {each for each in found if not each.startswith("runtime/strategies/")} <= {
        "runtime/live.py"
    }


def test_actors_and_the_machine_know_no_threads() -> None:
    found = importers("threading", typing=True)
    assert {each for each in found if not each.startswith("scenarios/")} == set()


def test_only_the_hosts_turn_coroutines() -> None:
    """``x.send(value)`` on anything but oneself, ``coroutine.throw``: they alone."""
    found = set()
    for path in EVERY:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                receiver = ast.unparse(node.func.value)
                turns = node.func.attr == "throw" or (
                    node.func.attr == "send" and len(node.args) == 1 and not node.keywords
                )
                if turns and receiver != "self":
                    found.add(name(path))
    assert found <= {"runtime/engine.py", "runtime/live_turn.py", "runtime/timed.py"}


@pytest.mark.parametrize("path", files("actors"), ids=name)
def test_actors_use_nothing_that_varies_from_run_to_run(path: Path) -> None:
    found = [f"line {line}: imports {module}" for module, line in imports(path) if varies(module)]
    found += [f"line {line}: {what}" for what, line in variations(tree(path))]
    assert found == []


def varies(module: str) -> bool:
    root, *_ = module.split(".")
    return root in {"time", "datetime", "random", "os", "uuid", "threading"}


SETS = ("set(", "frozenset(")


def variations(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield calls of id() and hash(), and iterations over sets that are known to be sets."""
    sets = {
        ast.unparse(node.target)
        for node in ast.walk(module)
        if isinstance(node, ast.AnnAssign)
        and ast.unparse(node.annotation).startswith(("set[", "frozenset["))
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"id", "hash"}:
            yield f"calls {ast.unparse(node)}", node.lineno
        iterated = getattr(node, "iter", None)
        if isinstance(node, ast.For | ast.comprehension) and isinstance(iterated, ast.expr):
            text = ast.unparse(iterated)
            literal = isinstance(iterated, ast.Set | ast.SetComp)
            if literal or text.startswith(SETS) or text in sets:
                yield f"iterates over the set {text}; sort it", iterated.lineno


@pytest.mark.parametrize("path", files("runtime"), ids=name)
def test_the_runtime_knows_no_kernel_word(path: Path) -> None:
    found = [
        f"line {number}: {match[0]}"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in KERNEL_WORDS.finditer(line.replace("slabrace", ""))
    ]
    assert found == []


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_a_file_is_short_and_says_what_it_is(path: Path) -> None:
    limit = 400 if name(path) == "runtime/engine.py" else 300
    assert len(path.read_text().splitlines()) <= limit
    assert ast.get_docstring(tree(path)), "the head says what it is, and what it must not know"


def test_no_module_of_ours_hides_one_that_we_import() -> None:
    """Each file of ours has a name of its own among the standard modules."""
    standard = {"time", "queue", "random", "logging", "trace", "types", "typing", "enum", "signal"}
    absolute = {path.stem for path in EVERY} & standard
    assert absolute <= {"trace"}  # imported only as slabrace.runtime.trace


def test_a_plural_folder_has_its_protocol_beside_it() -> None:
    assert (ROOT / "runtime/strategies").is_dir()
    assert (ROOT / "runtime/strategy.py").is_file()
