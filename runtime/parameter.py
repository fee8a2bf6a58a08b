"""Parameter: one typed knob of a scenario, and how a person's text becomes its value.

The signature is the only declaration: ``def lost_bit(world: World, *, writers: int = 1)``.
Accepted types are bool, int, float, str, Literal, Enum, and any of them ``| None``. What a value is
written as on the command line is what `list` prints and what a schedule or a log stores, so
each reads what the other wrote.

This file knows no scenario: it says what is wrong with a value, and the caller says whose it is.
"""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from slabrace.runtime.errors import UsageError, nearest

__all__ = ["Parameter", "parameters_of"]

NONE = "none"
WORDS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip

Value = bool | int | float | str | None


class Parameter(msgspec.Struct, frozen=True):
    """Name, type, default; ``choices`` if the accepted values can be counted."""

    name: str
    type: Any
    default: Any
    optional: bool = False

    @property
    def choices(self) -> dict[str, Any]:
        """Written form -> value, for a Literal or an Enum; else empty."""
        if get_origin(self.type) is Literal:
            return {str(option): option for option in get_args(self.type)}
        if isinstance(self.type, type) and issubclass(self.type, enum.Enum):
            return {str(written(member)): member for member in self.type}
        return {}

    @property
    def type_name(self) -> str:
        """The type as a person reads it: ``int``, ``red|green``, ``str|none``."""
        name = "|".join(self.choices) or str(self.type.__name__)
        return name + self._or_none

    def parse(self, text: str) -> Any:
        """The value that ``text`` stands for."""
        if self.optional and text.lower() == NONE:
            return None
        if self.choices:
            return self._one_of(text)
        if self.type is bool:
            if text.lower() in WORDS:
                return WORDS[text.lower()]
            raise self._wrong(text, "true|false" + self._or_none)
        if self.type is str:
            return text
        try:
            return int(text, 0) if self.type is int else float(text)
        except ValueError:
            raise self._wrong(text, self.type_name) from None

    def accept(self, value: Any) -> Any:
        """``value`` as the scenario wants it; what was stored by `written` is read back."""
        if value is None and self.optional:
            return None
        if self.choices:
            return value if value in self.choices.values() else self._one_of(str(value))
        if self.type is float and type(value) is int:
            return float(value)
        if type(value) is not self.type:
            raise self._wrong(value, self.type_name)
        return value

    def _one_of(self, text: str) -> Any:
        for name, value in self.choices.items():
            if name.lower() == text.lower():
                return value
        raise self._wrong(text, self.type_name)

    @property
    def _or_none(self) -> str:
        return f"|{NONE}" if self.optional else ""

    def _wrong(self, found: object, expected: str) -> UsageError:
        near = f"; {nearest(str(found), self.choices)}" if self.choices else ""
        return UsageError(f"{self.name}={found}: expected {expected}, found {found!r}{near}")


def written(value: Any) -> Value:
    """``value`` as it is stored; an Enum by its value if that is a text, else by its name."""
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    plain: Value = value
    return plain


def parameters_of(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters that the signature of ``function`` declares, after the world."""
    name = function.__name__
    declared = list(inspect.signature(function).parameters.values())
    if not declared or declared[0].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        raise UsageError(f"scenario {name}: the first parameter must be `world: World`")
    parameters = {}
    for each in declared[1:]:
        if each.kind is not each.KEYWORD_ONLY or each.default is each.empty:
            raise UsageError(
                f"scenario {name}: parameter {each.name!r} must be keyword-only and have a "
                f"default: def {name}(world: World, *, {each.name}: int = 1)"
            )
        parameters[each.name] = _parameter(function, each)
    return parameters


def _parameter(function: Callable[..., Any], declared: inspect.Parameter) -> Parameter:
    """Resolve the annotation of one parameter; the others (the world's) need not be importable."""
    lone = types.SimpleNamespace(__annotations__={"it": declared.annotation})
    annotation = (
        type(declared.default)
        if declared.annotation is declared.empty
        else get_type_hints(lone, globalns=function.__globals__)["it"]
    )
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not types.NoneType]
        optional = len(members) < len(get_args(annotation))
        annotation = members[0] if len(members) == 1 else object
    parameter = Parameter(declared.name, annotation, declared.default, optional)
    if not parameter.choices and annotation not in (bool, int, float, str):
        raise UsageError(
            f"scenario {function.__name__}: parameter {declared.name!r} has type "
            f"{declared.annotation}; accepted are bool, int, float, str, Literal, Enum, or one of "
            "them | None"
        )
    return parameter
