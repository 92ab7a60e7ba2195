"""What is set on the page: to and from its address, and as a scenario.

The page shows one scenario, its *base*, with some numbers moved. Only what differs from the base is kept. The address
carries it: ``?scenario=june-2026&limit=0.01&signals.ip.accuracy.US=0.99``, in the units of the levers (shares from 0 to
1). Whatever in an address is wrong is left out, and said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isclose
from pathlib import Path
from shlex import quote
from typing import Any

from gatesim.measures.judgement import RATIOS
from gatesim.measures.verdict import first_order
from gatesim.scenario import Loaded, ScenarioError
from gatesim.scenario.errors import Problem, nearest
from gatesim.scenario.write import differences, toml_text
from gatesim.show.app.levers import (
    ASKED,
    FLOOR,
    LIMIT,
    ORDER,
    RATIO,
    READING,
    STAFF,
    Lever,
    choices,
    levers_of,
)
from gatesim.study.asking import ask, no_single_ratio
from gatesim.study.few_programs import leaves_b_alone
from gatesim.study.standing import Question

SCENARIO = "scenario"
"""The name of the base in the address."""

MOST_NOTICES = 5
"""So many things that are wrong in an address are named."""

_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,25})?|\.\d{1,25})([eE][+-]?\d{1,3})?", re.ASCII)
_SHOWN = 40
_TITLE = 300


@dataclass(frozen=True)
class Settings:
    """What differs from the base, and which order is looked at.

    Attributes
    ----------
    values
        Name of a lever -> its value, where it is not the base's.
    reading, ratio
        What is chosen; None as in the base.
    order
        The place in the file (from 1) of the order whose frontier is drawn; None for all orders together. The scenario
        does not depend on it: settings with nothing else are those of the base.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    reading: str | None = None
    ratio: str | None = None
    order: str | None = None

    def __bool__(self) -> bool:
        return bool(self.values) or self.reading is not None or self.ratio is not None


@dataclass(frozen=True)
class Difference:
    """A line of what differs from the base.

    Attributes
    ----------
    label
        What it is.
    base, now
        Its values in words.
    known
        What is plausible, and how the base's value is known.
    plausible
        Whether it is within its plausible range.
    """

    label: str
    base: str
    now: str
    known: str
    plausible: bool = True


class Panel:
    """A base and all that can be moved of it.

    Parameters
    ----------
    name
        What the address calls the base.
    loaded
        The base.
    written
        How a file names it as its base: a shipped name, or a path.

    Raises
    ------
    ScenarioError
        If it has no order: nothing can be judged; or no policy.
    """

    def __init__(self, name: str, loaded: Loaded, written: str) -> None:
        self.name, self.loaded, self.written = name, loaded, written
        scenario = loaded.scenario
        order = first_order(scenario)
        file = loaded.files[-1][0]
        if order is None:
            raise ScenarioError([Problem(file, None, "orders", "there is no order: nothing can be judged")])
        if not scenario.policies:
            raise ScenarioError([Problem(file, None, "policies", "there is no policy to run")])
        self.reading = order.reading
        self.only_asks = no_single_ratio(scenario)
        """Why limit and ratio are only asked about, not part of the scenario; empty where they are part of it."""
        self.ratio = order.standard.kind if not self.only_asks else RATIOS[-1]
        self._order = scenario.orders.index(order)
        self.levers = levers_of(loaded)
        self.by_name = {lever.name: lever for lever in self.levers}
        self.choices = choices(scenario)
        self._follows_limit = any(policy.family == "best" for policy in scenario.policies.values())
        self._with_sets = lru_cache(maxsize=8)(loaded.with_sets)

    def value(self, settings: Settings, name: str) -> float:
        """The value of a lever."""
        return settings.values.get(name, self.by_name[name].base)

    def moved(self, settings: Settings, name: str, value: float) -> Settings:
        """Settings with one lever moved; the base's own value is no difference."""
        rest = {key: each for key, each in settings.values.items() if key != name}
        if not isclose(value, self.by_name[name].base, rel_tol=1e-9, abs_tol=1e-12):
            rest[name] = value
        return replace(settings, values=rest)

    def chosen(self, settings: Settings, reading: str, ratio: str) -> Settings:
        """Settings with a reading and a ratio."""
        return replace(
            settings,
            reading=None if reading == self.reading else reading,
            ratio=None if ratio == self.ratio else ratio,
        )

    # --- The address ---

    def query(self, settings: Settings) -> dict[str, str]:
        """The query parameters that say the same."""
        found = {SCENARIO: self.name}
        if settings.reading is not None:
            found[READING] = settings.reading
        if settings.ratio is not None:
            found[RATIO] = settings.ratio
        if settings.order is not None:
            found[ORDER] = settings.order
        for lever in self.levers:
            if lever.name in settings.values:
                value = settings.values[lever.name]
                found[lever.name] = str(int(value)) if lever.parameter.whole else repr(float(value))
        return found

    def read(self, query: Mapping[str, Sequence[str]]) -> tuple[Settings, list[str]]:
        """Settings from query parameters, each with all its values.

        Returns
        -------
        tuple
            The settings, and what was wrong and is left out, in words.
        """
        settings, wrong = Settings(), []
        for name, given in query.items():
            text = given[-1] if given else ""
            if name == SCENARIO:
                continue
            if name in self.choices:
                if text in self.choices[name]:
                    chosen: Mapping[str, Any] = {name: text}
                    settings = replace(settings, **chosen)
                else:
                    wrong.append(
                        f"{_cut(name)} = {_cut(text)}: {nearest(text, self.choices[name], 'there are')}"
                    )
            elif name in self.by_name:
                why = _refuse(self.by_name[name], text)
                if why:
                    wrong.append(f"{name} = {_cut(text)} {why}")
                else:
                    settings = self.moved(settings, name, float(text))
            else:
                wrong.append(f"{_cut(name)} is nothing that can be set here")
        settings = self.chosen(settings, settings.reading or self.reading, settings.ratio or self.ratio)
        return settings, wrong

    # --- The scenario ---

    def sets(self, settings: Settings) -> tuple[str, ...]:
        """The ``KEY=VALUE`` that make the scenario from its base; a question that it has no number for is not in it."""
        found = []
        if settings.reading is not None:
            orders = range(len(self.loaded.scenario.orders))
            found += [f"orders.{number}.reading={settings.reading}" for number in orders]
        if settings.ratio is not None and not self.only_asks:
            found.append(f"orders.{self._order}.standard.kind={settings.ratio}")
        for lever in self.levers:
            if lever.name in settings.values:
                found += lever.parameter.sets(settings.values[lever.name])
        return tuple(found)

    def without_question(self, settings: Settings) -> Settings:
        """Settings without those on which nothing depends that policies serve: limit, ratio, floor, staff.

        A policy of the family ``best`` follows the order's limit: where there is one, limit and ratio stay.
        """
        stay = {LIMIT} if self._follows_limit else set()
        rest = {
            name: value
            for name, value in settings.values.items()
            if self.by_name[name].group not in (ASKED, STAFF) or name in stay
        }
        return Settings(rest, settings.reading, settings.ratio if stay else None)

    def for_bound_b(self, settings: Settings) -> Settings:
        """Settings without those that bound B does not depend on: the question, the desk, what signals read."""
        rest = {
            name: value
            for name, value in settings.values.items()
            if self.by_name[name].group != ASKED and not leaves_b_alone(self.by_name[name].parameter)
        }
        return Settings(rest, settings.reading)

    def scenario(self, settings: Settings) -> Loaded:
        """The scenario as set.

        Raises
        ------
        ScenarioError
            If the settings do not go together.
        """
        sets = self.sets(settings)
        return self._with_sets(sets) if sets else self.loaded

    def question(self, loaded: Loaded, settings: Settings) -> Question:
        """What is asked of the scenario as set: what a run judges by.

        Where several orders count leaks each by itself, that is each order's own limit; but where the page asks about a
        limit beside what the orders ask for, it is on all their leaks together.
        """
        if not self.only_asks:
            return ask(loaded, each=True)
        return ask(loaded, ratio=settings.ratio or self.ratio, limit=self.value(settings, LIMIT))

    def together(self, loaded: Loaded, settings: Settings) -> Question:
        """The same with one limit, on what all orders restrict together."""
        return self.question(loaded, settings) if self.only_asks else ask(loaded)

    def for_order(self, settings: Settings) -> Settings:
        """Settings without those that the frontier of one order does not depend on: the floor, the desk."""
        rest = {
            name: value
            for name, value in settings.values.items()
            if name != FLOOR and self.by_name[name].group != STAFF
        }
        return replace(settings, values=rest)

    def order(self, settings: Settings) -> int | None:
        """The number (from 0) of the order whose frontier is drawn; None for all orders together."""
        return None if settings.order is None else int(settings.order) - 1

    # --- What differs ---

    def differing(self, settings: Settings) -> list[Difference]:
        """What differs from the base, in words."""
        found = []
        for name, title in ((READING, "Reading of the order"), (RATIO, "The limit is")):
            now = getattr(settings, name)
            if now is not None:
                words = self.choices[name]
                base = getattr(self, name)
                was, is_now = (base, now) if name == READING else (words[base], words[now])
                found.append(Difference(title, was, is_now, "a choice"))
        for lever in self.levers:
            if lever.name in settings.values:
                value = settings.values[lever.name]
                label = f"{lever.label} ({lever.about})" if lever.about else lever.label
                found.append(
                    Difference(
                        label,
                        in_words(lever, lever.base),
                        in_words(lever, value),
                        known_words(lever),
                        lever.is_plausible(value),
                    )
                )
        return found

    # --- The file ---

    def file_name(self, settings: Settings) -> str:
        """A name for the file that is saved."""
        return f"{Path(self.name).stem}-changed.toml" if settings else f"{Path(self.name).stem}-copy.toml"

    def command(self, settings: Settings, cannot: Collection[str] = ()) -> str:
        """What is run with the file that is saved, for the numbers of the page.

        ``cannot`` are policies that the exact engine cannot do: they are left out, if others are left.
        """
        name = quote(self.file_name(settings))
        others = [policy for policy in self.loaded.scenario.policies if policy not in cannot]
        if not others:
            return f"gatesim run {name}"
        chosen = "".join(f" --policy {policy}" for policy in others) if cannot else ""
        return f"gatesim run {name} --engine exact{chosen}"

    def saved(self, settings: Settings, title: str = "") -> str:
        """The scenario as set as a file: its base, and what differs.

        Parameters
        ----------
        settings
            What is set.
        title
            Its title; by default the base's, with what was changed.
        """
        now = self.scenario(settings)
        lines = [f"Saved from the page of gatesim app. Base: {self.name}."]
        lines += [f"{one.label}: {one.base} -> {one.now} ({one.known})." for one in self.differing(settings)]
        if self.only_asks:
            lines.append(
                f"The page asked about {settings.ratio or self.ratio} <= {self.value(settings, LIMIT)!r}; the order "
                "keeps its own standard."
            )
        count = len(self.differing(settings))
        changed = f"{count} changed on the page" if count else "a copy"
        default = f"{self.loaded.scenario.title[: _TITLE - 40]} ({changed})"
        stated = {
            "title": title.strip()[:_TITLE] or default,
            "expected": "Nothing was written down before it was run: it was set by hand on the page of gatesim app.",
            **differences(self.loaded.data, now.data),
        }
        return toml_text(self.written, stated, lines)


def _refuse(lever: Lever, text: str) -> str:
    """Why a text is no value of a lever; empty where it is one."""
    if not _NUMBER.fullmatch(text):
        return "is no number"
    value = float(text)
    low, high = lever.limits
    if not low <= value <= high:
        return f"is outside the hard limits, {low:.12g} to {high:.12g}"
    return "" if lever.allows(value) else "must be a whole number"


def _cut(text: str) -> str:
    """A text from the address as it is shown: short, and printable."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:_SHOWN])
    return f'"{shown}{"..." if len(text) > _SHOWN else ""}"'


def notices(wrong: Sequence[str]) -> str:
    """What is wrong in an address, in one text; empty where nothing is."""
    if not wrong:
        return ""
    more = f"; and {len(wrong) - MOST_NOTICES} more" if len(wrong) > MOST_NOTICES else ""
    return f"Left out of the address: {'; '.join(wrong[:MOST_NOTICES])}{more}."


def in_words(lever: Lever, value: float) -> str:
    """A value with its unit."""
    if lever.is_share:
        return f"{_plain(100 * value)} %"
    unit = lever.parameter.unit
    return f"{_plain(value)} {unit}".strip()


def _plain(value: float) -> str:
    """A number without needless digits."""
    return f"{value:,.10f}".rstrip("0").rstrip(".")


def known_words(lever: Lever) -> str:
    """What is plausible, how the base's value is known, and from where."""
    parameter = lever.parameter
    parts = []
    if lever.has_range:
        low, high = in_words(lever, parameter.low), in_words(lever, parameter.high)
        parts.append(f"plausible {low.removesuffix(' %') if lever.is_share else low} to {high}")
    elif lever.name not in (LIMIT, FLOOR):
        parts.append("no plausible range is known")
    grade = parameter.grade or "guess"
    parts.append(
        f"{_GRADES.get(grade, grade)}: {'; '.join(lever.sources)}"
        if lever.sources
        else _GRADES.get(grade, grade)
    )
    return "; ".join(parts)


_GRADES = {"guess": "a guess", "choice": "a choice", "proxy": "a proxy", "vendor": "a vendor's claim"}
