"""Health of the process and of what it stands on, for supervisors and load balancers."""

from __future__ import annotations

import shutil
from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from app.core import clock
from app.core.database import database_answers, db
from app.core.permissions import public
from app.core.pulse import HEARTBEAT_MAX_AGE, WORKER, Heartbeat, work_state
from app.search.client import EngineError, SearchBusyError, engines, using
from app.search.guard import index_is_whole
from app.search.servers import ask, last_drifts, late_servers

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
        # Something is due for more than a quarter of an hour: e-mails, the index, files to scan.
        "work": _work() if database else "unknown",
        "disk": "ok" if _has_room() else "low",
        "search": search_state() if database else "unknown",
        # By server, in the order of the setting.
        "search_servers": server_states() if database else [],
        # What the last nightly comparison found before it repaired it.
        "search_drift": _drifts() if database else [],
    }
    status = "ok" if database else "down"
    return jsonify(status=status, **report), 200 if database else 503


def search_state() -> str:
    """Return "ok" when an engine answers people, "fallback" when the database does instead."""
    try:
        return ask(clock.now(), lambda: "ok")
    except (EngineError, SearchBusyError):
        return "fallback"


def server_states() -> list[str]:
    """Return "ok", "late" when changes are missing, or "down" for each server."""
    late = late_servers()
    states = []
    for searched in engines():
        try:
            with using(searched):
                whole = searched.configured and index_is_whole(clock.now())
        except (EngineError, SearchBusyError):
            whole = False
        states.append("down" if not whole else "late" if searched.name in late else "ok")
    return states


def _drifts() -> list[dict[str, Any]]:
    """Return how many listings differed on each server at the last nightly comparison."""
    return [
        {"found": drift["missing"] + drift["stale"] + drift["extra"], "at": at.isoformat()}
        for drift, at in last_drifts()
    ]


def _work() -> str:
    return "late" if work_state(clock.now()).late else "ok"


def _has_room() -> bool:
    """Return whether a tenth of the disk on which the site writes is free."""
    usage = shutil.disk_usage(current_app.config["DATA_DIR"])
    return usage.free > usage.total / 10


def _worker_is_alive() -> bool:
    heartbeat = db.session.get(Heartbeat, WORKER)
    return heartbeat is not None and clock.now() - heartbeat.beat_at < HEARTBEAT_MAX_AGE
