"""What a bound says: a value, the gate that attains it, what binds, and what it would be worth to relax it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gatesim.gates.bounds.frontier import BLOCKED
from gatesim.gates.bounds.mixture import Mixture, amounts, chosen
from gatesim.gates.bounds.program import Program
from gatesim.gates.bounds.standards import Standard

if TYPE_CHECKING:
    from gatesim.gates.bounds.deterministic import Interval
    from gatesim.gates.bounds.verify import Verification

Question = Literal["most_served", "least_leak"]

REFUSE = "block"


class Price(NamedTuple):
    """What a constraint is worth: the derivative of a bound's value by the constraint's right-hand side.

    Attributes
    ----------
    constraint
        Kind of a standard, ``floor`` or ``desk``.
    at
        The right-hand side: a limit, the floor, the reviews possible.
    down, up
        Derivative to the left and to the right; None where there is nothing on that side.
    low, high
        Right-hand sides between which the same rows change: there the prices hold (for a leak share, and for a
        least leak share, the derivative itself still varies smoothly). None: without end.
    """

    constraint: str
    at: float
    down: float | None
    up: float | None
    low: float | None
    high: float | None


class Owners(NamedTuple):
    """Needs on accounts of some owners under the gate that attains a bound; what is open is not among them.

    Attributes
    ----------
    entitled, restricted
        Needs.
    served, leaks
        Those that are served.
    """

    entitled: float
    restricted: float
    served: float
    leaks: float


class TableRow(NamedTuple):
    """A row of a bound's table.

    Attributes
    ----------
    where
        What the row is: axis -> value.
    actions
        Action -> share of the row's needs with which it is taken.
    entitled, restricted
        Needs in the row.
    served, leaks
        Entitled and restricted needs that are served.
    """

    where: Mapping[str, str]
    actions: Mapping[str, float]
    entitled: float
    restricted: float
    served: float
    leaks: float


@dataclass(frozen=True)
class Duals:
    """The prices with which a bound is proved: see `gatesim.gates.bounds.verify`.

    Attributes
    ----------
    standards
        For each standard the entitled needs served that a unit of its linear right-hand side is worth.
    floor
        Leaks (or, for a least share, leaks less the share's part) that an entitled need of the floor costs.
    review
        What a review is worth, in entitled needs served or in leaks.
    """

    standards: tuple[float, ...] = ()
    floor: float = 0.0
    review: float = 0.0


@dataclass(frozen=True, eq=False)
class Bound:
    """The answer of a program to a question.

    Attributes
    ----------
    program
        The program.
    question
        ``most_served`` within the standards, or ``least_leak`` at the floor.
    standards
        The limits (empty for the least leak).
    leak
        For the least leak which ratio: ``leak_rate``, ``leak_share`` or ``leak_count``; else empty.
    floor
        The least share of entitled needs to serve; None where none was asked for.
    value
        The most share of entitled needs served, or the least leak ratio (or count). None where it is undefined or
        nothing is within the standards: ``note`` says which.
    served, leaks, reviews
        Entitled needs served, leaks, and reviews made by the gate that attains it.
    binding
        What stops it from being better: kinds of standards, ``floor``, ``desk``; empty where nothing does.
    prices
        What each constraint is worth.
    duals
        The prices of the proof.
    mixture
        The gate that attains it, on request: tables and their probabilities.
    note
        In words, why there is no value.
    """

    program: Program
    question: Question
    standards: tuple[Standard, ...]
    leak: str
    floor: float | None
    value: float | None
    served: float
    leaks: float
    reviews: float
    binding: tuple[str, ...]
    prices: tuple[Price, ...]
    duals: Duals
    mixture: Callable[[], Mixture] = field(repr=False)
    note: str = ""

    @property
    def scope(self) -> str:
        """In words: which gates it is about, and under what assumptions."""
        return self.program.scope

    @property
    def served_entitled(self) -> float | None:
        """Share of entitled needs served by the gate that attains it; None where there are none."""
        return _ratio(self.served, self.program.entitled)

    @property
    def leak_rate(self) -> float | None:
        """Its leaks for each restricted need; None where there are none."""
        return _ratio(self.leaks, self.program.restricted)

    @property
    def leak_share(self) -> float | None:
        """Its leaks for each served need; None where nothing is served."""
        return _ratio(self.leaks, self.served + self.leaks)

    @cached_property
    def verification(self) -> Verification | None:
        """The proof without the solver, in exact fractions; None where there is no value."""
        from gatesim.gates.bounds.verify import verify

        return None if self.value is None else verify(self)

    @cached_property
    def deterministic(self) -> Interval | None:
        """Between what numbers the best gate lies that does the same with all needs of a row."""
        from gatesim.gates.bounds.deterministic import interval

        return None if self.value is None else interval(self)

    def to_dict(self) -> dict[str, object]:
        """As JSON has it: the answer and its proof, without the table."""
        proof, single = self.verification, self.deterministic
        return {
            "bound": self.program.name,
            "reading": self.program.reading,
            "question": self.question,
            "standards": [{"kind": each.kind, "limit": each.limit} for each in self.standards],
            "leak": self.leak or None,
            "floor": self.floor,
            "value": self.value,
            "served_entitled": self.served_entitled,
            "leak_rate": self.leak_rate,
            "leak_share": self.leak_share,
            "leaks": self.leaks,
            "reviews": self.reviews,
            "binding": list(self.binding),
            "prices": [price._asdict() for price in self.prices],
            "deterministic": None
            if single is None
            else {"found": single.found, "limit": single.limit, "exact": single.exact},
            "proof": None
            if proof is None
            else {"holds": proof.holds, "gap": float(proof.gap), "proved": float(proof.proved)},
            "told_apart": list(self.program.told_apart),
            "scope": self.scope,
            "note": self.note,
        }

    def by_owner(self) -> dict[str, Owners]:
        """Who is served and who leaks, by the segment of the account's owner (for B by those not told apart)."""
        found: dict[str, NDArray[np.float64]] = {}
        tables = self.mixture()
        first = 0
        for part in self.program.parts:
            sums = np.zeros((4, len(part.owners)))
            sums[0], sums[1] = part.entitled.sum(axis=0), part.restricted.sum(axis=0)
            for weight, choice in tables:
                rows, options = chosen(part, choice[first : first + len(part)])
                sums[2] += weight * (part.entitled[rows] * part.passes[options]).sum(axis=0)
                sums[3] += weight * (part.restricted[rows] * part.passes[options]).sum(axis=0)
            for name, column in zip(part.owners, sums.T, strict=True):
                found[name] = found.get(name, np.zeros(4)) + column
            first += len(part)
        return {name: Owners(*column.tolist()) for name, column in found.items()}

    def table(self) -> tuple[TableRow, ...]:
        """What the gate that attains it does in each row."""
        program = self.program
        tables = self.mixture()
        sums = [(table.weight, *amounts(program, table.choice)[:2]) for table in tables]
        found = []
        first = 0
        for part in program.parts:
            for row in range(len(part)):
                number = first + row
                actions: dict[str, float] = {}
                for table in tables:
                    option = int(table.choice[number])
                    name = REFUSE if option == BLOCKED else program.options[option]
                    actions[name] = actions.get(name, 0.0) + table.weight
                found.append(
                    TableRow(
                        part.describe(row),
                        actions,
                        float(part.entitled[row].sum()),
                        float(part.restricted[row].sum()),
                        float(np.sum([weight * served[number] for weight, served, _ in sums])),
                        float(np.sum([weight * leaks[number] for weight, _, leaks in sums])),
                    )
                )
            first += len(part)
        return tuple(found)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
