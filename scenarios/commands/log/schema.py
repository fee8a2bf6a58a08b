"""`slabrace log schema`: the published form of a line."""

from __future__ import annotations

from slabrace.runtime.log_types import json_schema
from slabrace.scenarios.commands.output import print_json

__all__ = ["schema"]


def schema() -> int:
    """Print the JSON Schema of a line."""
    print_json(json_schema())
    return 0
