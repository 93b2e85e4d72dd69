"""What the page of a listing tells search engines, in the words of schema.org.

Only what the page shows and what is known: a job without employer or place is not described, an
unknown pay is left out. See https://developers.google.com/search/docs/appearance/structured-data.
"""

from __future__ import annotations

from typing import Any

from app.core.clock import PARIS, paris_date
from app.listings.enums import OWN_SOURCE, Kind, Modality, PayPeriod
from app.listings.models import Listing, ListingSession

FULL_TIME_HOURS = 35
_PERIODS = {PayPeriod.HOUR: "HOUR", PayPeriod.MONTH: "MONTH", PayPeriod.YEAR: "YEAR"}
_TEMPORARY = {"cdd", "cdd-remplacement", "interim", "vacation"}
_EMPLOYMENT = {"liberal": "CONTRACTOR", "stage": "INTERN", "benevolat-service-civique": "VOLUNTEER"}
_MODES = {Modality.ON_SITE: "Onsite", Modality.REMOTE: "Online", Modality.MIXED: "Blended"}


def structured_data(listing: Listing, *, base_url: str, site_name: str) -> dict[str, Any] | None:
    """Return the JSON-LD of an open listing, or None when nothing true enough can be said."""
    builders = {Kind.JOB: _job, Kind.TRAINING: _course, Kind.EVENT: _event}
    build = builders.get(Kind(listing.kind))
    data = build(listing, base_url, site_name) if build else None
    return None if data is None else {"@context": "https://schema.org"} | _without_empty(data)


def _job(listing: Listing, base_url: str, site_name: str) -> dict[str, Any] | None:
    if not (listing.employer_name and listing.commune and listing.published_at):
        return None
    return {
        "@type": "JobPosting",
        "title": listing.title,
        "description": listing.description_html,
        "datePosted": listing.published_at.astimezone(PARIS).date().isoformat(),
        "validThrough": listing.closes_at.isoformat() if listing.closes_at else None,
        "employmentType": _employment_types(listing),
        "hiringOrganization": {"@type": "Organization", "name": listing.employer_name},
        "jobLocation": _place(listing),
        "baseSalary": _pay(listing),
        "totalJobOpenings": listing.positions if listing.positions > 1 else None,
        "identifier": {
            "@type": "PropertyValue",
            "name": site_name if listing.source == OWN_SOURCE else listing.source,
            "value": str(listing.id) if listing.source == OWN_SOURCE else listing.source_id,
        },
        "directApply": listing.answered_here,
        "url": base_url + listing.path,
    }


def _course(listing: Listing, base_url: str, _site_name: str) -> dict[str, Any] | None:
    if not (listing.employer_name and listing.description):
        return None
    mode = _MODES[Modality(listing.modality)] if listing.modality else None
    return {
        "@type": "Course",
        "name": listing.title,
        "description": listing.summary or listing.description[:500],
        "url": base_url + listing.path,
        "provider": {"@type": "Organization", "name": listing.employer_name},
        "educationalCredentialAwarded": listing.diploma.label if listing.diploma else None,
        "offers": _offer(listing),
        "hasCourseInstance": [
            {
                "@type": "CourseInstance",
                "courseMode": mode,
                "location": _place(listing),
            }
            | _days(session)
            for session in listing.sessions
        ],
    }


def _event(listing: Listing, base_url: str, _site_name: str) -> dict[str, Any] | None:
    if not listing.sessions or not listing.commune:
        return None
    return {
        "@type": "Event",
        "name": listing.title,
        "description": listing.summary or listing.description[:500],
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": _place(listing),
        "organizer": {"@type": "Organization", "name": listing.employer_name}
        if listing.employer_name
        else None,
        "offers": _offer(listing),
        "url": base_url + listing.path,
    } | _dates(listing.sessions[0])


def _days(session: ListingSession) -> dict[str, Any]:
    """Return the days of a training, whose hours nobody has given."""
    end = session.ends_at
    return {
        "startDate": paris_date(session.starts_at).isoformat(),
        "endDate": paris_date(end).isoformat() if end else None,
    }


def _dates(session: ListingSession) -> dict[str, Any]:
    end = session.ends_at
    return {
        "startDate": session.starts_at.astimezone(PARIS).isoformat(),
        "endDate": end.astimezone(PARIS).isoformat() if end else None,
    }


def _place(listing: Listing) -> dict[str, Any] | None:
    commune = listing.commune
    if commune is None:
        return None
    return {
        "@type": "Place",
        "name": listing.place_label,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": listing.address,
            "addressLocality": commune.name,
            "postalCode": commune.postal_code,
            "addressRegion": commune.department_name,
            "addressCountry": "FR",
        },
    }


def _pay(listing: Listing) -> dict[str, Any] | None:
    if listing.pay_min_cents is None or listing.pay_period is None:
        return None
    low, high = listing.pay_min_cents / 100, (listing.pay_max_cents or 0) / 100
    amount = {"minValue": low, "maxValue": high} if high > low else {"value": low}
    unit = {"@type": "QuantitativeValue", "unitText": _PERIODS[PayPeriod(listing.pay_period)]}
    return {"@type": "MonetaryAmount", "currency": "EUR", "value": unit | amount}


def _offer(listing: Listing) -> dict[str, Any] | None:
    if listing.cost_cents is None:
        return None
    category = "Free" if listing.cost_cents == 0 else "Paid"
    return {
        "@type": "Offer",
        "price": listing.cost_cents / 100,
        "priceCurrency": "EUR",
        "category": category,
    }


def _employment_types(listing: Listing) -> list[str]:
    found = []
    hours = listing.hours_max or listing.hours_min
    if hours is not None:
        found.append("FULL_TIME" if hours >= FULL_TIME_HOURS else "PART_TIME")
    if listing.contract in _TEMPORARY:
        found.append("TEMPORARY")
    if listing.contract in _EMPLOYMENT:
        found.append(_EMPLOYMENT[listing.contract])
    return found


def _without_empty(value: Any) -> Any:
    """Remove what is unknown, at every depth; keep false and zero."""
    if isinstance(value, dict):
        cleaned = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in cleaned.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value
