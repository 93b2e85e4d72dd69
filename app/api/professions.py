"""/api/v1/professions: the professions of care."""

from __future__ import annotations

from flask import Response, current_app, url_for

from app.api.blueprint import answer, bp
from app.api.schemas import ProfessionOut, ProfessionsOut, RomeOut
from app.core.permissions import public
from app.professions import queries
from app.professions.queries import ProfessionEntry


@bp.get("/professions")
@public
def list_professions() -> Response:
    """List the professions, in the order of display."""
    return answer(ProfessionsOut(items=[_public(entry) for entry in queries.professions()]))


def _public(entry: ProfessionEntry) -> ProfessionOut:
    return ProfessionOut(
        id=entry.slug,
        label=entry.label,
        label_feminine=entry.label_feminine,
        label_masculine=entry.label_masculine,
        sector=entry.sector,
        summary=entry.summary,
        regulated=entry.regulated,
        open_without_diploma=entry.open_without_diploma,
        diplomas=list(entry.data["required_diplomas"]),
        rome=[RomeOut(code=rome.code, current=rome.current) for rome in entry.rome],
        verified=entry.verified,
        url=current_app.config["PUBLIC_BASE_URL"] + url_for("professions.show", slug=entry.slug),
    )
