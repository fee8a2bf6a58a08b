"""Every known bug: a scenario that finds it, and a safe look-alike that stays silent.

A bug of the merged code runs on the version that has it, as it is; any other is a subclass that
overrides one verb. The numbers are those of kernel.md 6, the docstrings say where the bug was fixed
or who caught it. ``runs`` is the budget of the random walk, several times what it needed.
"""

from typing import Final

__all__ = ["NOT_HERE"]

NOT_HERE: Final = {
    "A13": "no bug but a warning about a legal state: a parent's count may be below zero while a "
    "child is not spliced yet. tests/actors/test_benign.py sees to it that nothing flags it.",
    "B17": "list corruption in deferred_split_scan() (-next, 2019). The lists are the queues of "
    "huge pages, which are no part of the model, and what is published names the symptom and no "
    "interleaving: a queue made for it would show what was put into it. Its kind, a list that is "
    "changed under another list's lock, is suspect L5 on the list_lrus.",
}
"""Rows of kernel.md 6.A to 6.D that have no scenario, and why."""
