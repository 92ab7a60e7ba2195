"""gatesim: which gates comply with an order, whom they refuse wrongly, and who slips through.

Everything here is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gatesim._version import __version__

if TYPE_CHECKING:
    from gatesim.gates.plugins import Decisions
    from gatesim.scenario import Loaded, ScenarioError, load, shipped
    from gatesim.scenario.starter import new
    from gatesim.show.report import report
    from gatesim.study.check import Check, check
    from gatesim.study.compare import Comparison, compare
    from gatesim.study.decisions import CellStory, DecisionTable
    from gatesim.study.explain import explain
    from gatesim.study.frontier import Frontier, frontier
    from gatesim.study.options import Options, options
    from gatesim.study.relief import Reliefs, relief
    from gatesim.study.result import Result
    from gatesim.study.run import run
    from gatesim.study.sensitivity import Sensitivity, sensitivity
    from gatesim.study.shutdown_map import ShutdownMap, shutdown_map
    from gatesim.study.shutdown_point import ShutdownPoint, shutdown_point
    from gatesim.study.stored import read_run
    from gatesim.study.story import Story
    from gatesim.study.who import Who, who

_HOMES = {
    "load": "gatesim.scenario",
    "shipped": "gatesim.scenario",
    "Loaded": "gatesim.scenario",
    "ScenarioError": "gatesim.scenario",
    "new": "gatesim.scenario.starter",
    "check": "gatesim.study.check",
    "Check": "gatesim.study.check",
    "compare": "gatesim.study.compare",
    "Comparison": "gatesim.study.compare",
    "run": "gatesim.study.run",
    "read_run": "gatesim.study.stored",
    "report": "gatesim.show.report",
    "Result": "gatesim.study.result",
    "options": "gatesim.study.options",
    "Options": "gatesim.study.options",
    "explain": "gatesim.study.explain",
    "CellStory": "gatesim.study.decisions",
    "DecisionTable": "gatesim.study.decisions",
    "Story": "gatesim.study.story",
    "frontier": "gatesim.study.frontier",
    "Frontier": "gatesim.study.frontier",
    "relief": "gatesim.study.relief",
    "Reliefs": "gatesim.study.relief",
    "sensitivity": "gatesim.study.sensitivity",
    "Sensitivity": "gatesim.study.sensitivity",
    "shutdown_point": "gatesim.study.shutdown_point",
    "ShutdownPoint": "gatesim.study.shutdown_point",
    "shutdown_map": "gatesim.study.shutdown_map",
    "ShutdownMap": "gatesim.study.shutdown_map",
    "Decisions": "gatesim.gates.plugins",
    "who": "gatesim.study.who",
    "Who": "gatesim.study.who",
}

__all__ = [
    "CellStory",
    "Check",
    "Comparison",
    "DecisionTable",
    "Decisions",
    "Frontier",
    "Loaded",
    "Options",
    "Reliefs",
    "Result",
    "ScenarioError",
    "Sensitivity",
    "ShutdownMap",
    "ShutdownPoint",
    "Story",
    "Who",
    "__version__",
    "check",
    "compare",
    "explain",
    "frontier",
    "load",
    "new",
    "options",
    "read_run",
    "relief",
    "report",
    "run",
    "sensitivity",
    "shipped",
    "shutdown_map",
    "shutdown_point",
    "who",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
        if _HOMES[name].startswith("gatesim.study"):
            import_module("gatesim.show.notebook")  # says how results look in a notebook
        return found
    raise AttributeError(f"module 'gatesim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
