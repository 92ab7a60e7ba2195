"""What the analyst writes: the schema of scenario files, how they are read, and what they rest on."""

from gatesim.scenario.assumptions import Input, count_guesses, rests_on, set_words
from gatesim.scenario.errors import Problem, ScenarioError
from gatesim.scenario.files import Loaded, build, load, loaded_from
from gatesim.scenario.places import seeds, shipped
from gatesim.scenario.schema import Scenario

__all__ = [
    "Loaded",
    "Scenario",
    "Input",
    "Problem",
    "ScenarioError",
    "build",
    "count_guesses",
    "set_words",
    "load",
    "loaded_from",
    "rests_on",
    "seeds",
    "shipped",
]
