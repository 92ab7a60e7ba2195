"""Bounds: what no gate can beat, whatever it makes of what it sees (docs/bounds.md).

Two programs over the probabilities of what a gate can tell apart. `program_a`: gates that decide each need from
its own cell and keep nothing. `program_b`: gates with a memory of an account's own history.
"""

from gatesim.gates.bounds.bound import Bound, Owners, Price, TableRow
from gatesim.gates.bounds.frontier import Frontier, frontier_of
from gatesim.gates.bounds.history import program_b
from gatesim.gates.bounds.one_need import program_a
from gatesim.gates.bounds.program import Part, Program, TooLarge
from gatesim.gates.bounds.requests import Check, all_checks
from gatesim.gates.bounds.solve import least_leak, most_served
from gatesim.gates.bounds.standards import Standard
from gatesim.gates.bounds.verify import Verification, verify
from gatesim.gates.bounds.worth import Worth, worths, worths_of_orders

__all__ = [
    "Bound",
    "Check",
    "Frontier",
    "Owners",
    "Part",
    "Price",
    "Program",
    "Standard",
    "TableRow",
    "TooLarge",
    "Verification",
    "all_checks",
    "frontier_of",
    "least_leak",
    "most_served",
    "program_a",
    "program_b",
    "Worth",
    "verify",
    "worths",
    "worths_of_orders",
]
