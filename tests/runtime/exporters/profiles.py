"""Profiles to export, made by hand."""

from slabrace.runtime.perf import Profile

__all__ = ["sample"]


def sample() -> Profile:
    """Two actors: in main, in two functions that it calls, and in none."""
    profile = Profile()
    main = profile.stack(("main",))
    main.service["b0"] = 5
    main.sleep["b0"] = 1_000  # no profiler sees it
    walk = profile.stack(("main", "walk"))
    walk.service["a0"] = 30
    walk.stall["a0"] = 12
    walk.service["b0"] = 7
    profile.stack(("main", "walk", "look")).stall["b0"] = 100
    profile.root.service["a0"] = 1
    return profile
