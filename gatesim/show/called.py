"""What a number that moves is called, in the words of the page."""

from __future__ import annotations

from gatesim.measures.wording import order_name
from gatesim.scenario import Loaded
from gatesim.scenario.assumptions import Patterns
from gatesim.scenario.parameter import Parameter
from gatesim.scenario.schema import Scenario
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
        where that speaks of a whole table; the key alone where nothing is known of all of them. Of several orders it
        says whose it is.
    """
    for lever in levers_of(loaded):
        if lever.parameter.paths == parameter.paths:
            return lever_words(lever)
    if whose := of_order(loaded.scenario, parameter):
        is_limit = all("standard" in path and path[-1] == "limit" for path in parameter.paths)
        return f"{'Limit on leaks' if is_limit else _known(loaded, parameter)} ({whose})"
    return _known(loaded, parameter)


def of_order(scenario: Scenario, parameter: Parameter) -> str:
    """How the order is called that a number belongs to; empty where there is one order, or it belongs to none."""
    numbers = {path[1] if path[0] == "orders" else None for path in parameter.paths}
    number = numbers.pop() if len(numbers) == 1 else None
    if len(scenario.orders) < 2 or not isinstance(number, int):
        return ""
    name = order_name(scenario, number)
    return f"“{name}”" if scenario.orders[number].title else name


def key_words(scenario: Scenario, parameter: Parameter) -> str:
    """A key, which counts orders from zero, with what the order is called elsewhere."""
    whose = of_order(scenario, parameter)
    return f"{parameter.key} ({whose})" if whose else parameter.key


def _known(loaded: Loaded, parameter: Parameter) -> str:
    """What is known about a number, or its key."""
    path = parameter.paths[0]
    if len(parameter.paths) == 1 and (words := signal_words(loaded.scenario, path)):
        return words
    known = Patterns(loaded.scenario.assumptions)
    patterns = {known.best(one) for one in parameter.paths}
    if len(patterns) > 1 or parameter.title == parameter.key:
        return parameter.key
    names_it = str(patterns.pop()).endswith(str(path[-1]))
    return parameter.title if names_it else f"{parameter.title}: {parameter.key}"
