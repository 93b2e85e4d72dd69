"""What every kind of listing says, and how a form becomes the values of the services."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from wtforms import (
    Field,
    HiddenField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import Length, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from app.core.clock import PARIS, paris_date, paris_instant
from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.geography.queries import Place, find_place, get_place
from app.listings.enums import (
    DiplomaNeed,
    Kind,
    Modality,
    PayPeriod,
)
from app.listings.forms.fields import (
    MAX_PAY_EUROS,
    MAX_TEXT,
    NOT_IN_LIST,
    TOO_LONG,
    FrenchDateField,
    Needed,
    parse_number,
    text_field,
    tick_boxes,
    workplace_choices,
)
from app.listings.models import Listing, ListingSession
from app.professions.queries import diplomas, profession_by_id

# When a day of a period begins and ends, for those that have no hours.
FIRST_HOUR, LAST_HOUR = dt.time(9), dt.time(17)


class ListingForm(BaseForm):
    """What every kind of listing says. `draft` is set by the view before validation."""

    draft = False
    page_order = (
        *("title", "from_profession_id", "profession_id", "description", "conditions", "date*"),
        *("place", "address", "workplace", "publics", "pay_min", "pay_max", "pay_period"),
        *("collective_agreement", "hours_min", "hours_max", "schedules", "hours_label"),
        *("contract", "contract_months", "duration_label", "duration_months", "duration_hours"),
        *("starts_on", "ends_on", "modality", "positions", "diploma_need", "diploma_id"),
        *("entry_conditions", "licence_required", "free", "cost", "funding"),
        *("contact_name", "deadline"),
    )

    # Which text was opened: see text_version.
    version = HiddenField()
    # Which sessions its dates are, in order: somebody else may add one before them meanwhile.
    dates = HiddenField()
    title = text_field(
        lazy("Intitulé"),
        160,
        Needed(
            lazy("Donnez un titre, par exemple «\u00a0Aide-soignant·e de jour\u00a0»."), always=True
        ),
    )
    description = TextAreaField(
        lazy("Description"),
        validators=[
            Needed(lazy("Décrivez l’annonce en quelques phrases simples.")),
            Length(max=MAX_TEXT, message=TOO_LONG),
        ],
    )
    conditions = TextAreaField(
        lazy("Ce qui est difficile, ce que vous proposez"),
        validators=[Length(max=MAX_TEXT, message=TOO_LONG)],
    )
    place = text_field(
        lazy("Commune"),
        120,
        Needed(lazy("Indiquez la commune, par exemple Bron (69500).")),
    )
    address = text_field(lazy("Adresse"), 200)
    workplace = SelectField(
        lazy("Lieu d’exercice"),
        choices=workplace_choices,
        default="",
        invalid_choice_message=NOT_IN_LIST,
    )
    publics = tick_boxes(lazy("Auprès de qui\u00a0?"), "public")
    contact_name = text_field(
        lazy("Qui répond aux candidatures\u00a0?"),
        120,
        Needed(lazy("Indiquez un nom et une fonction, par exemple Mme Ravier, cadre de santé.")),
    )
    deadline = FrenchDateField(lazy("Dernier jour pour répondre"), validators=[MayBeEmpty()])

    found_place: Place | None = None
    slots = 0

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def validate_place(self, field: Field) -> None:
        """Find the commune that the text names."""
        self.found_place = find_place(field.data) if field.data else None
        if field.data and self.found_place is None:
            raise ValidationError(
                _(
                    "Nous ne connaissons pas cette commune. "
                    "Écrivez son nom et son code postal, par exemple Bron (69500)."
                )
            )

    def validate_deadline(self, field: Field) -> None:
        """Refuse a day that is over."""
        if field.data is not None and field.data < self.today:
            raise ValidationError(_("Cette date est passée. Choisissez un jour à venir."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then that each date has its hour and ends after it starts."""
        valid = super().validate(extra_validators)
        for fields in (slot for slot in self.session_fields if "last" in slot):
            day, last = fields["day"].data, fields["last"].data
            if last and (day is None or last < day):
                message = _("La fin vient avant le début. Corrigez l’une des deux dates.")
                fields["last"].errors = [*fields["last"].errors, message]
                valid = False
        for fields in (slot for slot in self.session_fields if "start" in slot):
            day, start, end = (fields[name].data for name in ("day", "start", "end"))
            if day and not start and not fields["start"].errors:
                fields["start"].errors = [_("Indiquez l’heure, par exemple 14:00.")]
                valid = False
            if start and end and end < start:
                message = _("La fin vient avant le début. Corrigez l’une des deux heures.")
                fields["end"].errors = [*fields["end"].errors, message]
                valid = False
        return valid

    @property
    def session_fields(self) -> list[dict[str, Field]]:
        """Return the fields of each date: first and last day, hours, capacity, deadline, label."""
        names = ("day", "last", "start", "end", "capacity", "closing", "label")
        return [
            {name: self[f"date{n}_{name}"] for name in names if f"date{n}_{name}" in self}
            for n in range(1, self.slots + 1)
        ]

    def values(self, sessions: list[ListingSession]) -> dict[str, Any]:
        """Return the values of the listing, as the services take them.

        `sessions`: those the listing has, in order.
        """
        found: dict[str, Any] = {}
        for field in self:
            if field.name in DIRECT:
                found[field.name] = field.data if field.data is not None else _EMPTY.get(field.name)
        for name, column, convert in _AMOUNTS:
            if name in self:
                value = parse_number(self[name].data or "")
                found[column] = None if value is None else convert(value)
        found["commune_code"] = self.found_place.code if self.found_place else None
        found["workplace"] = self.workplace.data or None
        if "pay_period" in found and not (found["pay_min_cents"] and found["pay_period"]):
            found["pay_min_cents"] = found["pay_max_cents"] = found["pay_period"] = None
        if "free" in self:
            found["cost_cents"] = 0 if self["free"].data else found.get("cost_cents")
        found["positions"] = found.get("positions") or 1
        if self.slots:
            found["sessions"] = self._sessions(sessions)
        return found

    def typed_values(self) -> dict[str, Any]:
        """Return the values that can be read so far, whatever else is wrong, to show them.

        Named as the columns, with `place_label` and `sessions`. Nothing of it is fit to be kept.
        """
        found: dict[str, Any] = dict.fromkeys(_SHOWN)
        found |= {field.name: field.data for field in self if field.name in DIRECT}
        for name, column, convert in _AMOUNTS:
            found[column] = _readable(self[name].data, convert) if name in self else None
        found["pay_period"] = found["pay_period"] if found["pay_period"] in set(PayPeriod) else None
        found["modality"] = found["modality"] if found["modality"] in set(Modality) else None
        if "free" in self and self["free"].data:
            found["cost_cents"] = 0
        place = find_place(self.place.data) if self.place.data else None
        found["place_label"] = place.name if place else self.place.data or ""
        found["workplace"] = self.workplace.data or None
        found["sessions"] = [
            _session_values(fields, None)
            for fields in self.session_fields
            if fields["day"].data is not None and _readable(fields["capacity"].data, int) != 0
        ]
        return found

    def propose(self) -> None:
        """Fill what is empty with what the reference base says of the profession chosen.

        Raises ValidationError when no profession is chosen.
        """
        chosen = self["profession_id"].data if "profession_id" in self else None
        profession = profession_by_id(chosen or 0)
        if profession is None:
            raise ValidationError(_("Choisissez d’abord le métier."))
        tasks = "\n".join(f"- {task}" for task in profession.data["typical_tasks"])
        _fill(self.title, profession.label)
        _fill(self.description, f"{profession.summary}\n\n{tasks}")
        _fill(self.workplace, next(iter(profession.workplaces), ""))
        if "diploma_need" in self and not self["diploma_need"].data:
            needed = profession.data["required_diplomas"] if profession.regulated else ()
            self["diploma_need"].data = DiplomaNeed.REQUIRED if needed else DiplomaNeed.NONE
            ids = {entry.slug: entry.id for entry in diplomas()}
            _fill(self["diploma_id"], next((ids[slug] for slug in needed if slug in ids), None))

    def shown_sessions(self, existing: list[ListingSession]) -> list[ListingSession | None]:
        """Return the session that each date of the form is; None for one that is gone."""
        if not self.dates.data:
            return list(existing)
        by_id = {str(session.id): session for session in existing}
        return [by_id.get(session_id) for session_id in self.dates.data.split(",")]

    def _sessions(self, existing: list[ListingSession]) -> list[dict[str, Any]]:
        found, shown = [], self.shown_sessions(existing)
        for index, fields in enumerate(self.session_fields):
            known = shown[index] if index < len(shown) else None
            if fields["day"].data is not None:
                found.append(_session_values(fields, known))
        return found


def _session_values(fields: dict[str, Field], known: ListingSession | None) -> dict[str, Any]:
    day: dt.date = fields["day"].data
    start = fields["start"].data if "start" in fields else None
    capacity = _readable(fields["capacity"].data, int)
    label = fields.get("label")
    return {
        "id": known.id if known else None,
        "starts_at": paris_instant(day, start or FIRST_HOUR),
        "ends_at": _end_of_session(day, fields, known),
        "deadline": fields["closing"].data if "closing" in fields else None,
        "capacity": capacity,
        "label": label.data if label else "",
    }


def _end_of_session(
    day: dt.date, fields: dict[str, Field], known: ListingSession | None
) -> dt.datetime | None:
    if "last" in fields:
        last = fields["last"].data
        return paris_instant(last, LAST_HOUR) if last else None
    end = fields["end"].data if "end" in fields else None
    if end is not None:
        return paris_instant(day, end)
    typed = "start" in fields and fields["start"].data
    return known.ends_at if known and not typed else None


def _fill(field: Field, value: Any) -> None:
    if field.data in (None, "", []) and value:
        field.data = value


def _readable(text: str | None, convert: Callable[[Decimal], Any]) -> Any:
    """Return a number as it is typed, or None when there is none to be read."""
    try:
        value = parse_number(text or "")
        return None if value is None or abs(value) > MAX_PAY_EUROS else convert(value)
    except ValueError:
        return None


def _cents(value: Decimal) -> int:
    return round(value * 100)


DIRECT = frozenset(
    {
        "address",
        "collective_agreement",
        "conditions",
        "contact_name",
        "contract",
        "deadline",
        "description",
        "diploma_id",
        "diploma_need",
        "duration_label",
        "ends_on",
        "entry_conditions",
        "from_profession_id",
        "funding",
        "hours_label",
        "licence_required",
        "modality",
        "pay_period",
        "profession_id",
        "publics",
        "schedules",
        "starts_on",
        "title",
    }
)
# What a card shows of a listing of any kind.
_SHOWN = DIRECT | {"pay_min_cents", "pay_max_cents", "cost_cents", "title"}
_EMPTY: dict[str, Any] = {"diploma_need": DiplomaNeed.UNKNOWN}
_AMOUNTS: tuple[tuple[str, str, Callable[[Decimal], Any]], ...] = (
    ("pay_min", "pay_min_cents", _cents),
    ("pay_max", "pay_max_cents", _cents),
    ("hours_min", "hours_min", float),
    ("hours_max", "hours_max", float),
    ("contract_months", "contract_months", float),
    ("positions", "positions", int),
    ("cost", "cost_cents", _cents),
    ("duration_months", "duration_months", float),
    ("duration_hours", "duration_hours", int),
)


def initial_values(listing: Listing) -> dict[str, Any]:
    """Return what the form of a listing shows first."""
    dates = ",".join(str(session.id) for session in listing.sessions)
    return _shown_values(listing) | {"version": text_version(listing), "dates": dates}


def text_version(listing: Listing) -> str:
    """Return a mark that changes with what the form shows, and with nothing else.

    A listing that is confirmed, paused or refused says what it said: nobody loses what she types.
    """
    shown = json.dumps(_shown_values(listing), default=str, sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _shown_values(listing: Listing) -> dict[str, Any]:
    found = {name: getattr(listing, name) for name in DIRECT}
    if listing.diploma_need == DiplomaNeed.UNKNOWN and listing.kind == Kind.JOB:
        found["diploma_need"] = None
    found |= {
        "workplace": listing.workplace or "",
        "contract": listing.contract or "",
        "place": _place_text(listing),
        "free": listing.cost_cents == 0,
        "pay_min": _plain(listing.pay_min_cents, 100),
        "pay_max": _plain(listing.pay_max_cents, 100),
        "cost": _plain(listing.cost_cents, 100) if listing.cost_cents else "",
        "hours_min": _plain(listing.hours_min),
        "hours_max": _plain(listing.hours_max),
        "contract_months": _plain(listing.contract_months),
        "duration_months": _plain(listing.duration_months),
        "duration_hours": _plain(listing.duration_hours),
        "positions": str(listing.positions),
    }
    for number, session in enumerate(listing.sessions, 1):
        found |= _initial_session(number, session)
    # An unknown value leaves the field its default.
    return {name: value for name, value in found.items() if value is not None}


def _initial_session(number: int, session: ListingSession) -> dict[str, Any]:
    start = session.starts_at.astimezone(PARIS)
    end = session.ends_at.astimezone(PARIS) if session.ends_at else None
    values = {
        "day": paris_date(session.starts_at),
        "start": start.time(),
        "end": end.time() if end else None,
        "last": end.date() if end else None,
        "capacity": _plain(session.capacity),
        "closing": session.deadline,
        "label": session.label,
    }
    return {f"date{number}_{name}": value for name, value in values.items()}


def _place_text(listing: Listing) -> str:
    place = get_place(listing.commune_code) if listing.commune_code else None
    return place.label if place else listing.place_label


def _plain(value: float | int | None, divisor: int = 1) -> str:
    if value is None:
        return ""
    amount = value / divisor
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}".replace(".", ",")
