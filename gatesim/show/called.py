"""What a number that moves is called, in the words of the page."""

from __future__ import annotations

from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import Patterns
from gatesim.scenario.parameter import Parameter
from gatesim.show.app.levers import Lever, levers_of, signal_words


def lever_words(lever: Lever) -> str:
    """What a lever of the page is called, and whom or what it is about."""
    return f"{lever.label} ({lever.about})" if lever.about else lever.label


def called(loaded: Loaded, parameter: Parameter) -> str:
    """What a number is called on the axis of a chart.

    Parameters
    ----------
    loaded
        The scenario, which has an order.
    parameter
        The number.

    Returns
    -------
    str
        Where the page can move the same values, its words. Else the title of what is known about them, with the key
        where that speaks of a whole table; the key alone where nothing is known of all of them.
    """
    for lever in levers_of(loaded):
        if lever.parameter.paths == parameter.paths:
            return lever_words(lever)
    path = parameter.paths[0]
    if len(parameter.paths) == 1 and (words := signal_words(loaded.scenario, path)):
        return words
    known = Patterns(loaded.scenario.assumptions)
    patterns = {known.best(one) for one in parameter.paths}
    if len(patterns) > 1 or parameter.title == parameter.key:
        return parameter.key
    names_it = str(patterns.pop()).endswith(str(path[-1]))
    return parameter.title if names_it else f"{parameter.title}: {parameter.key}"
