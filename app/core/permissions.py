"""Who may call a route. Closed by default: a view without a policy answers 404 to everyone.

Each view carries exactly one of the decorators below. Ownership of an object (its organisation's
member, its candidate) is checked by the view through a query limited to what the person may see:
what belongs to others does not exist for them (404).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask_login import current_user

log = structlog.get_logger()

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """What a route asks: nothing (`public`), or a signed-in person holding one of `roles`."""

    public: bool = False
    roles: frozenset[str] = frozenset()


def _with(policy: Policy) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return decorate


def public(view: View) -> View:
    """Open to everyone, signed in or not."""
    return _with(Policy(public=True))(view)


def signed_in(view: View) -> View:
    """Open to every signed-in person."""
    return _with(Policy())(view)


def requires_role(*roles: str) -> Callable[[View], View]:
    """Open to signed-in people who hold one of `roles`."""
    return _with(Policy(roles=frozenset(roles)))


def policy_of(app: Flask, endpoint: str) -> Policy | None:
    """Return the policy of an endpoint, or None when it declares none."""
    return getattr(app.view_functions.get(endpoint), "policy", None)


def enforce() -> Any:
    """Apply the policy of the current route before its view runs."""
    endpoint = request.endpoint
    if endpoint is None:
        return None  # Unknown address: the 404 handler answers.
    if endpoint == "static":
        return None
    policy = policy_of(current_app, endpoint)
    if policy is None:
        abort(404)
    if policy.public:
        return None
    if not current_user.is_authenticated:
        if request.method in {"GET", "HEAD"}:
            return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
        abort(401)
    if policy.roles and current_user.role not in policy.roles:
        abort(404)
    return None


def note_refusal(response: Response) -> Response:
    """Log what a signed-in person asked for and may not have: her own errors are few.

    The route and her id, never the address: it may hold a secret.
    """
    refused = response.status_code in {401, 403, 404} and request.endpoint not in {None, "static"}
    if refused and current_user and current_user.is_authenticated:
        log.warning(
            "access_refused",
            endpoint=request.endpoint,
            status=response.status_code,
            user_id=current_user.id,
        )
    return response
