"""In a scenario every name refers to something and every number fits the others."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from gatesim.engine.fast_tally import counting
from gatesim.scenario import ScenarioError, build, consistency
from gatesim.scenario.consistency import (
    LEAST,
    REFERENCE,
    Footprint,
    bodies_and_needs,
    inconsistencies,
    memory_of_this_machine,
    refuse_if_too_large,
)
from gatesim.scenario.countries import COUNTRIES
from gatesim.scenario.errors import dotted
from gatesim.scenario.rules_gates import MOST_DOCUMENTS
from gatesim.scenario.rules_law import MOST_READINGS
from tests.scenarios import Whole, small, small_data


def wrong(**changes: Any) -> list[str]:
    """What is inconsistent in the small scenario after some changes."""
    return [
        f"{dotted(one.path)}: {one.message}" + (f"; {one.hint}" if one.hint else "")
        for one in inconsistencies(small(**changes))
    ]


def order(**changes: Any) -> list[dict[str, Any]]:
    """The small scenario's order, without carve-outs, with changes."""
    return [{**small_data()["orders"][0], "carve_outs": [], **changes}]


def carve_out(**conditions: Any) -> list[dict[str, Any]]:
    return order(carve_outs=[{"at": "2026-06-16T00:00:00-04:00", **conditions}])


def licence(**changes: Any) -> list[dict[str, Any]]:
    """The order with a licence that is decided after a day at least, and two in the mean."""
    said = {
        "applied": "2026-06-13T00:00:00-04:00",
        "decided_after": "2d",
        "at_least": "1d",
        "granted": 0.5,
        "organisations": ["lab"],
    }
    return order(licences=[{**said, **changes}])


CAP = {"models": ["new"], "per_day": 2, "at": "2026-06-18T00:00:00-04:00", "length": "1d"}

OFFICE = {"days": ["mon", "tue"], "start": "09:00", "end": "17:00"}


def before_a_desk(**changes: Any) -> list[dict[str, Any]]:
    """The same before a desk of the government."""
    return [{**licence()[0], "licence_desk": {"officers": 2, "service": "6h", **changes}}]


def test_a_licence_may_be_applied_for() -> None:
    assert wrong(orders=licence()) == []
    assert wrong(orders=before_a_desk()) == []
    assert wrong(orders=licence(until="2026-06-14T00:00:01-04:00")) == []


def test_a_model_may_be_capped() -> None:
    assert wrong(usage_caps=[CAP, {**CAP, "at": "2026-06-19T00:00:00-04:00"}]) == []
    assert wrong(usage_caps=[CAP, {**CAP, "models": ["old"]}]) == []


def test_a_licence_that_takes_for_ever_is_told_of_in_words() -> None:
    """Its date is none that a calendar has."""
    said = wrong(
        orders=licence(at_least="forever", decided_after="forever", until="2026-06-14T00:00:00-04:00")
    )
    assert "it is decided after the year 9999 at the earliest" in said[1]


def test_the_small_scenario_is_consistent() -> None:
    assert wrong() == []


def test_all_countries_of_iso_3166_are_known() -> None:
    assert len(COUNTRIES) == 249
    assert {"US", "GB", "NO", "ZW", "AX"} <= COUNTRIES
    assert not {"UK", "EU", "XX", "SU"} & COUNTRIES


CASES: list[tuple[dict[str, Any], str]] = [
    # Regions
    ({"home": "EU"}, 'home: there is no region "EU"; nearest: "US"'),
    (
        {"regions__US": ["US", "UK"]},
        'regions.US.1: "UK" is no country of ISO 3166; the United Kingdom is "GB"',
    ),
    ({"regions__other": ["*", "US"]}, 'regions.other.1: "US" stands in the region "US" already'),
    (
        {"regions__third": ["*"], "signals__ip__accuracy": 0.9},
        'regions.third.0: "*", the rest of the world, stands in "other" already',
    ),
    ({"regions__US": ["US", "US"]}, 'regions.US.1: "US" stands in the region "US" already'),
    (
        {"regions__abroad": ["FR"], "signals__ip__accuracy": 0.9},
        'regions.abroad: "abroad" cannot be the name of a region: it has a meaning already',
    ),
    (
        {"regions__unknown": ["FR"], "signals__ip__accuracy": 0.9},
        'regions.unknown: "unknown" cannot be the name of a region: it has a meaning already',
    ),
    ({"organisations__none": {}}, 'organisations.none: "none" cannot be a name: it has a meaning already'),
    # Models
    ({"models__new__fallback": "odl"}, 'models.new.fallback: there is no model "odl"; nearest: "old"'),
    ({"models__old__fallback": "old"}, "models.old.fallback: a model cannot be its own fallback"),
    # Segments
    ({"segments__natives__home": "USA"}, 'segments.natives.home: there is no region "USA"; nearest: "US"'),
    (
        {"segments__visitors__citizenship": ["ZZ"]},
        'segments.visitors.citizenship.0: "ZZ" is no country of ISO 3166',
    ),
    (
        {"segments__natives__citizenship": ["FR"]},
        'segments.natives.citizenship: a citizen of home must have the citizenship "US"',
    ),
    (
        {"segments__visitors__citizenship": ["US"]},
        'segments.visitors.status: somebody with the citizenship "US" has the status "citizen", '
        'not "temporary"',
    ),
    (
        {"segments__visitors__organisation": "labs"},
        'segments.visitors.organisation: there is no organisation "labs"; nearest: "lab"',
    ),
    (
        {"segments__natives__card": Whole(US=0.9, EU=0.1)},
        'segments.natives.card.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"segments__natives__declared": Whole(EU=1.0)},
        'segments.natives.declared.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"segments__natives__vpn__exits": Whole(EU=1.0)},
        'segments.natives.vpn.exits.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"segments__natives__vpn__exits": None},
        "segments.natives.vpn.exits: is missing: where does the VPN of its users come out?",
    ),
    (
        {"segments__natives__trips__to": Whole(EU=1.0)},
        'segments.natives.trips.to.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"segments__natives__trips__to": Whole(US=1.0)},
        "segments.natives.trips.to.US: a trip to the region in which people live is no trip",
    ),
    ({"segments__natives__trips__to": None}, "segments.natives.trips.to: is missing: where do the trips go?"),
    (
        {"segments__natives__trips__every": None},
        'segments.natives.trips.every: is missing, or "forever": how long are people at home '
        "between two trips?",
    ),
    (
        {"segments__natives__trips__every": "0s"},
        "segments.natives.trips.every: must be more than zero: who is never at home has another home",
    ),
    (
        {"segments__natives__trips__length": "forever"},
        "segments.natives.trips.length: must have an end: who never returns has another home",
    ),
    (
        {"segments__natives__models": Whole(newer=1.0)},
        'segments.natives.models.newer: there is no model "newer"; nearest: "new"',
    ),
    (
        {"segments__natives__documents__pasport": 0.1},
        'segments.natives.documents.pasport: there is no document "pasport"; nearest: "passport"',
    ),
    (
        {"segments__visitors__documents": {"passport": 0.1}},
        'segments.visitors.documents.passport: people of the status "temporary" cannot hold '
        '"passport"; by documents.passport.proves it is held by: "citizen"',
    ),
    (
        {"segments__foreigners__activity__shares": [1.0]},
        "segments.foreigners.activity: has 2 multipliers and 1 shares: there must be one share "
        "for each multiplier",
    ),
    (
        {"segments__foreigners__activity__shares": [0.5, 0.4]},
        "segments.foreigners.activity.shares: adds up to 0.9: the shares must add up to 1",
    ),
    (
        {"segments__foreigners__activity__multipliers": [0.5, 2.6]},
        "segments.foreigners.activity.multipliers: the mean of the multipliers is 1.025: it must "
        "be 1, so that needs_per_day is the mean rate",
    ),
    (
        {"segments__foreigners__co_users__visitor": {"present": 0.1, "share": 0.1}},
        'segments.foreigners.co_users.visitor: there is no segment "visitor"; nearest: "visitors"',
    ),
    (
        {"segments__foreigners__co_users__natives": {"present": 0.1, "share": 0.7}},
        "segments.foreigners.co_users: their shares add up to 1: less than 1, for the owner has "
        "needs as well",
    ),
    (
        {
            "segments__visitors": {"share": 0.0, "co_users": {"natives": {"present": 1.0, "share": 0.1}}},
            "segments__natives__share": 0.6,
        },
        'segments.visitors.co_users: "visitors" owns no account (its share is 0), so it cannot '
        'have co_users of its own; leave its co_users out, or give "visitors" a share',
    ),
    (
        {"segments__natives__share": 0.4},
        "segments: the shares of the segments add up to 0.9: they must add up to 1",
    ),
    # Signals
    (
        {"signals__ip__accuracy": Whole(US=0.9, EU=0.9, other=0.9)},
        'signals.ip.accuracy.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"signals__ip__accuracy": Whole(US=0.9)},
        'signals.ip.accuracy: says nothing of "other"; add them, or "*" for all others',
    ),
    (
        {"signals__ip__coverage": Whole(US=0.9)},
        'signals.ip.coverage: says nothing of "other"; add them, or "*" for all others',
    ),
    (
        {"signals__ip__accuracy": Whole({"US": {"US": 1.0}, "*": {"EU": 1.0}})},
        'signals.ip.accuracy."*".EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"signals__ip__vpn": {"accuracy": {"EU": 0.9, "*": 0.9}}},
        'signals.ip.vpn.accuracy.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"signals__ip__channels": {"api": {"coverage": {"EU": 0.9, "*": 0.9}}}},
        'signals.ip.channels.api.coverage.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"signals__ip__errors_to": {"EU": 1.0}},
        'signals.ip.errors_to.EU: there is no region "EU"; nearest: "US"',
    ),
    (
        {"signals__kind": {"observes": "network_kind", "accuracy": {"US": 0.9, "*": 0.5}}},
        'signals.kind.accuracy.US: there is no kind of network "US"; there are: "direct", "vpn", "*"',
    ),
    (
        {"signals__mail": {"observes": "organisation", "accuracy": {"labs": 0.9, "*": 1.0}}},
        'signals.mail.accuracy.labs: there is no organisation "labs"; nearest: "lab"',
    ),
    (
        {"causes__x": {"signals": ["ips"], "probability": 0.1}},
        'causes.x.signals.0: there is no signal "ips"; nearest: "ip"',
    ),
    (
        {"causes": {n: {"signals": ["ip"], "probability": 0.1} for n in "xy"}},
        'causes.y.signals.0: "ip" is tied by the cause "x" already',
    ),
    (
        {"causes__x": {"signals": ["ip", "payment"], "probability": 0.1}},
        'causes.x.signals: signals with one cause must share their refresh: these have "account", "place"',
    ),
    (
        {"causes__x": {"signals": ["payment"], "probability": 0.1, "scope": "network"}},
        'causes.x.signals.0: the scope "network" is for signals that observe "network" with '
        'refresh = "place"',
    ),
    (
        {"causes__x": {"signals": ["ip"], "probability": 0.1, "people_per_network": 3}},
        'causes.x.people_per_network: has a meaning only with scope = "network"',
    ),
    ({"age_bands": ["90d", "30d"]}, "age_bands.1: ages must be above zero, each above the one before"),
    ({"age_bands": ["0d"]}, "age_bands.0: ages must be above zero, each above the one before"),
    ({"age_bands": ["90d", "forever"]}, "age_bands.1: must be an age, not forever"),
    # Documents and the desk
    (
        {"documents__passport__checker": "typicl"},
        'documents.passport.checker: there is no checker "typicl"; nearest: "typical"',
    ),
    (
        {"documents__passport__automatic_time": "forever"},
        "documents.passport.automatic_time: must have an end",
    ),
    (
        {"desk": None},
        "documents.passport.to_desk: 0.2 of the cases go to a desk, but there is none; add "
        "[desk], or set to_desk = 0",
    ),
    ({"desk__service": "0s"}, "desk.service: must be more than zero, and have an end"),
    ({"desk__patience": "0s"}, "desk.patience: must be more than zero: nobody would ever be reviewed"),
    ({"desk__priority": ["api", "api"]}, 'desk.priority.1: "api" stands here twice'),
    (
        {"desk__shifts": [{"days": ["mon"], "start": "17:00", "end": "09:00", "reviewers": 1}]},
        "desk.shifts.0.end: a shift from 17:00 to 09:00 ends before it begins; one past midnight "
        "is two: one to 24:00, one from 00:00 of the next day",
    ),
    (
        {"desk__shifts": [{"days": ["mon", "mon"], "start": "07:00", "end": "09:00", "reviewers": 1}]},
        'desk.shifts.0.days.1: "mon" stands here twice',
    ),
    ({"reactions__away": "0s"}, "reactions.away: must be more than zero, or nobody leaves"),
    # Policies
    ({"policies__ask__models": ["nwe"]}, 'policies.ask.models.0: there is no model "nwe"; nearest: "new"'),
    (
        {"policies__ask__documents": ["pass"]},
        'policies.ask.documents.0: there is no document "pass"; nearest: "passport"',
    ),
    (
        {"policies__ask__documents": ["passport", "passport"]},
        'policies.ask.documents.1: "passport" stands here twice',
    ),
    (
        {"policies__ask__documents": None},
        "policies.ask.documents: is missing: this policy checks, but which documents does it accept?",
    ),
    (
        {"policies__ask__channels": ["consumer", "consumer"]},
        'policies.ask.channels.1: "consumer" stands here twice',
    ),
    (
        {"policies__ask__checker": "typcal"},
        'policies.ask.checker: there is no checker "typcal"; nearest: "typical"',
    ),
    ({"policies__ask__signal": "pi"}, 'policies.ask.signal: there is no signal "pi"; nearest: "ip"'),
    (
        {"policies__any_foreign__signals": ["ip", "paymnt"]},
        'policies.any_foreign.signals.1: there is no signal "paymnt"; nearest: "payment"',
    ),
    ({"policies__any_foreign__k": 3}, 'policies.any_foreign.k: 3 of 2 can never be: at most 2; or "all"'),
    (
        {"policies__careful__check_above": None, "policies__careful__block_above": None},
        "policies.careful: needs a threshold: check_above, block_above, or both",
    ),
    (
        {"policies__careful__check_above": 0.9},
        "policies.careful.check_above: check_above is 0.9 and block_above is 0.8: nothing would "
        "ever be checked; check_above must be less than block_above",
    ),
    (
        {"policies__s": {"family": "score", "weights": {"pi": 1.0}, "block_at": 1.0}},
        'policies.s.weights.pi: there is no signal "pi"; nearest: "ip"',
    ),
    (
        {
            "policies__s": {
                "family": "score",
                "weights": {"ip": 1.0},
                "unknown_weights": {"payment": 1.0},
                "block_at": 1.0,
            }
        },
        'policies.s.unknown_weights.payment: there is no weight of "payment"; there are: "ip"',
    ),
    (
        {"policies__s": {"family": "score", "weights": {"ip": 1.0}}},
        "policies.s: needs a threshold: check_at, block_at, or both",
    ),
    (
        {
            "policies__r": {
                "family": "rules",
                "otherwise": "allow",
                "rules": [{"when": {"readings": {"pi": ["US"]}}, "then": "block"}],
            }
        },
        'policies.r.rules.0.when.readings.pi: there is no signal "pi"; nearest: "ip"',
    ),
    (
        {
            "policies__r": {
                "family": "rules",
                "otherwise": "allow",
                "rules": [{"when": {"readings": {"ip": ["EU"]}}, "then": "block"}],
            }
        },
        'policies.r.rules.0.when.readings.ip.0: there is no reading "EU"; nearest: "US"',
    ),
    (
        {
            "policies__r": {
                "family": "rules",
                "otherwise": "allow",
                "rules": [{"when": {"models": ["nwe"]}, "then": "block"}],
            }
        },
        'policies.r.rules.0.when.models.0: there is no model "nwe"; nearest: "new"',
    ),
    (
        {
            "policies__r": {
                "family": "rules",
                "otherwise": "allow",
                "rules": [{"when": {"age_at_least": "30d"}, "then": "block"}],
            }
        },
        'policies.r.rules.0.when.age_at_least: "30d" is none of the age_bands; there are: "90d"',
    ),
    (
        {"policies__r": {"family": "rules", "otherwise": "allow", "rules": [{"then": "check"}]}},
        "policies.r.documents: is missing: this policy checks, but which documents does it accept?",
    ),
    (
        {"policies__l": {"family": "listed"}},
        "policies.l: lists nothing: give signal and organisations, age_at_least, or staff = true",
    ),
    (
        {"policies__l": {"family": "listed", "organisations": ["lab"]}},
        "policies.l.signal: is missing: which signal reads the organisation?",
    ),
    (
        {"policies__l": {"family": "listed", "signal": "ip", "organisations": ["lab"]}},
        'policies.l.signal: "ip" observes "network": the list needs a signal of organisations',
    ),
    (
        {
            "signals__mail": {"observes": "organisation"},
            "policies__l": {"family": "listed", "signal": "mail"},
        },
        "policies.l.organisations: is missing: which organisations are on the list?",
    ),
    (
        {"policies__l": {"family": "listed", "age_at_least": "3d"}},
        'policies.l.age_at_least: "3d" is none of the age_bands; there are: "90d"',
    ),
    # Orders and time
    ({"length": "0s", "orders": []}, "length: the window must be longer than zero, and have an end"),
    ({"length": "forever"}, "length: the window must be longer than zero, and have an end"),
    (
        {"readings__person__restricts": [{"located": ["EU"]}]},
        'readings.person.restricts.0.located.0: there is no region "EU"; nearest: "US"',
    ),
    (
        {"readings__person__restricts": [{"entity": ["labs"]}]},
        'readings.person.restricts.0.entity.0: there is no organisation "labs"; nearest: "lab"',
    ),
    (
        {"readings__person__restricts": [{"citizenship": ["XX"]}]},
        'readings.person.restricts.0.citizenship.0: "XX" is no country of ISO 3166',
    ),
    ({"orders": order(models=["nwe"])}, 'orders.0.models.0: there is no model "nwe"; nearest: "new"'),
    ({"orders": order(models=["new", "new"])}, 'orders.0.models.1: "new" stands here twice'),
    (
        {"orders": order(models=["new", "old"])},
        'orders.0.models.0: the fallback of "new", "old", is named by the same order',
    ),
    (
        {"orders": order(reading="persons")},
        'orders.0.reading: there is no reading "persons"; nearest: "person"',
    ),
    (
        {"orders": order(ends=[{"kind": "lifted"}])},
        "orders.0.ends.0: an end needs a date (at) or a mean time (after), and not both",
    ),
    (
        {"orders": order(ends=[{"kind": "lifted", "after": "3d", "at": "2026-06-18T00:00:00-04:00"}])},
        "orders.0.ends.0: an end needs a date (at) or a mean time (after), and not both",
    ),
    (
        {"orders": order(ends=[{"kind": "lifted", "after": "0d"}])},
        "orders.0.ends.0.after: must be more than zero, or the order never is in force",
    ),
    (
        {"orders": order(grace="6d")},
        "orders.0.ends.0.at: the order ends before it is in force; it comes into force on 2026-06-18T17:21:00-04:00",
    ),
    (
        {"orders": order(issued="2026-06-20T00:00:00-04:00", ends=[])},
        "orders.0.issued: the order is never in force inside the window; the window begins "
        "2026-06-10T00:00:00-04:00 and ends 2026-06-20T00:00:00-04:00",
    ),
    (
        {
            "orders": order(
                issued="2026-05-20T00:00:00-04:00",
                ends=[{"kind": "lapsed", "at": "2026-06-01T00:00:00-04:00"}],
            )
        },
        "orders.0.issued: the order is never in force inside the window; the window begins "
        "2026-06-10T00:00:00-04:00 and ends 2026-06-20T00:00:00-04:00",
    ),
    (
        {"orders": carve_out()},
        "orders.0.carve_outs.0: a carve-out of everything would be an end; name whom or what it "
        'takes out, or write [[orders.ends]] with kind = "lifted"',
    ),
    (
        {"orders": carve_out(at="2026-06-11T00:00:00-04:00", models=["new"])},
        "orders.0.carve_outs.0.at: the order is not issued yet at this instant; it is issued on "
        "2026-06-12T17:21:00-04:00",
    ),
    (
        {"orders": carve_out(at="2026-06-18T00:00:00-04:00", models=["new"])},
        "orders.0.carve_outs.0.at: the order has ended by this instant; it ends on 2026-06-18T00:00:00-04:00",
    ),
    (
        {"orders": carve_out(models=["old"])},
        "orders.0.carve_outs.0.models: the carve-out is for old, but the order names new",
    ),
    (
        {"orders": carve_out(statuses=["citizen"], organisations=["lab"])},
        "orders.0.carve_outs.0: the carve-out is for nobody: no segment meets its conditions; statuses of segments: "
        '"citizen", "temporary", "nonresident"; organisations of segments: "lab"',
    ),
    (
        {"orders": licence(organisations=["labs"])},
        'orders.0.licences.0.organisations.0: there is no organisation "labs"; nearest: "lab"',
    ),
    (
        {"orders": licence(channels=["reseller"])},
        "orders.0.licences.0: the licence is for nobody: no segment meets its conditions; organisations of segments: "
        '"lab"; channels of segments: "consumer"',
    ),
    (
        {"orders": licence(organisations=[])},
        "orders.0.licences.0: a licence for everybody would be an end; name its holders: segments, "
        "organisations or channels",
    ),
    (
        {"orders": licence(applied="2026-06-11T00:00:00-04:00")},
        "orders.0.licences.0.applied: the order is not issued yet at this instant; it is issued on "
        "2026-06-12T17:21:00-04:00",
    ),
    (
        {"orders": licence(decided_after="forever")},
        "orders.0.licences.0.decided_after: must have an end; a licence never granted has granted = 0",
    ),
    (
        {"orders": licence(decided_after="12h")},
        "orders.0.licences.0.decided_after: the mean time to the decision is shorter than the shortest "
        "one (at_least)",
    ),
    (
        {"orders": before_a_desk(service="forever")},
        "orders.0.licence_desk.service: must have an end, or no licence is ever decided",
    ),
    (
        {"orders": before_a_desk(service_at_least="7h")},
        "orders.0.licence_desk.service: the mean time for an application is shorter than the shortest one "
        "(service_at_least)",
    ),
    (
        {"orders": before_a_desk(hours=[{**OFFICE, "end": "08:00"}])},
        "orders.0.licence_desk.hours.0.end: hours from 09:00 to 08:00 end before they begin; those past midnight are "
        "two: some to 24:00, some from 00:00 of the next day",
    ),
    (
        {"orders": before_a_desk(hours=[{**OFFICE, "days": ["mon", "mon"]}])},
        'orders.0.licence_desk.hours.0.days.1: "mon" stands here twice',
    ),
    (
        {
            "orders": before_a_desk(
                hours=[OFFICE, {**OFFICE, "days": ["tue"], "start": "16:59", "end": "18:00"}]
            )
        },
        'orders.0.licence_desk.hours.1.start: overlap with hours 0 on "tue"; each hour of the week may stand here '
        "once; more officers are a higher officers",
    ),
    (
        {
            "orders": [
                {
                    **before_a_desk(others_per_day=1e6)[0],
                    "licences": licence(applied="2026-06-14T17:21:00-04:00")[0]["licences"],
                }
            ]
        },
        "orders.0.licence_desk.others_per_day: some 2,000,000 applications would come before that for the last "
        "licence; at most 500,000 are drawn: at most 250,000 a day here",
    ),
    (
        {
            "orders": [
                {
                    **before_a_desk(service="12h", service_at_least="12h")[0],
                    "licences": licence(until="2026-06-14T10:00:00-04:00")[0]["licences"],
                }
            ]
        },
        "orders.0.licences.0.until: the licence expires before it can be granted; it is decided on "
        "2026-06-14T12:00:00-04:00 at the earliest",
    ),
    (
        {"orders": licence(until="2026-06-14T00:00:00-04:00")},
        "orders.0.licences.0.until: the licence expires before it can be granted; it is decided on "
        "2026-06-14T00:00:00-04:00 at the earliest",
    ),
    (
        {"usage_caps": [{**CAP, "models": ["nwe"]}]},
        'usage_caps.0.models.0: there is no model "nwe"; nearest: "new"',
    ),
    (
        {"usage_caps": [{**CAP, "models": ["new", "new"]}]},
        'usage_caps.0.models.1: "new" stands here twice',
    ),
    (
        {"usage_caps": [{**CAP, "channels": ["reseller"]}]},
        'usage_caps.0.channels.0: no segment uses the channel "reseller"; there are: "consumer"',
    ),
    (
        {"usage_caps": [{**CAP, "length": "0d"}]},
        "usage_caps.0.length: must be more than zero, or nothing is capped",
    ),
    (
        {"usage_caps": [{**CAP, "at": "2026-06-09T23:00:00-04:00"}]},
        "usage_caps.0.at: the cap begins before the window: needs before it are not known; the window begins "
        "2026-06-10T00:00:00-04:00",
    ),
    (
        {"usage_caps": [{**CAP, "at": "2026-06-20T00:00:00-04:00"}]},
        "usage_caps.0.at: the cap begins after the window: no need would meet it; give the window a greater length",
    ),
    (
        {"usage_caps": [{**CAP, "at": "2026-06-16T00:00:00-04:00"}]},
        'usage_caps.0.models.0: an order names "new" in all that time, and a cap holds only where none does; begin '
        "the cap when the order has ended",
    ),
    (
        {"usage_caps": [CAP, {**CAP, "channels": ["consumer"], "at": "2026-06-18T12:00:00-04:00"}]},
        'usage_caps.1.models.0: "new" is capped by usage_caps 0 at the same time; one cap must end before the next '
        "begins",
    ),
    (
        {"orders": carve_out(models=["nwe"])},
        'orders.0.carve_outs.0.models.0: there is no model "nwe"; nearest: "new"',
    ),
    (
        {"orders": carve_out(regions=["EU"])},
        'orders.0.carve_outs.0.regions.0: there is no region "EU"; nearest: "US"',
    ),
    (
        {"orders": carve_out(segments=["native"])},
        'orders.0.carve_outs.0.segments.0: there is no segment "native"; nearest: "natives"',
    ),
    (
        {"orders": carve_out(organisations=["labs"])},
        'orders.0.carve_outs.0.organisations.0: there is no organisation "labs"; nearest: "lab"',
    ),
    (
        {"orders": carve_out(citizenships=["XX"])},
        'orders.0.carve_outs.0.citizenships.0: "XX" is no country of ISO 3166',
    ),
    ({"verdict__limits": [0.1, 0.1]}, "verdict.limits.1: limits must ascend, each above the one before"),
    (
        {"verdict__at": "2026-06-20T00:00:00-04:00"},
        "verdict.at: lies outside the window; the window begins 2026-06-10T00:00:00-04:00 and "
        "ends 2026-06-20T00:00:00-04:00",
    ),
    # People
    ({"people": 3001}, "people: 3,001 accounts cannot stand for 3,000; people must be at most represents"),
]


@pytest.mark.parametrize(("changes", "message"), CASES, ids=[message[:50] for _, message in CASES])
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    assert wrong(**changes) == [message]


FINE: list[dict[str, Any]] = [
    {"orders": []},
    {"orders": order() + order(issued="2026-06-13T00:00:00-04:00", ends=[{"kind": "stayed", "after": "3d"}])},
    {"orders": order(issued="2026-01-01T00:00:00Z")},
    {"segments__foreigners__co_users": {"foreigners": {"present": 1.0, "share": 0.5}}},
    {"segments__visitors__documents": {"passport": 0.0}},
    {"segments__visitors__share": 0.0, "segments__natives__share": 0.6},
    {"signals__ip__accuracy": Whole({"US": {"US": 0.9, "other": 0.1}, "*": {"other": 1.0}})},
    {"signals__ip__accuracy": Whole({"*": 0.9})},
    {"regions__other": ["CA"]},
    {"causes__x": {"signals": ["ip"], "probability": 0.1, "scope": "network", "people_per_network": 3}},
    {"desk": None, "documents__passport__to_desk": 0.0},
    {"desk__shifts": [{"days": ["mon"], "start": "00:00", "end": "24:00", "reviewers": 0}] * 2},
    {"policies": {}},
    {"signals": Whole(), "policies": Whole(open={"family": "open"})},
    {"policies__l": {"family": "listed", "age_at_least": "90d"}},
    {"policies__careful__check_above": None},
    {"verdict__at": "2026-06-10T00:00:00-04:00"},
    {
        "readings__person__restricts": [
            {"located": ["abroad"]},
            {"status": ["nonresident"], "citizenship": ["CU", "*"]},
        ]
    },
]


@pytest.mark.parametrize("changes", FINE, ids=[str(changes)[:50] for changes in FINE])
def test_what_is_unusual_and_fits_is_no_error(changes: dict[str, Any]) -> None:
    assert wrong(**changes) == []


def test_nobody_who_needs_the_service_is_an_error() -> None:
    idle = {name: {"needs_per_day": 0} for name in small_data()["segments"]}
    assert wrong(segments=idle) == [
        "segments: nobody ever needs the service: every share or needs_per_day is 0"
    ]


def test_as_many_documents_and_readings_as_the_fast_engine_counts_and_no_more() -> None:
    kind = small_data()["documents"]["passport"]
    clause = {"restricts": [{"status": ["temporary"]}]}
    for more in (0, 1):
        documents = {"passport": kind} | {f"d{number}": kind for number in range(MOST_DOCUMENTS - 1 + more)}
        readings = {f"r{number}": clause for number in range(MOST_READINGS - 2 + more)}
        scenario = small(documents=documents, readings=readings)
        assert len(scenario.readings) == MOST_READINGS + more
        found = [f"{dotted(one.path)}: {one.message}" for one in inconsistencies(scenario)]
        if more:
            assert found == ["documents: has 36 entries: at most 35", "readings: has 32 entries: at most 31"]
            with pytest.raises(ValueError, match="at most 35 kinds of documents"):
                counting(scenario)
        else:
            assert found == []
            counting(scenario)


def test_more_co_users_than_draws_are_numbered_for_are_refused() -> None:
    template = {**small_data()["segments"]["visitors"], "share": 0.0}
    segments = {f"c{number}": template for number in range(64)}
    co_users = Whole({name: {"present": 0.1, "share": 0.001} for name in segments})
    found = wrong(segments=segments, segments__natives__co_users=co_users)
    assert found == ["segments.natives.co_users: has 64 entries: at most 63"]


def test_too_many_cells_are_counted_before_anything_is_made() -> None:
    signals = {f"s{number}": {"observes": "card"} for number in range(10)}
    (message,) = wrong(signals=signals)
    # Twelve signals of two regions and "unknown", six channels, two models, two age bands.
    assert message.startswith(
        f"signals: the signals, channels, models and age bands make {3**12 * 6 * 2 * 2:,} cells"
    )


def test_a_population_that_no_memory_holds_is_refused_with_what_it_would_take() -> None:
    data = small_data(people=10**11, represents=10**11)
    with pytest.raises(
        ScenarioError, match=r"people: 100,000,000,000 accounts would take about .* TB of memory"
    ):
        build(data)
    with pytest.raises(
        ScenarioError, match="people: 1,000,000,000,000 accounts cannot stand for 3,000"
    ) as caught:
        build(small_data(people=1e12))
    assert "PB of memory" in str(caught.value) or "TB of memory" in str(caught.value)


def test_bodies_and_needs_are_expectations() -> None:
    bodies, needs = bodies_and_needs(small(), 1000)
    assert bodies == pytest.approx(1000 * (1 + 0.4 * 0.1))
    assert needs == pytest.approx(1000 * 10 * (0.5 + 0.1 * 2 + 0.4))


def test_an_engine_refuses_what_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consistency, "memory_of_this_machine", lambda: 10**9)
    scenario = small()
    refuse_if_too_large(scenario, 100_000, LEAST)
    with pytest.raises(
        ScenarioError, match=r"1,000,000 accounts would take .* at most about 154,\d\d\d fit"
    ) as caught:
        refuse_if_too_large(scenario, 1_000_000)
    assert "6.48 GB of memory, this machine has 1 GB" in str(caught.value)
    refuse_if_too_large(scenario, 154_000, REFERENCE)
    with pytest.raises(ScenarioError):
        refuse_if_too_large(scenario, 1000, Footprint(10**6, 0))


def test_no_people_are_refused() -> None:
    with pytest.raises(ScenarioError, match="must be at least 1, is 0"):
        refuse_if_too_large(small(), 0)


def _raising(error: type[Exception]) -> Callable[[str], int]:
    def sysconf(_: str) -> int:
        raise error

    return sysconf


def test_where_the_system_does_not_tell_its_memory_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (memory_of_this_machine() or 0) > 10**7
    monkeypatch.setattr(os, "sysconf", _raising(ValueError))
    assert memory_of_this_machine() is None
    refuse_if_too_large(small(), 10**15)
