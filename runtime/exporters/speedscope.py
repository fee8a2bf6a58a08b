"""Speedscope: a profile as https://www.speedscope.app opens it, one for each actor.

A profile is a sum, not a recording: each stack is one sample that weighs what it cost, stalls
included, callers before callees. Look at it as "left heavy" or "sandwich"; the order in which the
samples stand is not that in which anything happened.

Source: speedscope, src/lib/file-format-spec.ts ("sampled").
"""

from __future__ import annotations

from typing import Any, Final

from slabrace.runtime.perf import UNKNOWN, Profile

__all__ = ["SCHEMA", "document"]

SCHEMA: Final = "https://www.speedscope.app/file-format-schema.json"


def document(profile: Profile, name: str, exporter: str) -> dict[str, Any]:
    """The file, as JSON has it."""
    frames: dict[str, int] = {}
    profiles = []
    for actor in profile.actors():
        samples: list[list[int]] = []
        weights: list[int] = []
        for stack in profile.stacks():
            own = stack.own(actor)
            if own:
                called = stack.symbols or (UNKNOWN,)
                samples.append([frames.setdefault(each, len(frames)) for each in called])
                weights.append(own)
        if samples:
            profiles.append(
                {
                    "type": "sampled",
                    "name": actor,
                    "unit": "nanoseconds",
                    "startValue": 0,
                    "endValue": sum(weights),
                    "samples": samples,
                    "weights": weights,
                }
            )
    return {
        "$schema": SCHEMA,
        "name": name,
        "exporter": exporter,
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": each} for each in frames]},
        "profiles": profiles,
    }
