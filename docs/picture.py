"""Draw the pictures of README and docs, all of the flagship."""

from pathlib import Path

import gatesim
from gatesim.show.charts import save

FLAGSHIP = "june-2026"
LIMIT, ACCURACY = "orders.0.standard.limit", "signals.ip.accuracy.US"

if __name__ == "__main__":
    here = Path(__file__).parent
    story = gatesim.explain(FLAGSHIP, policy="passport_check", find="waiting")
    outcomes = gatesim.shutdown_map(
        FLAGSHIP, vary=[LIMIT, ACCURACY], low=[0, None], high=[0.05, None], steps=51
    )
    for name, chart in {
        "frontier": gatesim.frontier(FLAGSHIP).plot.frontier(),
        "policies": gatesim.run(FLAGSHIP, engine="exact").plot.policies(),
        "map": outcomes.plot.outcomes(),
        "life": story.plot.life(),
    }.items():
        save(chart, here / f"{name}.png")
