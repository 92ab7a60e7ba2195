"""How long the page of ``gatesim app`` takes to follow a move: a first look, and the whole.

Run ``python -m benchmarks.glance``; it prints one JSON object about ten moves of sliders of the flagship, in seconds
by the clock. ``worked_out`` is what a move of a signal's accuracy takes to be worked out, without drawing. ``seen`` is
what a person sees in a browser after a key, of a move of the limit, of one of a signal's accuracy, and of one of how
many people use a VPN; without the map, with it, and when the map is asked for (see `benchmarks.seen`; it needs
Chromium: ``make browser``). The accuracy is one of the two inputs of the map, the VPN is none. Besides, maps of pairs
of inputs that are drawn at random: of what the desk does, and of what people do or have; and the frontier of one order
of the flagship with a second one.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path

from benchmarks.seen import measured, orders
from gatesim.scenario import load
from gatesim.show.app.levers import DOCUMENTS, STAFF, VPN
from gatesim.show.app.settings import Panel, Settings
from gatesim.study.glance import Kept, glances

SCENARIO = "june-2026"
LEVER = "signals.ip.accuracy.US"
PEOPLE = "vpn.users.home"
MOVES, PAIRS = 10, 10
TWO_ORDERS = Path(__file__).with_name("two_orders.toml")


def pairs() -> dict[str, list[tuple[str, str]]]:
    """Pairs of inputs of a map: of what the desk does with any other, and of two others of which one is what people do.

    Drawn with a fixed seed, so that no pair is chosen for its speed.
    """
    panel, draw = Panel(SCENARIO, load(SCENARIO), SCENARIO), random.Random(SCENARIO)
    levers = [lever for lever in panel.levers if lever.parameter.paths]
    staff = [lever.name for lever in levers if lever.group == STAFF]
    people = [lever.name for lever in levers if lever.group in (VPN, DOCUMENTS)]
    others = [lever.name for lever in levers if lever.name not in staff]

    def drawn(first: list[str], second: list[str]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        while len(found) < PAIRS:
            pair = draw.choice(first), draw.choice(second)
            if pair[0] != pair[1] and PEOPLE not in pair:
                found.append(pair)
        return found

    return {"the desk": drawn(staff, [*others, *staff]), "people": drawn(people, others)}


def worked_out() -> dict[str, float]:
    """Medians of what the moves of one slider take to be worked out."""
    panel = Panel(SCENARIO, load(SCENARIO), SCENARIO)
    first, whole = [], []
    # As on the page: bound B knows nothing of what signals read, and holds while they move.
    history = None
    for move in range(1 + MOVES):
        settings = panel.moved(Settings(), LEVER, 0.96 + 0.001 * move)
        kept = Kept(history=history)
        began = time.perf_counter()
        loaded = panel.scenario(settings)
        looks = []
        for _ in glances(loaded, panel.question(loaded, settings), kept=kept):
            looks.append(time.perf_counter() - began)
        history = kept.history
        # The first move also reads what all others share.
        if move:
            first.append(looks[0])
            whole.append(looks[-1])
    return {"first_s": statistics.median(first), "whole_s": statistics.median(whole)}


def main() -> None:
    """Move, and print."""
    seen = measured(SCENARIO, {"limit": "limit", "signal": LEVER, "people": PEOPLE}, MOVES, pairs())
    seen["the frontier of one order, asked for"] = orders(TWO_ORDERS, PEOPLE, MOVES)
    print(json.dumps({"moves": MOVES, "worked_out": worked_out(), "seen": seen}, indent=2))


if __name__ == "__main__":
    main()
