"""/api/v1/paths: moves from a profession to another, with what was read and where."""

from __future__ import annotations

from flask import Response

from app.api.blueprint import answer, bp
from app.api.requests import InvalidParametersError, message, read_query
from app.api.schemas import PathOut, PathsOut, PathsQuery
from app.core.permissions import public
from app.professions import queries
from app.professions.queries import EdgeEntry, newest_text


@bp.get("/paths")
@public
def list_paths() -> Response:
    """List the moves from a profession, to a profession, or all of them."""
    query = read_query(PathsQuery)
    unknown = [
        name
        for name, slug in (("from", query.origin), ("to", query.to))
        if slug and queries.profession_by_slug(slug) is None
    ]
    if unknown:
        raise InvalidParametersError({name: message(name) for name in unknown})
    edges = queries.mobility_edges(query.origin, query.to)
    return answer(PathsOut(items=[_public(edge) for edge in edges]))


def _public(edge: EdgeEntry) -> PathOut:
    sources = queries.sources()
    cited = [sources[code] for code in edge.data.get("sources", ()) if code in sources]
    return PathOut.model_validate(
        {
            "from": edge.from_slug,
            "to": edge.to_slug,
            "kind": edge.kind,
            "diploma": edge.diploma,
            "duration_months": edge.duration_months,
            "entry": edge.data.get("entry") or "",
            "exemptions": edge.data.get("exemptions") or "",
            "funding": list(edge.data.get("funding") or ()),
            "verified": edge.verified,
            "route_verified": bool(edge.data.get("route_verified")),
            "as_of": newest_text(cited),
            "sources": [
                {
                    "code": source.code,
                    "title": source.title,
                    "url": source.url,
                    "text_date": source.text_date,
                }
                for source in cited
            ],
        }
    )
