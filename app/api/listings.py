"""/api/v1/listings: searching listings and reading one."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app

from app.api import queries
from app.api.blueprint import answer, bp
from app.api.requests import InvalidParametersError, message, read_query
from app.api.schemas import ListingDetailOut, ListingsOut, ListingsQuery
from app.core.clock import now
from app.core.permissions import public
from app.geography.queries import get_place
from app.listings.enums import KIND_PATHS, OWN_SOURCE, Kind
from app.search.criteria import MAX_RANK, SearchCriteria, clean
from app.search.queries import search
from app.search.vocabulary import known_values


@bp.get("/listings")
@public
def list_listings() -> Response:
    """Search the open listings of every kind."""
    query = read_query(ListingsQuery)
    instant = now()
    results = search(_criteria(query), instant)
    rows = queries.listing_rows(results.ids, instant)
    items = [
        _public(rows[hit.listing_id]) | {"distance_km": _rounded(hit.distance_km)}
        for hit in results.hits
        if hit.listing_id in rows
    ]
    return answer(
        ListingsOut.model_validate(
            {
                "total": results.total,
                "page": results.page,
                "per_page": results.per_page,
                "engine": results.engine,
                "items": items,
                "facets": results.facets,
            }
        )
    )


@bp.get("/listings/<int:listing_id>")
@public
def show_listing(listing_id: int) -> Response:
    """Read an open listing; 410 when it is closed."""
    row = queries.listing_row(listing_id, now())
    if row is None:
        abort(410 if queries.was_published(listing_id) else 404)
    base = _public(row)
    sessions = [
        {
            "starts_at": session.starts_at,
            "ends_at": session.ends_at,
            "deadline": session.deadline,
            "seats_left": session.seats_left,
        }
        for session in queries.session_rows(listing_id)
    ]
    detail = {
        "answer_url": row.source_url or f"{base['url']}/candidater",
        "summary": row.summary,
        "description_html": row.description_html,
        "conditions": row.conditions,
        "entry_conditions": row.entry_conditions,
        "publics": row.publics,
        "licence_required": row.licence_required,
        "positions": row.positions,
        "duration": row.duration_label,
        "modality": row.modality,
        "starts_on": row.starts_on,
        "deadline": row.deadline,
        "sessions": sessions,
    }
    return answer(ListingDetailOut.model_validate(base | detail))


def _criteria(query: ListingsQuery) -> SearchCriteria:
    """Return the search asked for; raise InvalidParametersError on values nobody knows."""
    place = get_place(query.commune) if query.commune else None
    wrong = [
        name
        for name, refused in {
            "profession": not set(query.profession) <= set(known_values("metier")),
            "contract": not set(query.contract) <= set(known_values("contrat")),
            "commune": query.commune is not None and place is None,
            "page": query.page * query.per_page > MAX_RANK,
        }.items()
        if refused
    ]
    if wrong:
        raise InvalidParametersError({name: message(name) for name in wrong})
    return SearchCriteria(
        q=clean(query.q, len(query.q)),
        place=place,
        place_text=place.label if place else "",
        radius_km=query.radius,
        kinds=tuple(sorted(map(str, query.kind))),
        professions=tuple(sorted(query.profession)),
        contracts=tuple(sorted(query.contract)),
        page=query.page,
        per_page=query.per_page,
    )


def _rounded(distance_km: float | None) -> float | None:
    return None if distance_km is None else round(distance_km, 1)


def _public(row: Any) -> dict[str, Any]:
    """Return what everyone may know of a listing. Never a person's name nor a way to reach her."""
    commune = {"code": row.commune_code, "name": row.commune_name} if row.commune_code else None
    base_url = current_app.config["PUBLIC_BASE_URL"]
    return {
        "id": row.id,
        "kind": row.kind,
        "title": row.title,
        "organisation": row.employer_name or None,
        "commune": commune,
        "place": row.place_label,
        "profession": row.profession,
        "contract": row.contract,
        "contract_months": row.contract_months,
        "workplace": row.workplace,
        "schedules": row.schedules,
        "hours": _hours(row),
        "pay": _pay(row),
        "diploma": row.diploma_need,
        "url": f"{base_url}/{KIND_PATHS[Kind(row.kind)]}/{row.id}-{row.slug}",
        "published_at": row.published_at,
        "updated_at": row.updated_at,
        "closes_at": row.closes_at,
        "source": {
            "name": row.source,
            "id": str(row.id) if row.source == OWN_SOURCE else row.source_id,
            "url": row.source_url,
        },
    }


def _hours(row: Any) -> dict[str, float] | None:
    if row.hours_min is None:
        return None
    return {"min": row.hours_min, "max": row.hours_max or row.hours_min}


def _pay(row: Any) -> dict[str, Any] | None:
    if row.pay_min_cents is None and not row.pay_label:
        return None
    low, high = row.pay_min_cents, row.pay_max_cents
    return {
        "min": None if low is None else low / 100,
        "max": None if high is None else high / 100,
        "period": row.pay_period,
        "label": row.pay_label,
    }
