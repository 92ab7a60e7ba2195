"""How wide words are in the font of charts, so that names of capitals do not run over what stands beside them."""

from __future__ import annotations

from unicodedata import normalize

_WIDTHS = {
    "'ijl": 0.222,
    "|": 0.26,
    " !,./:;I[\\]ft": 0.278,
    "()`r-": 0.334,
    "“”„": 0.334,
    '"': 0.355,
    "*": 0.389,
    "^": 0.469,
    "Jcksvxyz": 0.5,
    "#$0123456789?L_abdeghnopqu": 0.556,
    "+<=>~": 0.584,
    "FTZ": 0.611,
    "&ABEKPSVXY": 0.667,
    "CDHNRUw": 0.722,
    "GOQ": 0.778,
    "Mm": 0.833,
    "%": 0.889,
    "W": 0.944,
    "@…": 1.015,
}
_OF = {letter: width for letters, width in _WIDTHS.items() for letter in letters}
_LATIN, _OTHER, _FIRST_OTHER = 0.61, 1.0, "\u0370"

_BOLD = 1.08


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Points that a line takes in letters of a size.

    By the widths of Helvetica's letters (Adobe's font metrics), which Arial and Liberation Sans share. Bold lines are
    taken to be wider by 8 %: most are by less, one of narrow letters alone may be by more. A letter with marks is as
    wide as without them, and all beyond Latin are taken as squares.
    """
    plain = (normalize("NFD", c)[0] for c in text)
    ems = sum(_OF.get(c, _OTHER if c >= _FIRST_OTHER else _LATIN) for c in plain)
    return ems * size * (_BOLD if bold else 1.0)
