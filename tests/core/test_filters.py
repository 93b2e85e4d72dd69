"""French formats, with the non-breaking space that the typeface has."""

from __future__ import annotations

import datetime as dt

import time_machine
from flask import Flask

from app.core import filters
from app.core.i18n import plural


def test_amounts_are_written_in_french(app: Flask) -> None:
    assert filters.euros(207_742) == "2\u00a0077,42\u00a0€"
    assert filters.euros(1_823_00) == "1\u00a0823\u00a0€"


def test_dates_are_written_in_french(app: Flask) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 22, tzinfo=dt.UTC)):
        assert filters.date_short(dt.date(2026, 12, 1)) == "1er\u00a0décembre"
        assert filters.date_short(dt.date(2027, 1, 11)) == "11\u00a0janvier 2027"
        assert filters.date_with_weekday(dt.date(2026, 12, 3)) == "jeudi 3\u00a0décembre"
    assert filters.date_long(dt.date(2026, 12, 31)) == "31\u00a0décembre 2026"


def test_times_are_paris_times(app: Flask) -> None:
    assert filters.time_short(dt.datetime(2026, 12, 3, 5, 45, tzinfo=dt.UTC)) == "6\u00a0h\u00a045"
    assert filters.time_short(dt.datetime(2026, 7, 3, 12, 0, tzinfo=dt.UTC)) == "14\u00a0h"


def test_phones_are_written_as_people_say_them(app: Flask) -> None:
    assert filters.phone("+33639981234") == "06\u00a039\u00a098\u00a012\u00a034"
    assert filters.phone("pas un numéro") == "pas un numéro"


def test_distances_are_rounded(app: Flask) -> None:
    assert filters.distance(0.4) == "à moins de 1\u00a0km"
    assert filters.distance(6.6) == "à 7\u00a0km"


def test_counts_are_written_as_people_read_them(app: Flask) -> None:
    counted = ("%(num)d annonce", "%(num)d annonces")
    with app.test_request_context():
        assert plural(*counted, 999) == "999 annonces"
        assert plural(*counted, 2_725) == "2\u00a0725 annonces"
        shown = app.jinja_env.from_string('{{ ngettext("%(num)d lue", "%(num)d lues", count) }}')
        assert shown.render(count=1) == "1 lue"
        assert shown.render(count=1_234_567) == "1\u00a0234\u00a0567 lues"
