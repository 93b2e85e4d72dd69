"""When a person may be called: slots of working days, in Paris, that she chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from app.applications import workflow
from app.applications.enums import CALL_BACK_CHOICES, CALL_BACK_HOURS, CALL_BACK_LABELS, CallBack
from app.applications.models import Application
from app.core.clock import PARIS, paris_date, paris_instant
from app.core.database import db
from app.core.errors import NotAllowedTransition
from app.core.i18n import _
from app.core.working_days import is_working_day

# Hours of Paris: from, until.
SLOTS = {
    CallBack.MORNING: (9, 12),
    CallBack.NOON: (12, 14),
    CallBack.AFTERNOON: (14, 18),
    CallBack.EVENING: (18, 20),
}
# Days to look ahead: no row of days off is longer.
LOOK_AHEAD = 10


def written(slots: Iterable[str]) -> str:
    """Return several slots as they are stored, in the order of the day; none or all is "any"."""
    chosen = [slot for slot in SLOTS if slot in set(slots)]
    if CallBack.ANY in slots or len(chosen) in {0, len(SLOTS)}:
        return CallBack.ANY
    return ",".join(chosen)


def read(call_back: str) -> list[CallBack]:
    """Return the slots of what is stored, in the order of the day."""
    return list(SLOTS) if call_back == CallBack.ANY else [CallBack(s) for s in call_back.split(",")]


def words(call_back: str) -> str:
    """Write « Le matin, le soir »."""
    labels = [str(CALL_BACK_LABELS[CallBack(slot)]) for slot in call_back.split(",")]
    return ", ".join([labels[0], *(label.lower() for label in labels[1:])])


def hours(call_back: str) -> str:
    """Write « 9 h – 12 h, 18 h – 20 h »."""
    return ", ".join(str(CALL_BACK_HOURS[CallBack(slot)]) for slot in call_back.split(","))


def open_at(now: dt.datetime) -> frozenset[str]:
    """Return every stored choice that allows a call at this instant."""
    local = now.astimezone(PARIS)
    if not is_working_day(local.date()):
        return frozenset()
    current = [slot for slot, (start, end) in SLOTS.items() if start <= local.hour < end]
    return frozenset(
        choice for choice in CALL_BACK_CHOICES if any(slot in read(choice) for slot in current)
    )


def next_opening(choices: Iterable[str], now: dt.datetime) -> dt.datetime | None:
    """Return the first instant to come at which a slot of these choices begins."""
    starts = {SLOTS[slot][0] for choice in choices for slot in read(choice)}
    today = paris_date(now)
    for ahead in range(LOOK_AHEAD):
        day = today + dt.timedelta(days=ahead)
        if not is_working_day(day):
            continue
        for hour in sorted(starts):
            instant = paris_instant(day, dt.time(hour))
            if instant > now:
                return instant
    return None


def change_call_back(application: Application, call_back: str) -> None:
    """Let the person choose other moments for the call she waits for.

    The time she has waited does not start again. Raises NotAllowedTransition once they have spoken.
    """
    db.session.refresh(application, ["status"], with_for_update=True)
    if not may_choose_call(application):
        raise NotAllowedTransition(_("Vous n’attendez plus d’appel pour cette demande."))
    application.call_back = call_back
    db.session.flush()


def may_choose_call(application: Application) -> bool:
    """Return whether the person waits to be called on the telephone."""
    return application.status in workflow.WAITING and application.phone is not None
