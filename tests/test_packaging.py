"""The package as it is installed: links, console script, wheel, lock files."""

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import slabrace

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("actors", "runtime", "scenarios")
LOCKS = ("requirements/runtime.txt", "requirements/dev.txt")

PACKAGE_HOST = re.compile(r"--(?:extra-)?index-url[ =]\w|--find-link[s] |://[^/]+/simple/")
MACHINE_PATH = re.compile(r"/(?:root|home/\w+|Users/\w+)/")


def output(*command: str | Path, cwd: Path = ROOT) -> str:
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def tracked_files() -> list[Path]:
    """Return what a commit of the tree as it stands would hold."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = output("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    paths = [ROOT / name for name in names.split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def modules(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}


@pytest.mark.parametrize("folder", FOLDERS)
def test_link_leads_to_the_folder_at_the_top(folder: str) -> None:
    link = ROOT / "src" / "slabrace" / folder
    assert link.is_symlink(), f"{link} must be a link: check out with core.symlinks=true"
    assert link.readlink() == Path("../..") / folder
    assert (link / "__init__.py").samefile(ROOT / folder / "__init__.py")


@pytest.mark.parametrize("command", ["slabrace", "python -m slabrace"])
def test_command_answers_version(command: str, tmp_path: Path) -> None:
    if command == "slabrace":
        words: list[str | Path] = [Path(sysconfig.get_path("scripts"), "slabrace")]
    else:
        words = [sys.executable, "-m", "slabrace"]
    assert slabrace.__version__ in output(*words, "--version", cwd=tmp_path)


def test_wheel_built_from_sdist_holds_every_module_once(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build", "--directory", tmp_path)
    output(*build, "--target", "sdist")
    (archive,) = tmp_path.glob("*.tar.gz")
    output(sys.executable, "-m", "tarfile", "--extract", archive, tmp_path)  # 3.11.2 has no filter
    output(*build, "--target", "wheel", cwd=tmp_path / archive.name.removesuffix(".tar.gz"))

    expected = {"slabrace/__init__.py", "slabrace/__main__.py", "slabrace/py.typed"}
    for folder in FOLDERS:
        expected |= {f"slabrace/{folder}/{module}" for module in modules(ROOT / folder)}
    (wheel,) = tmp_path.glob("*.whl")
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert sorted(name for name in names if name.endswith((".py", ".typed"))) == sorted(expected)
    assert {name.split("/")[0] for name in names} == {"slabrace"}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_and_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    requirements = [line for line in lines if not line.startswith(" ")]
    assert all(re.match(r"[\w.-]+==\S+ ", line) for line in requirements)
    logical = text.replace("\\\n", " ")
    hashed = re.findall(r"^[\w.-]+==.* --hash=sha256:", logical, flags=re.MULTILINE)
    assert len(hashed) == len(requirements)


def test_runtime_lock_is_part_of_the_dev_lock() -> None:
    runtime, dev = (
        set(re.findall(r"^[\w.-]+==[^\s;]+", (ROOT / lock).read_text(), flags=re.MULTILINE))
        for lock in LOCKS
    )
    assert runtime < dev


def test_no_tracked_file_names_a_package_host_or_a_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked_files()
        for pattern in (PACKAGE_HOST, MACHINE_PATH)
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
    assert not (ROOT / "uv.lock").exists()
