"""Drawings for the pages of the demonstration: plain shapes, that nobody takes for photographs."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from app.accounts.models import User
from app.organisations.models import Organisation
from app.organisations.pictures import draw, keep
from app.organisations.services import add_picture

SIZE = (960, 640)
NIGHT, LILAC, PALE, SUN, LEAF, ROSE, WHITE = (
    "#1f1b4d",
    "#b9aef0",
    "#efecfc",
    "#f6c453",
    "#5aa27c",
    "#e58f8f",
    "#ffffff",
)


def add_drawings(organisation: Organisation, owner: User, now: dt.datetime) -> None:
    """Put the drawings on the page of an organisation, each with its description."""
    for alt, paint in DRAWINGS.items():
        image = Image.new("RGB", SIZE, PALE)
        paint(ImageDraw.Draw(image))
        sent = io.BytesIO()
        image.save(sent, "PNG")
        add_picture(owner, organisation, keep(draw(sent.getvalue())), alt, now=now)


def _person(on: ImageDraw.ImageDraw, x: int, y: int, colour: str) -> None:
    """Draw somebody standing: a head, and shoulders that go down to the ground at `y`."""
    on.rounded_rectangle((x - 62, y - 240, x + 62, y), radius=58, fill=colour)
    on.ellipse((x - 46, y - 340, x + 46, y - 248), fill=NIGHT)


def _garden(on: ImageDraw.ImageDraw) -> None:
    on.ellipse((740, 60, 860, 180), fill=SUN)
    on.rectangle((0, 470, 960, 640), fill=LEAF)
    for x in (90, 200):
        on.rectangle((x - 10, 320, x + 10, 480), fill=NIGHT)
        on.ellipse((x - 80, 190, x + 80, 350), fill=LEAF)
    _person(on, 480, 540, LILAC)
    _person(on, 640, 540, WHITE)


def _table(on: ImageDraw.ImageDraw) -> None:
    on.rounded_rectangle((80, 70, 380, 250), radius=20, fill=WHITE)
    on.line((230, 70, 230, 250), fill=LILAC, width=10)
    for x, colour in ((250, ROSE), (480, LILAC), (710, LEAF)):
        _person(on, x, 520, colour)
    on.rounded_rectangle((120, 430, 840, 490), radius=24, fill=NIGHT)
    for x in (300, 480, 660):
        on.rounded_rectangle((x - 26, 384, x + 26, 432), radius=10, fill=SUN)


def _house(on: ImageDraw.ImageDraw) -> None:
    on.rectangle((0, 520, 960, 640), fill=LEAF)
    on.polygon(((180, 260), (480, 90), (780, 260)), fill=NIGHT)
    on.rectangle((220, 260, 740, 540), fill=WHITE)
    for x in (270, 590):
        on.rounded_rectangle((x, 310, x + 100, 410), radius=12, fill=SUN)
    on.rounded_rectangle((430, 360, 530, 540), radius=14, fill=LILAC)
    on.ellipse((504, 444, 520, 460), fill=NIGHT)


DRAWINGS: dict[str, Callable[[ImageDraw.ImageDraw], None]] = {
    "Dessin\u00a0: une grande maison blanche au milieu d’un jardin.": _house,
    "Dessin\u00a0: deux personnes se promènent sous le soleil, près des arbres.": _garden,
    "Dessin\u00a0: trois collègues autour d’une table, avec une tasse chacun.": _table,
}
