"""Pictures: drawn again, so that nothing but what is seen remains."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from parsing.verdicts import PIXELS, Refused, refuse_hidden_archive

MAX_PIXELS = 50_000_000
# An A4 page at 300 dots an inch is 3,508 pixels high.
DRAWN_SIDE = 4_000
MAX_DRAWN_BYTES = 10 * 2**20
_KINDS = {"jpg": "JPEG", "png": "PNG"}


def check(data: bytes, extension: str) -> bytes:
    """Return the picture drawn again: where it was taken, and what hides behind it, are gone."""
    refuse_hidden_archive(data)
    kind = _KINDS[extension]
    # Its own limit is a warning; ours is right below.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(data), formats=[kind]) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise Refused(PIXELS)
        opened.draft("RGB", (DRAWN_SIDE, DRAWN_SIDE))
        opened.load()
        opened.thumbnail((DRAWN_SIDE, DRAWN_SIDE))
        drawn = ImageOps.exif_transpose(opened)
    if drawn.mode not in {"L", "RGB"}:
        see_through = kind == "PNG" and drawn.has_transparency_data
        drawn = drawn.convert("RGBA" if see_through else "RGB")
    drawn.info.clear()
    written = io.BytesIO()
    drawn.save(written, kind, quality=88)
    if written.tell() > MAX_DRAWN_BYTES:
        raise Refused(PIXELS)
    return written.getvalue()
