"""Charts as PNG pictures: small files, and the same in a notebook with neither scripts nor a network."""

from __future__ import annotations

import zlib
from typing import Any

SIGNATURE = b"\x89PNG\r\n\x1a\n"

SHARP = 2
"""Pixels for each point of a picture, so that it is sharp on fine screens."""


def compressed(png: bytes) -> bytes:
    """The same picture in fewer bytes: its pixels, packed as tightly as zlib can.

    Parameters
    ----------
    png
        A picture. What draws ours packs in haste: this makes a quarter of it.

    Returns
    -------
    bytes
        A PNG with the same pixels and the same other chunks (PNG specification, third edition, section 5).

    Raises
    ------
    ValueError
        If these are not the bytes of a PNG.
    """
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    before, pixels, after, at = b"", b"", b"", len(SIGNATURE)
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            pixels += png[at + 8 : end - 4]
        elif pixels:
            after += png[at:end]
        else:
            before += png[at:end]
        at = end
    body = b"IDAT" + zlib.compress(zlib.decompress(pixels), 9)
    chunk = (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    return SIGNATURE + before + chunk + after


def as_pictures() -> None:
    """From here on, a notebook shows charts as PNG pictures, which stay in its file."""
    import altair as alt

    alt.renderers.register("gatesim", _picture)
    alt.renderers.enable("gatesim")


def _picture(spec: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook is given to show, and its size on the page; in words for those who do not see it."""
    from altair.utils.mimebundle import spec_to_mimebundle

    found, size = spec_to_mimebundle(spec, format="png", mode="vega-lite", ppi=72 * SHARP)
    says = spec.get("description", "")
    words = {"text/plain": says} if says else {}
    about = {"image/png": {**size["image/png"], **({"alt": says} if says else {})}}
    return {"image/png": compressed(found["image/png"]), **words}, about
