"""Every known bug: a scenario that finds it, and a safe look-alike that stays silent.

A bug of the merged code runs on the version that has it, as it is; any other is a subclass that
overrides one verb. The numbers are those of kernel.md 6, the docstrings say where the bug was fixed
or who caught it. ``runs`` is the budget of the random walk, several times what it needed.
"""
