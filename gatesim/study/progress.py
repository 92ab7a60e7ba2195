"""How work that takes a while says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called now and then with the share of the work that is done, from 0 to 1, and what is being done."""
