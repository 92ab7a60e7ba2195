"""Random scenarios: small worlds that use most of what a scenario can say, and that every engine can run.

States last no time or forever, checks take no time and nobody leaves, so that the exact engine leaves
nothing out.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np

from gatesim.scenario.consistency import inconsistencies
from gatesim.scenario.people import CHANNELS, STATUSES
from gatesim.scenario.schema import Scenario
from gatesim.world.space import CellSpace

START = datetime(2026, 6, 9, tzinfo=timezone(timedelta(hours=-4)))
REGIONS = {"US": ["US"], "EU": ["DE", "FR"], "IN": ["IN"], "other": ["*"]}
ATTRIBUTES = ("device", "network", "network_kind", "card", "declared", "organisation")


def random_scenario(rng: np.random.Generator) -> Scenario:
    """A consistent scenario with a policy of every family.

    Parameters
    ----------
    rng
        Where its numbers come from.
    """
    data = _World(rng).data()
    scenario = Scenario.model_validate(data)
    found = [str(finding) for finding in inconsistencies(scenario)]
    assert not found, found
    return scenario


MOST_CELLS = 2000
"""Cells of a world with customers' words, which make sixteen of each."""


def worded_scenario(rng: np.random.Generator) -> Scenario:
    """A `random_scenario` in which customers give their word, with gates that go by it and by the channel.

    On one or two channels. A false word is revoked in some; whoever it is revoked of stays blocked, or does not.
    """
    scenario = random_scenario(rng)
    while _cells(scenario) > MOST_CELLS / 16:
        scenario = random_scenario(rng)
    data = scenario.model_dump(by_alias=True)
    used = list(dict.fromkeys(segment["channel"] for segment in data["segments"].values()))

    def share() -> float:
        return float(rng.choice([0.0, 0.3, 0.8, 1.0]))

    data["attestation"] = {
        channel: {
            "statuses": [s for s in STATUSES if rng.random() < 0.5] or ["citizen"],
            "given": float(rng.choice([0.6, 1.0])),
            "honest": share(),
            "enforced": share(),
            "revoked_after": str(rng.choice(["1d", "4d", "forever"])),
        }
        for channel in used[:2]
    }
    data["signals"]["word"] = {"observes": "attestation", "refresh": "account"}
    data["signals"]["watch"] = {"observes": "revocation", "refresh": "session"}
    others = list(data["policies"])
    rules = {"documents": list(data["documents"])}
    for name, revocation in (("word", {}), ("watched", {"revocation": "watch"})):
        data["policies"][name] = {"family": "attested", "signal": "word", **revocation, **rules}
        data["policies"][name] |= {"otherwise": str(rng.choice(["check", "block"]))}
    parts = {channel: str(rng.choice([*others, "word", "watched"])) for channel in used if rng.random() < 0.8}
    parts[used[0]] = "watched"
    data["policies"]["by_channel"] = {"family": "by_channel", "parts": parts, **rules}
    for name in ("word", "watched", "by_channel"):
        lasting = ("0s", "forever") if rng.random() < 0.5 else ("0s",)  # half of them keep nothing
        for key in ("clearance", "ask_again_after", "allow_lasts", "block_lasts"):
            data["policies"][name][key] = str(rng.choice(lasting))
    made = Scenario.model_validate(data)
    found = [str(finding) for finding in inconsistencies(made)]
    assert not found, found
    return made


def _cells(scenario: Scenario) -> int:
    return CellSpace.of(scenario).size


class _World:
    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.regions = list(REGIONS)[: rng.integers(2, 4)] if rng.random() < 0.8 else list(REGIONS)
        if "other" not in self.regions:
            self.regions.append("other")
        self.models = ["new", "next", "old"][: rng.integers(1, 4)]
        self.organisations = ["lab", "agency"][: rng.integers(1, 3)]
        self.length = int(rng.integers(4, 13))

    def data(self) -> dict[str, Any]:
        rng = self.rng
        documents = self._documents()
        segments = self._segments(documents)
        signals = self._signals()
        data: dict[str, Any] = {
            "schema": 1,
            "title": "A random world",
            "start": START,
            "length": f"{self.length}d" if rng.random() < 0.7 else f"{24 * self.length - 7}h",
            "people": 1000,
            "represents": 100_000,
            "seed": int(rng.integers(2**32)),
            "home": "US",
            "age_bands": ["90d"] if rng.random() < 0.5 else [],
            "regions": {name: REGIONS[name] for name in self.regions},
            "models": self._models(),
            "organisations": {name: {} for name in self.organisations},
            "segments": segments,
            "signals": signals,
            "causes": self._causes(signals),
            "checkers": {
                name: {
                    "false_reject": self._share(0.3),
                    "false_accept": self._share(0.5),
                    "false_match": self._share(0.3),
                }
                for name in ("typical", "other")
            },
            "documents": documents,
            "reactions": {"fall_back": self._share()},
            "readings": {
                "national": {"restricts": [{"status": [s for s in STATUSES if s != "citizen"]}]},
                "person": {"restricts": [{"status": ["temporary", "without_status", "nonresident"]}]},
                "destination": {
                    "restricts": [
                        {"status": ["temporary", "without_status", "nonresident"]},
                        {"located": ["abroad"]},
                        {"entity": ["lab"], "citizenship": ["DE"]},
                    ]
                },
            },
        }
        data["orders"] = [self._order(segments) for _ in range(rng.integers(1, 3))]
        for order in data["orders"]:
            order["carve_outs"] = [c for c in order["carve_outs"] if _for_somebody(c, order, segments)]
        data["policies"] = self._policies(data)
        return data

    def _share(self, most: float = 1.0) -> float:
        """A probability; often one of the ends, where mistakes hide."""
        kind = self.rng.random()
        return 0.0 if kind < 0.15 else most if kind < 0.25 else float(np.round(most * self.rng.random(), 3))

    def _pick(self, names: Any, least: int = 1) -> list[Any]:
        names = list(names)
        count = int(self.rng.integers(least, len(names) + 1))
        return [names[k] for k in sorted(self.rng.permutation(len(names))[:count])]

    def _one(self, names: Any) -> Any:
        names = list(names)
        return names[int(self.rng.integers(len(names)))]

    def _spread(self, names: list[str]) -> dict[str, float]:
        """A distribution over some of the names."""
        chosen = self._pick(names)
        cuts = np.sort(self.rng.integers(1, 100, len(chosen) - 1)) / 100
        parts = np.diff(np.concatenate([[0.0], cuts, [1.0]]))
        return {name: float(round(part, 2)) for name, part in zip(chosen, parts, strict=True)}

    def _models(self) -> dict[str, Any]:
        with_fallback = "old" in self.models and self.rng.random() < 0.7
        return {name: {"fallback": "old"} if with_fallback and name != "old" else {} for name in self.models}

    def _documents(self) -> dict[str, Any]:
        shows = {
            "passport": {"citizen": "citizen"},
            "card": {"citizen": "citizen", "permanent": "permanent", "temporary": "temporary"},
            "vendor": dict.fromkeys(STATUSES, "nothing"),
        }
        return {
            name: {
                "proves": shows[name],
                "checker": self._one(("typical", "other")),
                "cost": self._share(5.0),
            }
            for name in self._pick(shows)
        }

    def _segments(self, documents: dict[str, Any]) -> dict[str, Any]:
        count = int(self.rng.integers(1, 5))
        parts = np.diff(np.concatenate([[0], np.sort(self.rng.integers(5, 96, count - 1)), [100]])) / 100
        found: dict[str, Any] = {}
        for number, share in enumerate(parts):
            found[f"kind-{number}"] = self._segment(float(round(share, 2)), documents)
        if self.rng.random() < 0.5:
            found["guest"] = self._segment(0.0, documents)
        for name, segment in found.items():
            if segment["share"] > 0 and self.rng.random() < 0.5:
                others = self._pick(found)[:2]
                segment["co_users"] = {
                    other: {"present": self._share(), "share": float(round(0.45 * self.rng.random(), 2))}
                    for other in others
                }
            assert name in found
        return found

    def _segment(self, share: float, documents: dict[str, Any]) -> dict[str, Any]:
        rng = self.rng
        status = self._one(STATUSES)
        home = self._one(self.regions)
        segment: dict[str, Any] = {
            "share": share,
            "status": status,
            "citizenship": ["US"] if status == "citizen" else [self._one(("DE", "IN", "GB"))],
            "home": home,
            "channel": self._one(CHANNELS[:3]),
            "account_age": self._one(("10d", "200d")),
            "needs_per_day": float(round(0.2 + 2.5 * rng.random(), 2)),
            "card": self._spread(self.regions),
            "declared": self._spread(self.regions),
            "models": self._spread(self.models),
            "never_answers": self._share(0.5),
            "gives_up": self._share(0.6),
            "presents_forged": self._share(0.5),
            "presents_borrowed": self._share(0.5),
            "documents": {
                name: self._share()
                for name, kind in documents.items()
                if status in kind["proves"] and rng.random() < 0.8
            },
        }
        if rng.random() < 0.4:
            segment["organisation"] = self._one(self.organisations)
        if rng.random() < 0.5:
            segment["activity"] = {"multipliers": [0.5, 3.0], "shares": [0.8, 0.2]}
        if rng.random() < 0.6:
            segment["vpn"] = {
                "users": self._share(),
                "on": self._share(),
                "exits": self._spread(self.regions),
            }
        if rng.random() < 0.6:
            away = [name for name in self.regions if name != home]
            segment["trips"] = {
                "every": f"{rng.integers(2, 20)}d",
                "length": f"{rng.integers(6, 200)}h",
                "to": self._spread(away),
            }
        return segment

    def _signals(self) -> dict[str, Any]:
        count = int(self.rng.choice([1, 2, 3, 4], p=[0.2, 0.35, 0.35, 0.1]))
        return {f"signal-{number}": self._signal(self._one(ATTRIBUTES)) for number in range(count)}

    def _values(self, attribute: str) -> list[str]:
        if attribute == "network_kind":
            return ["direct", "vpn"]
        return [*self.organisations, "none"] if attribute == "organisation" else self.regions

    def _signal(self, attribute: str) -> dict[str, Any]:
        values = self._values(attribute)
        signal: dict[str, Any] = {
            "observes": attribute,
            "accuracy": self._accuracy(values),
            "coverage": self._one((1.0, 0.9, {values[0]: 0.8, "*": 1.0})),
            "refresh": self._one(("account", "place", "session")),
        }
        if self.rng.random() < 0.3:
            signal["errors_to"] = self._spread(values)
        if self.rng.random() < 0.3:
            signal["vpn"] = {"accuracy": self._accuracy(values)}
        if self.rng.random() < 0.3:
            signal["channels"] = {
                self._one(CHANNELS[:3]): {"accuracy": self._accuracy(values), "coverage": 0.7}
            }
        return signal

    def _accuracy(self, values: list[str]) -> Any:
        kind = self.rng.random()
        if kind < 0.5:
            return 1.0 - self._share(0.3)
        if kind < 0.8:
            return {values[0]: 1.0 - self._share(0.4), "*": 1.0 - self._share(0.2)}
        return {value: self._spread(values) for value in values}

    def _causes(self, signals: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for refresh in ("account", "place", "session"):
            tied = [name for name, signal in signals.items() if signal["refresh"] == refresh]
            if tied and self.rng.random() < 0.5:
                cause: dict[str, Any] = {"signals": self._pick(tied), "probability": self._share()}
                on_network = all(signals[name]["observes"] == "network" for name in cause["signals"])
                if refresh == "place" and on_network and self.rng.random() < 0.7:
                    cause |= {"scope": "network", "people_per_network": 3}
                found[f"cause-{refresh}"] = cause
        return found

    def _order(self, segments: dict[str, Any]) -> dict[str, Any]:
        rng = self.rng
        begin = float(rng.integers(-2 * 24, 24 * (self.length - 3)))
        ends = float(rng.integers(int(max(begin, 0)) + 12, 24 * self.length + 48))
        names = [name for name in self.models if name != "old"]
        order: dict[str, Any] = {
            "issued": START + timedelta(hours=begin - 1, minutes=17),
            "grace": "1h",
            "models": self._pick(names),
            "reading": self._one(("national", "person", "destination")),
            "standard": {"kind": "leak_share", "limit": 0.01},
        }
        if rng.random() < 0.6:
            order["ends"] = [{"kind": "lifted", "at": START + timedelta(hours=ends, minutes=29)}]
        conditions = {
            "statuses": self._pick(STATUSES)[:2],
            "citizenships": ["DE"],
            "regions": [self._one(self.regions)],
            "segments": [self._one(segments)],
            "organisations": ["lab"],
            "channels": [self._one(CHANNELS[:3])],
            "models": [self._one(self.models)],
        }
        order["carve_outs"] = [
            {"at": order["issued"] + (timedelta(hours=ends) - timedelta(hours=begin)) * part}
            | {key: conditions[key] for key in self._pick(conditions)[:2]}
            for part in (0.3, 0.6)[: rng.integers(0, 3)]
        ]
        return order

    def _policies(self, data: dict[str, Any]) -> dict[str, Any]:
        rng = self.rng
        signals, documents = list(data["signals"]), list(data["documents"])
        then = self._one(("check", "block"))
        some = self._pick(signals)
        first = data["signals"][signals[0]]
        found: dict[str, dict[str, Any]] = {
            "open": {"family": "open"},
            "shutdown": {"family": "shutdown"},
            "k_of_n": {
                "family": "k_of_n",
                "signals": some,
                "k": int(rng.integers(1, len(some) + 1)),
                "then": then,
            },
            "single": {"family": "single", "signal": signals[-1], "then": "check", "unknown": "ignore"},
            "score": {
                "family": "score",
                "weights": {name: float(rng.integers(-1, 4)) for name in some},
                "unknown_weights": {some[0]: 0.5},
                "check_at": 1.0,
                "block_at": 2.0,
            },
            "posterior": {"family": "posterior", "check_above": 0.2, "block_above": 0.8},
            "rules": {
                "family": "rules",
                "rules": [
                    {
                        "when": {"readings": {signals[0]: [self._values(first["observes"])[0]]}},
                        "then": self._one(("allow", "check")),
                    },
                    {"when": {"channels": ["team"]}, "then": "block"},
                    {"when": {"models": [self.models[0]]}, "then": self._one(("check", "block"))},
                ],
                "otherwise": "allow",
            },
        }
        listed = [name for name in signals if data["signals"][name]["observes"] == "organisation"]
        if listed:
            found["listed"] = {"signal": listed[0], "organisations": [self._one(self.organisations)]}
        elif data["age_bands"]:
            found["listed"] = {"age_at_least": "90d"}
        if "listed" in found:
            found["listed"] |= {"family": "listed", "otherwise": self._one(("check", "block"))}
        for policy in found.values():
            policy["documents"] = self._pick(documents)[::-1]
            for key in ("clearance", "ask_again_after", "allow_lasts", "block_lasts"):
                policy[key] = self._one(("0s", "forever"))
            if rng.random() < 0.2:
                used = {segment["channel"] for segment in data["segments"].values()}
                policy["channels"] = [channel for channel in self._pick(CHANNELS[:3]) if channel in used]
            if rng.random() < 0.2:
                policy["models"] = self._pick(self.models)
        return found


def _for_somebody(carve_out: dict[str, Any], order: dict[str, Any], segments: dict[str, Any]) -> bool:
    """Whether somebody, on their own account or another's, can meet a carve-out; others are refused as input."""
    makers = [(name, name) for name in segments]
    makers += [(name, other) for name, segment in segments.items() for other in segment.get("co_users", {})]

    def meets(owner: str, maker: str) -> bool:
        person = segments[maker]
        values = {
            "statuses": person["status"],
            "citizenships": person["citizenship"][0],
            "segments": maker,
            "organisations": person.get("organisation"),
            "channels": segments[owner]["channel"],
        }
        return all(value in carve_out.get(key, [value]) for key, value in values.items())

    models = set(carve_out.get("models", order["models"]))
    return bool(models & set(order["models"])) and any(meets(*pair) for pair in makers)
