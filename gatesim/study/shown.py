"""Objects that a notebook shows: what they look like is said in the room above, `gatesim.show.notebook`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Shown:
    """Something that a notebook shows as HTML, and that may have charts, once somebody has said how."""

    html: ClassVar[Callable[[Any], str] | None] = None
    charts: ClassVar[Callable[[Any], Any] | None] = None

    def _repr_html_(self) -> str | None:
        html = type(self).html
        return None if html is None else html(self)

    @property
    def plot(self) -> Any:
        """Its charts, such as ``result.plot.policies()``."""
        charts = type(self).charts
        if charts is None:
            raise AttributeError(f"{type(self).__name__} has no charts")
        return charts(self)
