"""Delay policy: which messages are held back, and for how long.

    --delay "from=client* to=server message=Load for=1..200 p=0.5"
    --delay "to=counter for=5us"       --delay "message=Load,for=exp:20us"

``from``, ``to`` and ``message`` are patterns (``*``, ``?``, ``[..]``) for the sender, the addressee
and the class of a message; what is not given is ``*``. ``for`` says how long: a number of picks or
a virtual time (ns, us, ms, s), fixed, uniform between two (``1..200``), exponential around a mean
(``exp:20us``) or lognormal around a median with a sigma (``lognormal:20us/0.5``). ``p`` is the
probability that a message that fits is held at all.

Who holds is the engine's wrapper (delay.py), the timed host (held_up.py) or the live host.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING, Final

from slabrace.runtime.errors import UsageError, nearest

if TYPE_CHECKING:
    from slabrace.runtime.message import Envelope

__all__ = ["Delay", "Policies", "Span"]

UNITS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
KEYS: Final = ("from", "to", "message", "for", "p")
SPAN: Final = re.compile(
    r"(exp:|lognormal:)?(\d+)(ns|us|ms|s)?(?:\.\.(\d+)(ns|us|ms|s)?)?(?:/(\d+(?:\.\d+)?))?"
)


@dataclass(frozen=True)
class Span:
    """How long: ``low`` to ``high`` picks or nanoseconds, or drawn around ``low``.

    ``sigma`` is that of the logarithm: the distribution is lognormal, and ``low`` its median.
    """

    low: int
    high: int
    timed: bool
    exponential: bool = False
    sigma: float | None = None

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read ``20``, ``1..50``, ``5us``, ``1us..3ms``, ``exp:20us``, ``lognormal:20us/0.5``."""
        found = SPAN.fullmatch(text)
        if found is None:
            raise UsageError(
                f"cannot read for={text!r}: expected a number of picks (20), a virtual time (5us; "
                "ns, us, ms or s), a range of either (1..200, 5us..3ms), a mean (exp:20us) or a "
                "median and a sigma (lognormal:20us/0.5)"
            )
        drawn, low, low_unit, high, high_unit, sigma = found.groups()
        if (drawn == "lognormal:") != (sigma is not None):
            raise UsageError(
                f"cannot read for={text!r}: a lognormal has a median and a sigma, "
                "as in lognormal:20us/0.5, and nothing else has a sigma"
            )
        if high is None:
            high, high_unit = low, low_unit
        elif drawn:
            kind = "an exponential has a mean" if drawn == "exp:" else "a lognormal has a median"
            raise UsageError(f"cannot read for={text!r}: {kind}, not a range")
        if (low_unit is None) != (high_unit is None) and not (low_unit is None and low == "0"):
            raise UsageError(
                f"cannot read for={text!r}: one end is a number of picks and the other a time"
            )
        span = cls(
            int(low) * UNITS[low_unit or "ns"],
            int(high) * UNITS[high_unit or "ns"],
            timed=high_unit is not None,
            exponential=drawn == "exp:",
            sigma=float(sigma) if sigma is not None else None,
        )
        if span.low > span.high:
            raise UsageError(f"cannot read for={text!r}: the range is empty")
        return span

    def draw(self, random: Random) -> int:
        """One value, in nanoseconds or picks."""
        if self.exponential:
            return round(random.expovariate(1 / self.low)) if self.low else 0
        if self.sigma is not None:
            return round(random.lognormvariate(math.log(self.low), self.sigma)) if self.low else 0
        return self.low if self.low == self.high else random.randint(self.low, self.high)


@dataclass(frozen=True)
class Delay:
    """One policy: which messages are held, for how long, how probably. ``text`` is as typed."""

    sender: str
    addressee: str
    message: str
    span: Span
    probability: float
    text: str

    @classmethod
    def parse(cls, text: str) -> Delay:
        """Read ``key=value`` pairs, separated by spaces or commas."""
        values: dict[str, str] = {}
        for pair in re.split(r"[\s,]+", text.strip(" ,\t\n")):
            key, equals, value = pair.partition("=")
            if not equals or not value:
                raise UsageError(
                    f"cannot read {pair!r} in the delay {text!r}: expected key=value pairs, as in "
                    f'"from=a* message=Load for=1..20 p=0.5"; {nearest(key, KEYS)}'
                )
            if key not in KEYS:
                raise UsageError(f"unknown key {key!r} in the delay {text!r}; {nearest(key, KEYS)}")
            if key in values:
                raise UsageError(f"{key!r} stands twice in the delay {text!r}; use two delays")
            values[key] = value
        if "for" not in values:
            raise UsageError(f"the delay {text!r} does not say for how long: add for=20 or for=5us")
        return cls(
            values.get("from", "*"),
            values.get("to", "*"),
            values.get("message", "*"),
            Span.parse(values["for"]),
            probability(values.get("p", "1")),
            text,
        )

    def fits(self, envelope: Envelope) -> bool:
        """Whether this policy speaks of ``envelope``."""
        return (
            fnmatchcase(type(envelope.message).__name__, self.message)
            and fnmatchcase(envelope.sender.label, self.sender)
            and fnmatchcase(envelope.addressee.label, self.addressee)
        )

    def __str__(self) -> str:
        return self.text


def probability(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"cannot read p={text!r}: expected a probability from 0 to 1, as in p=0.3")
    return value


class Policies:
    """What several policies say about one message, drawn from one generator."""

    def __init__(self, policies: Sequence[Delay], seed: int = 0) -> None:
        self.policies = tuple(policies)
        self.seed = seed
        self.begin(0)

    def begin(self, run: int) -> None:
        """Run number ``run`` begins: same seed and number, same delays."""
        self._random = Random((self.seed << 40) + run)
        self._fitting: dict[tuple[str, str, type], tuple[Delay, ...]] = {}

    def hold(self, envelope: Envelope) -> tuple[int, bool] | None:
        """For how long, and whether that is a time; None to let it go. The first to hold counts."""
        key = (envelope.sender.label, envelope.addressee.label, type(envelope.message))
        fitting = self._fitting.get(key)
        if fitting is None:
            fitting = tuple(policy for policy in self.policies if policy.fits(envelope))
            self._fitting[key] = fitting
        for policy in fitting:
            if policy.probability == 1 or self._random.random() < policy.probability:
                drawn = policy.span.draw(self._random)
                return (drawn, policy.span.timed) if drawn else None
        return None
