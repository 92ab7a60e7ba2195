"""The shipped seeds: no number without an account of where it comes from, and derived numbers come out again.

The figures below are copied from the published sources named in docs/sources.md, not read from the seeds:
what is derived from them is derived here a second time.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gatesim.scenario.files import Loaded, load
from gatesim.scenario.keys import leaves, parse_key
from gatesim.scenario.people import CHANNELS
from gatesim.scenario.places import seeds, shipped
from gatesim.scenario.schema import Assumption, Scenario
from gatesim.scenario.types import DAY, HOUR, MINUTE, parse_duration
from gatesim.world.noise import noise_rows, value_at
from gatesim.world.space import value_space

pytestmark = pytest.mark.no_cover  # others cover the same lines, but for a few

UNITS = {"minutes": MINUTE, "hours": HOUR, "days": DAY}
SHIPPED = sorted(shipped())

# Millions of people. Pew Research 2025; NTTO; FVAP 2018.
RESIDENTS, FOREIGN_BORN, VISITORS, CITIZENS_ABROAD = 335.0, 51.3, 2.1, 4.8
# Shares of the foreign-born. Pew Research 2025; the protected are a guess, taken out of permanent residents.
CITIZENS, PERMANENT, PROTECTED, TEMPORARY, WITHOUT_STATUS = 0.49, 0.18, 0.01, 0.05, 0.27
# Shares of use. Anthropic Economic Index, Sep 2025.
USE_US, USE_INDIA, USE_JAPAN, USE_KOREA = 0.216, 0.072, 0.037, 0.037
ABROAD_ON_A_DAY = 0.008  # share of residents; NTTO
# Guesses: shares of accounts by channel.
TEAM, API, CLOUD, VETTED, LAB = 0.02, 0.01, 0.002, 0.0025, 0.00005
CONSUMERS = 1 - (TEAM + API + CLOUD + VETTED + LAB)
EVADING = 0.002
BUSINESS_USAGE_RATIO = 2.0


@functools.cache
def loaded(name: str) -> Loaded:
    return load(name)


def scenario(name: str) -> Scenario:
    return loaded(name).scenario


@functools.cache
def numbers(name: str) -> dict[tuple[str, ...], float | str]:
    """Every number and duration of a resolved scenario, by key path."""
    found: dict[tuple[str, ...], float | str] = {}
    for path, value in leaves(loaded(name).data):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if path[0] in ("assumptions", "schema", "regions") or not (is_number or is_duration(value)):
            continue
        found[tuple(map(str, path))] = value  # type: ignore[assignment]
    return found


def is_duration(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*[smhdwy]|forever", value) is not None


def covers(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    fits = all(p in ("*", name) for p, name in zip(pattern, path, strict=False))
    return fits and len(pattern) <= len(path)


@functools.cache
def patterns(name: str) -> dict[tuple[str, ...], Assumption]:
    return {parse_key(key): entry for key, entry in scenario(name).assumptions.items()}


@functools.cache
def assumption(name: str, path: tuple[str, ...]) -> Assumption | None:
    """The most specific assumption that covers a key path."""
    fitting = [pattern for pattern in patterns(name) if covers(pattern, path)]
    best = max(fitting, key=lambda p: (len(p), sum(part != "*" for part in p)), default=None)
    return None if best is None else patterns(name)[best]


def in_unit(value: float | str, unit: str) -> float:
    return value if not isinstance(value, str) else parse_duration(value) / UNITS[unit]


def common() -> set[str]:
    """Keys of the assumptions in seeds/common.toml."""
    return set(tomllib.loads(seeds()["common"].read_text(encoding="utf-8"))["assumptions"])


@pytest.mark.parametrize("name", SHIPPED)
def test_no_number_is_hidden(name: str) -> None:
    assert len(numbers(name)) > 20
    assert [".".join(path) for path in numbers(name) if assumption(name, path) is None] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_entry_speaks_of_something_and_is_the_most_specific_for_it(name: str) -> None:
    used = {id(assumption(name, path)) for path in numbers(name)}
    idle = {key for key, entry in scenario(name).assumptions.items() if id(entry) not in used}
    # What every scenario inherits need not be used by each.
    assert idle <= common()


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_no_guess_and_no_choice_names_its_source(name: str) -> None:
    for key, entry in scenario(name).assumptions.items():
        assert entry.grade in ("guess", "choice") or entry.sources, key
        # What an order or a statute says is known, not swept.
        known = key.startswith(("orders.", "exposure."))
        assert entry.grade == "choice" or entry.range or known, f"{key}: nothing to sweep"
        assert not any("facts" in source or ".md" in source for source in entry.sources), key


@pytest.mark.parametrize("name", SHIPPED)
def test_seeds_lie_in_their_plausible_ranges_and_these_within_hard_limits(name: str) -> None:
    outside = []
    for path, value in numbers(name).items():
        entry = assumption(name, path)
        assert entry is not None
        for bounds in (entry.range, entry.limits):
            if bounds and not bounds[0] <= in_unit(value, entry.unit) <= bounds[1]:
                outside.append((".".join(path), value, bounds))
        if entry.range and entry.limits:
            assert entry.limits[0] <= entry.range[0] < entry.range[1] <= entry.limits[1], path
        if entry.range and entry.shape == "loguniform":
            assert entry.range[0] > 0, path
    assert outside == []


@pytest.mark.parametrize("name", SHIPPED)
def test_shares_of_accounts_add_up_to_one_exactly(name: str) -> None:
    shares = [str(loaded(name).data["segments"][segment]["share"]) for segment in scenario(name).segments]
    ten_millionths = [round(float(share) * 1e7) for share in shares]
    assert all(float(share) == n / 1e7 for share, n in zip(shares, ten_millionths, strict=True))
    assert sum(ten_millionths) == 10**7


@pytest.mark.parametrize("name", SHIPPED)
def test_the_author_said_beforehand_what_to_expect(name: str) -> None:
    expected = scenario(name).expected
    assert re.match(r"Written before the first run", expected)
    assert "What came out" in expected
    assert len(re.findall(r"\d", expected)) > 5, "be concrete"


def derived_shares() -> dict[str, float]:
    """Shares of accounts from the published figures; docs/sources.md, sections 1 and 2."""
    use_of_a_million = USE_US / (RESIDENTS * (1 - ABROAD_ON_A_DAY) + VISITORS)
    millions = {
        "native_born": RESIDENTS - FOREIGN_BORN,
        "naturalised": CITIZENS * FOREIGN_BORN,
        "permanent": PERMANENT * FOREIGN_BORN,
        "protected": PROTECTED * FOREIGN_BORN,
        "temporary": TEMPORARY * FOREIGN_BORN,
        "without_status": WITHOUT_STATUS * FOREIGN_BORN,
        "citizen_abroad": CITIZENS_ABROAD,
        "visitor": VISITORS * 13,
    }
    use = {name: m * use_of_a_million for name, m in millions.items()}
    use |= {"abroad_india": USE_INDIA, "abroad_japan": USE_JAPAN, "abroad_korea": USE_KOREA}
    use["abroad_evading"] = EVADING
    use["abroad_other"] = 1 - sum(use.values())
    shares = {name: CONSUMERS * share for name, share in use.items()}
    citizens = millions["native_born"] + millions["naturalised"]
    permanent = BUSINESS_USAGE_RATIO * (millions["permanent"] + millions["protected"])
    foreign = BUSINESS_USAGE_RATIO * (millions["temporary"] + millions["without_status"])
    for channel, accounts in (("team", TEAM), ("api", API)):
        for name, weight in (("citizen", citizens), ("permanent", permanent), ("temporary", foreign)):
            shares[f"{channel}_{name}"] = accounts / 2 * weight / (citizens + permanent + foreign)
        shares[f"{channel}_abroad"] = accounts / 2
    shares |= {"cloud_home": CLOUD / 2, "cloud_abroad": CLOUD / 2}
    shares |= {"vetted_home": 0.8 * VETTED, "vetted_foreign": 0.2 * VETTED}
    return shares | {"staff_home": 0.8 * LAB, "staff_foreign": 0.2 * LAB}


def test_shares_of_accounts_are_those_of_the_published_figures() -> None:
    seeds = {name: s.share for name, s in scenario("june-2026").segments.items() if s.share > 0}
    derived = derived_shares()
    assert seeds.keys() == derived.keys()
    for name, share in seeds.items():
        assert share == pytest.approx(derived[name], abs=1e-6), name


def test_the_page_of_sources_shows_every_derived_share() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs/sources.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"0\.\d+", page))
    for name, segment in scenario("june-2026").segments.items():
        if (segment.share > 0 and segment.channel in ("consumer", "api")) or name.startswith("team_"):
            assert f"{segment.share:.7f}".rstrip("0") in shown, name


def test_the_share_of_consumer_use_from_inside_the_us_is_the_published_one() -> None:
    inside = total = 0.0
    for segment in scenario("june-2026").segments.values():
        if segment.channel != "consumer" or segment.share == 0:
            continue
        needs = segment.share * segment.needs_per_day
        away = segment.trips.length / (segment.trips.length + segment.trips.every)
        # Citizens abroad on visits home: counted by the figure's authors, left out of the derivation.
        if segment.home == "US":
            inside += needs * (1 - away)
        elif segment.trips.to.get("US") and segment.status != "citizen":
            inside += needs * away
        total += needs
    assert inside / total == pytest.approx(USE_US, abs=1e-6)


def test_foreign_persons_among_residents_are_as_many_as_the_sources_say() -> None:
    segments = scenario("june-2026").segments
    residents = [s for s in segments.values() if s.channel == "consumer" and s.home == "US"]
    foreign = sum(s.share for s in residents if s.status in ("temporary", "without_status"))
    assert 0.039 < foreign / sum(s.share for s in residents) < 0.053


def test_residents_are_abroad_as_often_as_the_sources_say() -> None:
    for name, segment in scenario("june-2026").segments.items():
        if segment.home == "US" and segment.trips.length:
            away = segment.trips.length / (segment.trips.length + segment.trips.every)
            assert away == pytest.approx(ABROAD_ON_A_DAY, abs=1e-12), name
    visitor = scenario("june-2026").segments["visitor"].trips
    assert visitor.length / (visitor.length + visitor.every) == pytest.approx(1 / 13, abs=1e-12)


@pytest.mark.parametrize(
    ("channel", "vpn", "given_us", "given_abroad"),
    [
        ("consumer", 0, 0.985, 0.008),
        ("team", 0, 0.985, 0.008),
        ("consumer", 1, 0.90, 0.04),
        ("api", 0, 0.90, 0.04),
    ],
)
def test_the_address_says_us_as_often_as_databases_agree(
    channel: str, vpn: int, given_us: float, given_abroad: float
) -> None:
    says_us = p_says_us(channel, vpn)
    assert says_us["US"] == pytest.approx(given_us, abs=1e-12)
    assert says_us["asia"] == pytest.approx(given_abroad, abs=1e-12)
    assert says_us["rest"] == pytest.approx(given_abroad, abs=1e-12)


def test_behind_a_cloud_marketplace_every_address_is_the_platforms() -> None:
    assert p_says_us("cloud", 0) == {"US": 1.0, "asia": 1.0, "rest": 1.0}


def p_says_us(channel: str, vpn: int) -> dict[str, float]:
    """P(the address says US) for each true region."""
    world = scenario("june-2026")
    rows = noise_rows(world, world.signals["ip"])[CHANNELS.index(channel), vpn]  # type: ignore[arg-type]
    regions = value_space(world, "network")
    us = regions.index("US")
    return {
        region: math.fsum(row[p] for p in range(len(regions)) if value_at(v, p) == us)
        for v, (region, row) in enumerate(zip(regions, rows, strict=True))
    }


def test_ranges_of_the_address_are_those_of_the_published_ranges() -> None:
    known = scenario("june-2026").assumptions
    errors_to_us = {"asia": 0.4 / 0.9, "rest": 0.4 / 0.5}
    for part, low, high in (("", 0.002, 0.02), ("vpn.", 0.02, 0.38), ("channels.api.", 0.02, 0.38)):
        for region, share in errors_to_us.items():
            says_us = (1 - np.array(known[f"signals.ip.{part}accuracy.{region}"].range)) * share
            assert says_us == pytest.approx([high, low], abs=1e-9), (part, region)


def test_activity_has_mean_one() -> None:
    for name, segment in scenario("june-2026").segments.items():
        activity = segment.activity
        mean = sum(m * s for m, s in zip(activity.multipliers, activity.shares, strict=True))
        assert mean == pytest.approx(1.0, abs=1e-12), name


def test_only_a_document_of_a_status_proves_a_status() -> None:
    documents = scenario("june-2026").documents
    assert set(documents["foreign_passport"].proves.values()) == {"nonresident"}
    assert set(documents["vendor_identity"].proves.values()) == {"nothing"}
    assert set(documents["drivers_licence"].proves.values()) == {"nothing"}
    proofs: dict[str, Any] = {
        "home_passport": {"citizen": "citizen"},
        "enhanced_licence": {"citizen": "citizen"},
        "residence_card": {"permanent": "permanent"},
        "travel_document": {"protected": "protected"},
    }
    for name, proves in proofs.items():
        assert documents[name].proves == proves


def test_an_adversary_is_there_only_where_a_scenario_says_so() -> None:
    for name in SHIPPED:
        assert all(segment.role != "adversary" for segment in scenario(name).segments.values())
