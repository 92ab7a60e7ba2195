"""How long the page of ``gatesim app`` takes to work out what follows from a move: a first look, and the whole.

Run ``python -m benchmarks.glance``; it prints one JSON object: medians over ten moves of one slider of the flagship, in
seconds by the clock. Drawing is not in it.
"""

from __future__ import annotations

import json
import statistics
import time

from gatesim.scenario import load
from gatesim.show.app.settings import Panel, Settings
from gatesim.study.glance import glances

SCENARIO = "june-2026"
LEVER = "signals.ip.accuracy.US"
MOVES = 10


def main() -> None:
    """Move, and print."""
    panel = Panel(SCENARIO, load(SCENARIO), SCENARIO)
    first, whole = [], []
    for move in range(1 + MOVES):
        settings = panel.moved(Settings(), LEVER, 0.96 + 0.001 * move)
        began = time.perf_counter()
        loaded = panel.scenario(settings)
        looks = []
        for _ in glances(loaded, panel.question(loaded, settings)):
            looks.append(time.perf_counter() - began)
        # The first move also reads what all others share.
        if move:
            first.append(looks[0])
            whole.append(looks[-1])
    print(
        json.dumps({"moves": MOVES, "first_s": statistics.median(first), "whole_s": statistics.median(whole)})
    )


if __name__ == "__main__":
    main()
