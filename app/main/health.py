"""Health of the process and of what it stands on, for supervisors and load balancers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from app.core import clock
from app.core.database import db
from app.core.jobs import HEARTBEAT_MAX_AGE, Heartbeat, database_answers
from app.core.permissions import public
from app.search.client import EngineError, SearchBusyError
from app.search.guard import index_is_whole

bp = Blueprint("health", __name__, url_prefix="/health")


@bp.get("/live")
@public
def live() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/ready")
@public
def ready() -> tuple[Response, int]:
    """Say whether the site can serve: only the database is required, the rest is reported."""
    database = database_answers()
    worker = database and _worker_is_alive()
    report = {
        "database": "ok" if database else "down",
        "worker": "ok" if worker else "silent",
        "search": _search_state() if database else "unknown",
    }
    status = "ok" if database else "down"
    return jsonify(status=status, **report), 200 if database else 503


def _search_state() -> str:
    """Return "ok" when the engine answers people, "fallback" when the database does instead."""
    try:
        return "ok" if index_is_whole(clock.now()) else "fallback"
    except (EngineError, SearchBusyError):
        return "fallback"


def _worker_is_alive() -> bool:
    heartbeat = db.session.get(Heartbeat, "worker")
    return heartbeat is not None and clock.now() - heartbeat.beat_at < HEARTBEAT_MAX_AGE
