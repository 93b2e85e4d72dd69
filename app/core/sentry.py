"""Tell a Sentry what broke, when SENTRY_DSN names one: where in the code, never about whom.

Nothing is sent by itself: only what `tell` is given leaves, without message, request, local
variable nor person. The incident is the number that the person was shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sentry_sdk
from flask import Flask


def init_app(app: Flask) -> None:
    """Open the way to the server, if there is one."""
    if not app.config["SENTRY_DSN"]:
        return
    sentry_sdk.init(
        dsn=app.config["SENTRY_DSN"],
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
        server_name="",
        before_send=only_the_code,
    )


def tell(error: Exception, **tags: str) -> None:
    """Send where an error was raised; do nothing without a server. Never raises."""
    if not sentry_sdk.is_initialized():
        return
    with sentry_sdk.new_scope() as scope:
        scope.set_tags(tags)
        scope.capture_exception(error)


@contextmanager
def told(**tags: str) -> Iterator[None]:
    """Send what is raised on its way to who asked."""
    try:
        yield
    except Exception as error:
        tell(error, **tags)
        raise


def only_the_code(event: Any, _hint: Any) -> Any:
    """Keep types, files, functions, lines and tags: a message quotes what a person wrote."""
    kept = {
        name: event[name]
        for name in ("event_id", "timestamp", "platform", "level", "tags", "exception")
        if name in event
    }
    for one in kept.get("exception", {}).get("values", ()):
        one["value"] = ""
        for frame in one.get("stacktrace", {}).get("frames", ()):
            frame.pop("vars", None)
    return kept
