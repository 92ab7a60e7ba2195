"""Draw the picture of the README: the flagship's policies compared."""

from pathlib import Path

import gatesim
from gatesim.show.charts import save

if __name__ == "__main__":
    result = gatesim.run("june-2026", engine="exact")
    save(result.plot.policies(), Path(__file__).parent / "policies.png")
