"""Draw the pictures of README and docs: the flagship's frontier, and its policies compared."""

from pathlib import Path

import gatesim
from gatesim.show.charts import save

if __name__ == "__main__":
    here = Path(__file__).parent
    save(gatesim.frontier("june-2026").plot.frontier(), here / "frontier.png")
    save(gatesim.run("june-2026", engine="exact").plot.policies(), here / "policies.png")
