"""Response headers, request guards and safe redirects."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from app.core.database import reads_only

csrf = CSRFProtect()

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def init_app(app: Flask) -> None:
    """Put the guards before every request and the headers on every response."""
    app.before_request(_declare_intent)
    app.before_request(_refuse_cross_site_writes)
    csrf.init_app(app)
    app.after_request(_set_headers)
    app.teardown_request(_forget_intent)


def _declare_intent() -> None:
    reads_only.set(request.method in SAFE_METHODS)


def _forget_intent(_error: BaseException | None) -> None:
    reads_only.set(False)


def _refuse_cross_site_writes() -> None:
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)


def _set_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault(
            "Strict-Transport-Security", "max-age=31536000; includeSubDomains"
        )
    if "Cache-Control" not in response.headers:
        private = request.method not in SAFE_METHODS or _personal()
        response.headers["Cache-Control"] = "no-store" if private else "no-cache"
    return response


def _personal() -> bool:
    """Return whether this answer may depend on the person: signed in, or holding a session."""
    return bool(request.cookies) or bool(getattr(current_user, "is_authenticated", False))


def safe_next(target: str | None, default: str) -> str:
    """Return `target` when it is a path of this site, else `default`."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(char) < 0x20 for char in target) or "\\" in target:
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target
