"""What is found wrong while work goes on is said with the file and line in which it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from gatesim.scenario import loaded_from
from gatesim.scenario.errors import UnplacedError

Study = TypeVar("Study", bound=Callable[..., Any])


def placing(study: Study) -> Study:
    """Let a function of a scenario say with file and line what it finds wrong there while it works.

    Parameters
    ----------
    study
        Takes a scenario first (a path, a shipped name, or one already loaded), and may take ``sets``.
    """

    @wraps(study)
    def placed(source: Any, *args: Any, **named: Any) -> Any:
        try:
            return study(source, *args, **named)
        except UnplacedError as error:
            raise loaded_from(source, named.get("sets", ())).placed(error) from error

    return cast(Study, placed)
