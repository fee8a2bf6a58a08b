"""docs/recipes.md is true: its files are written, its commands run, and what it shows is said."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import slabrace

RECIPES = Path(__file__).parents[1] / "docs" / "recipes.md"
PLUGIN = (
    "" if entry_points(group="pytest11", name="slabrace") else "-p slabrace.runtime.pytest_plugin "
)
FENCE = re.compile(r"(?:`(?P<name>[\w./-]+)`:\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)


@dataclass
class Command:
    """A line after ``$``, the exit code it is to have, and lines that it is to say, in order."""

    line: str
    code: int = 0
    says: list[str] = field(default_factory=list)


def commands(text: str) -> list[Command]:
    found: list[Command] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            command, _, comment = line.removeprefix("$ ").partition("    # exit ")
            found.append(Command(command, int(comment or 0)))
        elif line:
            found[-1].says.append(line)
    return found


def install(folder: Path) -> None:
    """Do what installing the distribution of pyproject.toml would do for its entry points."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = [
        "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in points.items())])
        for group, points in groups
    ]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]))


def check(command: Command, folder: Path) -> None:
    """Run it as a person in that folder would."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, module in {"slabrace": "slabrace", "pytest": f"pytest {PLUGIN}"}.items():
        script = folder / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join([str(folder), str(Path(slabrace.__file__).parents[1])])
    environment = os.environ | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": path,
    }
    done = subprocess.run(
        ["sh", "-c", command.line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    told = f"$ {command.line}\n{done.stdout}{done.stderr}"
    assert done.returncode == command.code, told
    at = 0
    for line in command.says:
        at = done.stdout.find(line, at)
        assert at >= 0, f"expected {line!r} in\n{told}"
        at += len(line)


def test_every_file_and_command_of_the_recipes_works(tmp_path: Path) -> None:
    ran = 0
    for block in FENCE.finditer(RECIPES.read_text()):
        if block["name"]:
            (tmp_path / block["name"]).write_text(block["text"])
            if block["name"] == "pyproject.toml":
                install(tmp_path)
        elif block["kind"] == "console":
            for command in commands(block["text"]):
                check(command, tmp_path)
                ran += 1
    assert ran > 10


def test_a_recipe_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="expected 'no such thing' in"):
        check(Command("slabrace --version", says=["no such thing"]), tmp_path)
