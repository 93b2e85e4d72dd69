"""Pictures that an organisation shows: what is accepted, how it is made light, where it is kept.

What was sent is never kept: only the colours of its points are, drawn again in two sizes. Where and
when it was taken, what else hid in the file and what its name said all stay behind.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageFilter, ImageOps

from app.core import storage
from app.core.errors import DomainError
from app.core.i18n import _
from app.organisations.models import PICTURE_SMALL

FOLDER = "pictures"
EXTENSION = "webp"
MEDIA_TYPE = "image/webp"
ACCEPT = ".jpg,.jpeg,.png,.webp,image/jpeg,image/png,image/webp"
MAX_BYTES = 8 * 1024 * 1024
MIN_WIDTH = 320
WIDE, SMALL = 960, PICTURE_SMALL
# Beyond, one sees a strip: nothing of it can be read on a telephone.
MAX_STRETCH = 3
# A JPEG is read at the size that is needed; the others must be unpacked whole.
MAX_PIXELS = {"JPEG": 60_000_000, "PNG": 12_000_000, "WEBP": 12_000_000}
# What each size may weigh: six small ones and the page stay under 150 kB.
WEIGHTS = {WIDE: 70_000, SMALL: 12_000}
_ONE_AT_A_TIME = threading.Lock()
# Blur radius and quality, from the best.
ATTEMPTS = ((0, 80), (0, 65), (0, 50), (0, 35), (0, 20), (1, 30), (2, 30), (4, 30))


class PictureRefused(DomainError):
    """The picture cannot be taken; the message says what to do."""

    status = 422


@dataclass(frozen=True)
class Drawn:
    """A picture drawn again, in its two sizes. `width` and `height`: those of the wide one."""

    wide: bytes
    small: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Kept:
    """The two files of a picture, in the store."""

    key: str
    sha256: str
    small_key: str
    small_sha256: str
    width: int
    height: int


def draw(data: bytes) -> Drawn:
    """Return the picture drawn again, upright and light. Raises PictureRefused."""
    if not data:
        raise PictureRefused(_("Ce fichier est vide. Choisissez-en un autre."))
    if len(data) > MAX_BYTES:
        raise PictureRefused(
            _(
                "Cette image est trop lourde. Elle doit faire %(mb)d\u00a0Mo au plus.",
                mb=MAX_BYTES // 2**20,
            )
        )
    # Unpacked, one may weigh half a gigabyte: never two at once in a process.
    with _ONE_AT_A_TIME:
        canvas = _points_of(data)
    if canvas.width < MIN_WIDTH:
        raise PictureRefused(
            _(
                "Cette image est trop petite\u00a0: il lui faut %(width)d points de large.",
                width=MIN_WIDTH,
            )
        )
    if max(canvas.size) > MAX_STRETCH * min(canvas.size):
        raise PictureRefused(
            _("Cette image est trop allongée. Recadrez-la, par exemple en 3 sur 2.")
        )
    wide, small = _at_most(canvas, WIDE), _at_most(canvas, SMALL)
    return Drawn(
        _encoded(wide, WEIGHTS[WIDE]), _encoded(small, WEIGHTS[SMALL]), wide.width, wide.height
    )


def keep(drawn: Drawn) -> Kept:
    """Write both files and return where. Call it before the row is committed.

    If the row never comes, files without a row are swept later; the reverse cannot happen.
    """
    return Kept(
        key=storage.keep(FOLDER, EXTENSION, drawn.wide),
        sha256=hashlib.sha256(drawn.wide).hexdigest(),
        small_key=storage.keep(FOLDER, EXTENSION, drawn.small),
        small_sha256=hashlib.sha256(drawn.small).hexdigest(),
        width=drawn.width,
        height=drawn.height,
    )


def kept_before(instant: dt.datetime) -> list[str]:
    """Return the names of the files written before `instant`."""
    return storage.kept_before(FOLDER, instant)


def _points_of(data: bytes) -> Image.Image:
    """Return the points of a picture, upright, on white, and nothing else of the file."""
    try:
        with warnings.catch_warnings():
            # A size that only worries Pillow is refused below, in our words.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _opened(data)
    except Image.UnidentifiedImageError as error:
        raise PictureRefused(
            _("Ce fichier n’est pas une image JPEG, PNG ou WebP. Choisissez-en une autre.")
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError) as error:
        # Damaged files make the decoders raise these.
        raise PictureRefused(
            _("Cette image est abîmée. Enregistrez-la à nouveau, puis renvoyez-la.")
        ) from error


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=list(MAX_PIXELS)) as image:
        if image.width * image.height > MAX_PIXELS[str(image.format)]:
            raise _too_large()
        image.draft("RGB", (2 * WIDE, 2 * WIDE))
        upright = ImageOps.exif_transpose(image)
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        upright = upright.convert("RGBA")
    canvas = Image.new("RGB", upright.size, "white")
    canvas.paste(upright, mask=upright.getchannel("A"))
    return canvas


def _too_large() -> PictureRefused:
    return PictureRefused(_("Cette image est trop grande. Envoyez-en une version plus petite."))


def _at_most(canvas: Image.Image, width: int) -> Image.Image:
    if canvas.width <= width:
        return canvas
    height = max(1, round(canvas.height * width / canvas.width))
    return canvas.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, weight: int) -> bytes:
    """Return the picture in the best quality that fits `weight`, softer if nothing else does."""
    data = b""
    for radius, quality in ATTEMPTS:
        buffer = io.BytesIO()
        shown = image.filter(ImageFilter.GaussianBlur(radius)) if radius else image
        shown.save(buffer, "WEBP", quality=quality, method=4)
        data = buffer.getvalue()
        if len(data) <= weight:
            break
    return data
