"""What can be moved on the page: the numbers of a scenario that analysts ask about, each with its range and source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter

from gatesim.law.law import counted_apart
from gatesim.measures.judgement import RATIOS
from gatesim.measures.verdict import first_order
from gatesim.measures.wording import order_name
from gatesim.scenario import Loaded, rests_on
from gatesim.scenario.assumptions import TIMES, Patterns
from gatesim.scenario.errors import KeyPath, dotted
from gatesim.scenario.parameter import Parameter
from gatesim.scenario.people import Segment
from gatesim.scenario.schema import Assumption, Scenario
from gatesim.scenario.signals import WORDS
from gatesim.scenario.types import DAY, FOREVER, HOUR

ASKED, ACCURACY, COVERAGE, VPN, DOCUMENTS, STAFF = (
    "asked",
    "accuracy",
    "coverage",
    "vpn",
    "documents",
    "staff",
)

GROUPS = {
    ASKED: "What is asked",
    ACCURACY: "Accuracy of signals",
    COVERAGE: "Coverage of signals",
    VPN: "VPN use",
    DOCUMENTS: "Documents and checks",
    STAFF: "Staff",
}
"""Groups of levers, in the order of the page."""

LIMIT, FLOOR, READING, RATIO, ORDER = "limit", "floor", "reading", "ratio", "order"

LEAST_LIMIT = 1e-5
"""Above zero, the least limit that a slider offers."""

ASSUMED_LIMIT = 0.001
"""The limit that the page begins with where the order's standard is no leak ratio; a choice, and shown as one."""

_PLAUSIBLE = "the plausible range"

_BEYOND = 10
"""So many times beyond what is plausible counts and durations go."""


@dataclass(frozen=True)
class Lever:
    """A number that can be moved, or several that move together.

    Attributes
    ----------
    name
        Its name in the page's address.
    group
        One of `GROUPS`.
    label
        What it is, in words.
    about
        Whom or what it is about, where the label alone does not say; may be empty.
    parameter
        The values it stands for, what is known about them, the plausible range. No values where it only asks, and
        the scenario has no such number.
    base
        The value that the scenario has.
    limits
        The hard limits.
    is_share
        Whether it is a share or a probability, shown in percent.
    is_log
        Whether its slider goes by factors.
    sources, note
        From the assumption.
    reach
        Share of accounts that it concerns; levers of a group stand in this order.
    """

    name: str
    group: str
    label: str
    about: str
    parameter: Parameter
    base: float
    limits: tuple[float, float]
    is_share: bool = True
    is_log: bool = False
    sources: tuple[str, ...] = ()
    note: str = ""
    reach: float = 1.0

    @property
    def has_range(self) -> bool:
        """Whether a plausible range is known, not only hard limits."""
        return self.parameter.why == _PLAUSIBLE

    @property
    def ends(self) -> tuple[float, float]:
        """How far a slider goes beyond the plausible range: to the hard limits, unless these are far away."""
        if self.is_share:
            return self.limits
        return self.limits[0], min(self.limits[1], max(self.parameter.high, self.base) * _BEYOND)

    def allows(self, value: float) -> bool:
        """Whether a value is within the hard limits, and whole where it has to be."""
        return self.limits[0] <= value <= self.limits[1] and (
            not self.parameter.whole or value == round(value)
        )

    def is_plausible(self, value: float) -> bool:
        """Whether a value is within the plausible range, where one is known."""
        return not self.has_range or self.parameter.low <= value <= self.parameter.high


def levers_of(loaded: Loaded) -> tuple[Lever, ...]:
    """The levers of a scenario, by group.

    Parameters
    ----------
    loaded
        The scenario; it has at least one order.

    Returns
    -------
    tuple of Lever
        Each with a name of its own.
    """
    make = _Maker(loaded)
    found = [
        *make.asked(),
        *make.signals("accuracy", ACCURACY),
        *make.signals("coverage", COVERAGE),
        *make.people(("vpn", "users"), VPN, lambda one: one.vpn.users if one.vpn.exits else None),
        *make.people(("vpn", "on"), VPN, lambda one: one.vpn.on if one.vpn.users > 0 else None),
        *make.documents(),
        *make.staff(),
    ]
    order = list(GROUPS)
    return tuple(sorted(found, key=lambda lever: order.index(lever.group)))


def axis_of(lever: Lever, value: float) -> Parameter:
    """A lever as an axis of a map: its plausible range, and where it stands.

    Of a limit by even steps the whole range would show only those that nobody has in mind: it ends at 5 %, or at twice
    where it stands.
    """
    parameter = replace(lever.parameter, assumed=(value,))
    if lever.name == LIMIT:
        parameter = replace(parameter, low=0.0, high=min(1.0, max(0.05, 2 * value)))
    return parameter


class _Maker:
    """Makes the levers of one scenario."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded, self._scenario = loaded, loaded.scenario
        self._patterns = Patterns(loaded.scenario.assumptions)
        self._inputs = {path: one for one in rests_on(loaded) for path in one.values}

    def _known(self, path: KeyPath) -> tuple[str, Assumption | None]:
        """The pattern that covers a value, and what is known; the path itself where nothing is."""
        pattern = self._patterns.best(path)
        if pattern is None:
            return dotted(path), None
        return pattern, self._scenario.assumptions[pattern]

    def _title(self, path: KeyPath, words: str) -> str:
        """The title of what is known about a number; words of its own where that speaks of a whole table."""
        pattern, known = self._known(path)
        return known.title if known is not None and pattern.endswith(str(path[-1])) else words

    def _lever(
        self,
        name: str,
        group: str,
        label: str,
        paths: Sequence[KeyPath],
        base: float,
        *,
        about: str = "",
        is_duration: bool = False,
        is_count: bool = False,
        reach: float = 1.0,
    ) -> Lever:
        known = self._known(paths[0])[1]
        vouched = self._inputs.get(dotted(paths[0]))
        unit = known.unit if known else ""
        if not unit:
            unit = _unit(base) if is_duration else "people" if is_count else ""
        scale = TIMES[unit.split()[0].lower()] if is_duration else None
        value = base / scale if scale else base
        is_share = not (is_duration or is_count)
        if known is not None and known.range:
            low, high, why = known.range[0], known.range[1], _PLAUSIBLE
        elif is_share:
            low, high = known.limits if known and known.limits else (0.0, 1.0)
            why = "no plausible range is known"
        else:
            # Some room on both sides of what the scenario says; it is no statement about what is plausible.
            low, high, why = value / 4, max(4 * value, 4.0), "no plausible range is known"
        if known is not None and known.limits:
            limits = known.limits
        elif is_share:
            limits = (0.0, 1.0)
        else:
            # A duration of zero is none: it is refused.
            limits = (0.0 if is_count else min(low, value) / _BEYOND, max(high, value) * _BEYOND)
        parameter = Parameter(
            dotted(paths[0]),
            tuple(paths),
            label,
            unit,
            vouched.grade if vouched else "",
            (value,) * len(paths),
            low,
            high,
            why,
            known.shape if known else "uniform",
            is_count,
            scale,
        )
        return Lever(
            name,
            group,
            label,
            about,
            parameter,
            value,
            (limits[0], limits[1]),
            is_share,
            known is not None and known.shape == "loguniform" and low > 0,
            vouched.sources if vouched else (),
            vouched.note if vouched else "",
            reach,
        )

    # --- What is asked ---

    def asked(self) -> Iterator[Lever]:
        """The limit and the floor."""
        scenario = self._scenario
        order = first_order(scenario)
        assert order is not None
        number = scenario.orders.index(order)
        limit = order.standard.limit
        is_ratio = order.standard.kind in RATIOS and isinstance(limit, float) and not order.standards
        path: KeyPath = ("orders", number, "standard", "limit")
        known = self._known(path)[1]
        start = limit if is_ratio and isinstance(limit, float) else ASSUMED_LIMIT
        parameter = Parameter(
            dotted(path),
            (path,) if is_ratio else (),
            "Limit on leaks",
            "share",
            "choice",
            (start,) if is_ratio else (),
            LEAST_LIMIT,
            1.0,
            "a choice; the order states none" if is_ratio else "a question; the order's standard is another",
        )
        note = known.title if known and is_ratio else ""
        whose = f"“{order_name(scenario, number)}”" if len(scenario.orders) > 1 and is_ratio else ""
        yield Lever(LIMIT, ASKED, "Limit on leaks", whose, parameter, start, (0.0, 1.0), True, True, (), note)
        yield self._lever(
            FLOOR, ASKED, "Floor: entitled needs to serve", [("verdict", "floor")], scenario.verdict.floor
        )

    # --- What the gate sees ---

    def signals(self, field: str, group: str) -> Iterator[Lever]:
        """Accuracy or coverage: of each signal by itself, on a VPN, in a channel."""
        scenario = self._scenario
        for name, signal in scenario.signals.items():
            if signal.observes in WORDS:
                continue  # how far it can be trusted stands elsewhere
            places: list[tuple[KeyPath, object, str]] = [((), signal, "")]
            places.append((("vpn",), signal.vpn, "on a VPN"))
            places += [(("channels", channel), noise, channel) for channel, noise in signal.channels.items()]
            for below, noise, where in places:
                value = getattr(noise, field)
                entries = value.items() if isinstance(value, dict) else [("", value)]
                for entry, number in entries:
                    if not isinstance(number, float):
                        continue  # not set, or a matrix: no single number
                    path: KeyPath = ("signals", name, *below, field, *([entry] if entry else []))
                    pattern, known = self._known(path)
                    words = ", ".join(part for part in (where, entry) if part)
                    alone = (
                        known is not None and "*" not in pattern and pattern.endswith((field, entry or field))
                    )
                    whole = signal_words(scenario, ("signals", name, field))
                    label = known.title if known is not None and alone else whole
                    about = words if not alone else ""
                    # What holds for everybody comes before what holds on a VPN, and that before single channels.
                    reach = {"": 1.0, "on a VPN": 0.5}.get(where, 0.1)
                    yield self._lever(dotted(path), group, label, [path], number, about=about, reach=reach)

    # --- Who uses it ---

    def people(
        self,
        field: tuple[str, ...],
        group: str,
        value_of: Callable[[Segment], float | None],
        label: str = "",
        owners: bool = False,
    ) -> Iterator[Lever]:
        """A number that each segment has: segments with the same value move together, those at home by themselves.

        Of what only owners of accounts have or do, segments of co-users are left out.
        """
        scenario = self._scenario
        together: dict[tuple[str, bool, float], list[str]] = {}
        for name, segment in scenario.segments.items():
            value = value_of(segment)
            pattern, _ = self._known(("segments", name, *field))
            if value is None or (owners and segment.share == 0):
                continue
            together.setdefault((pattern, segment.home == scenario.home, value), []).append(name)
        used: dict[str, int] = {}
        for (_, at_home, value), names in sorted(together.items(), key=lambda item: -self._share(item[1])):
            stem = ".".join((*field, "home" if at_home else "abroad"))
            used[stem] = used.get(stem, 0) + 1
            name = stem if used[stem] == 1 else f"{stem}.{used[stem]}"
            pattern, known = self._known(("segments", names[0], *field))
            # A title that speaks of all kinds of documents, or of whole segments, does not say which number it is.
            special = known is not None and (
                pattern.endswith(field[-1]) or not (label or pattern == "segments.*")
            )
            words = label or PEOPLE.get(field[-1]) or " ".join(field).replace("_", " ").capitalize()
            yield self._lever(
                name,
                group,
                known.title if known and special else words,
                [("segments", each, *field) for each in names],
                value,
                about=self._whom(names, at_home),
                reach=self._share(names),
            )

    def _share(self, names: Sequence[str]) -> float:
        return sum(self._scenario.segments[name].share for name in names)

    def _whom(self, names: Sequence[str], at_home: bool) -> str:
        segments = self._scenario.segments
        where = f"at home in {self._scenario.home}" if at_home else "abroad"
        if len(names) > 3:
            return f"{len(names)} segments {where}, such as {segments[names[0]].title or names[0]}"
        return "; ".join(segments[name].title or name for name in names)

    def documents(self) -> Iterator[Lever]:
        """Who holds the documents that listed policies accept, who answers, and how well they are checked."""
        scenario = self._scenario
        kinds = list(dict.fromkeys(d for policy in scenario.policies.values() for d in policy.documents))
        if not kinds:
            return
        found: list[Lever] = []
        for kind in kinds:
            title = (scenario.documents[kind].title or kind).partition(":")[0]
            held = partial(_holds, kind)
            found += self.people(("documents", kind), DOCUMENTS, held, f"{title}: who holds it", owners=True)
        for field in ("gives_up", "never_answers"):
            found += self.people((field,), DOCUMENTS, attrgetter(field), owners=True)
        for field in ("presents_forged", "presents_borrowed"):
            found += self.people((field,), DOCUMENTS, partial(_above_zero, field), owners=True)
        checkers = {scenario.documents[kind].checker: None for kind in kinds}
        checkers |= {p.checker: None for p in scenario.policies.values() if p.documents and p.checker}
        for name in checkers:
            for field in ("false_reject", "false_accept"):
                path: KeyPath = ("checkers", name, field)
                label = self._title(path, f"{name}: {field.replace('_', ' ')}")
                value = getattr(scenario.checkers[name], field)
                found.append(self._lever(dotted(path), DOCUMENTS, label, [path], value, reach=0.3))
        yield from sorted(found, key=lambda lever: -lever.reach)

    # --- The desk ---

    def staff(self) -> Iterator[Lever]:
        """Reviewers on each shift, how long a review lasts, how many checks need one."""
        desk = self._scenario.desk
        if desk is None:
            return
        for number, shift in enumerate(desk.shifts):
            path: KeyPath = ("desk", "shifts", number, "reviewers")
            days = shift.days[0] if len(shift.days) == 1 else f"{shift.days[0]}-{shift.days[-1]}"
            about = f"{days}, {shift.start}-{shift.end}"
            label = self._title(path, "Reviewers at work")
            yield self._lever(
                dotted(path), STAFF, label, [path], float(shift.reviewers), about=about, is_count=True
            )
        times = [("service", "Mean time of one review", 0.5)]
        if desk.patience < FOREVER:
            times.append(("patience", "Mean patience of somebody who waits", 0.4))
        for field, words, reach in times:
            path = ("desk", field)
            label, base = self._title(path, words), float(getattr(desk, field))
            yield self._lever(dotted(path), STAFF, label, [path], base, is_duration=True, reach=reach)


def _holds(kind: str, segment: Segment) -> float | None:
    return segment.documents.get(kind)


def _above_zero(field: str, segment: Segment) -> float | None:
    return getattr(segment, field) or None


PEOPLE = {
    "gives_up": "Who gives up when asked, an attempt",
    "never_answers": "Who never answers a request for a document",
    "presents_forged": "Restricted people who present a forged document",
    "presents_borrowed": "Restricted people who present a borrowed document",
}
"""What a number of a segment is, where no assumption says."""


def signal_words(scenario: Scenario, path: KeyPath) -> str:
    """What the accuracy or the coverage of a signal is called; empty for what is neither.

    Parameters
    ----------
    scenario
        The scenario.
    path
        Of the number, or of the table that has it for each attribute: of the signal by itself, on a VPN, in a channel.
    """
    if path[0] != "signals" or path[-1] not in {"accuracy", "coverage"}:
        return ""
    name, below = str(path[1]), [str(step) for step in path[2:-1]]
    where = "on a VPN" if below == ["vpn"] else below[-1] if below else ""
    words = f"{scenario.signals[name].title or name}: {path[-1]}"
    return f"{words} ({where})" if where else words


def _unit(microseconds: float) -> str:
    """The unit in which a duration is shown where nothing is known about it."""
    return "minutes" if microseconds < HOUR else "hours" if microseconds < DAY else "days"


def choices(scenario: Scenario) -> dict[str, dict[str, str]]:
    """What is chosen from a list: name in the address -> value -> words.

    An order is one of them only where several count leaks each by itself.
    """
    found = {
        READING: {name: reading.title or name for name, reading in scenario.readings.items()},
        RATIO: {"leak_share": "of served needs (leak share)", "leak_rate": "of restricted needs (leak rate)"},
    }
    apart = counted_apart(scenario)
    if len(apart) > 1:
        found[ORDER] = {str(number + 1): _order_words(scenario, number) for number in apart}
    return found


def _order_words(scenario: Scenario, number: int) -> str:
    title = scenario.orders[number].title
    return f"order {number + 1}: {title}" if title else f"order {number + 1}"
