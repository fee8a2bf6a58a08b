"""`slabrace list`: every scenario there is, with its verdict and its parameters."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any

from slabrace.runtime.scenario import Scenario
from slabrace.scenarios.catalogue import Catalogue
from slabrace.scenarios.commands.options import Extras, Help
from slabrace.scenarios.commands.output import AsJson, columns, print_json

__all__ = ["list_scenarios"]


def list_scenarios(
    pattern: Annotated[str, Help("Only those whose name matches, for example 'A*'.")] = "*",
    /,
    *,
    extras: Extras | None = None,
    json: AsJson = False,
) -> int:
    """List the scenarios: name, kind, verdict; with one name, its parameters."""
    catalogue = Catalogue((extras or Extras()).plugins.scenarios)
    found = [scenario for scenario in catalogue if fnmatchcase(scenario.name, pattern)]
    if json:
        print_json([entry(scenario) for scenario in found])
        return 0
    rows = [(each.name, each.kind, each.verdict.value, each.summary) for each in found]
    print(columns([("NAME", "KIND", "VERDICT", ""), *rows]))
    if len(found) == 1:
        print(f"\n{found[0].doc}\n\n{parameters(found[0])}")
    else:
        print("\n`slabrace list NAME` shows the parameters of one.")
    return 0


def entry(scenario: Scenario) -> dict[str, Any]:
    """One element of the JSON array."""
    defaults = scenario.stored({})
    return {
        "name": scenario.name,
        "kind": scenario.kind,
        "bug": scenario.bug,
        "verdict": scenario.verdict.value,
        "doc": scenario.doc,
        "parameters": [
            {"name": name, "type": parameter.type_name, "default": defaults[name]}
            for name, parameter in scenario.parameters.items()
        ],
        "runs": scenario.runs,
        "laws": scenario.laws,
        "fixed": scenario.fixed,
    }


def parameters(scenario: Scenario) -> str:
    """The parameters of one scenario, as a table."""
    defaults = scenario.stored({})
    rows = [
        (f"--{name.replace('_', '-')}", parameter.type_name, f"default {defaults[name]}")
        for name, parameter in scenario.parameters.items()
    ]
    return columns(rows, indent="  ") or "  no parameters"
