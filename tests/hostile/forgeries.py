"""Forged requests: headers, addresses, bodies and cookies, each with the status that answers it.

For all of them: never an error of the server, nothing of its inside, always French, the same
security headers, and no way to another site (`ailleurs.example`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AWAY = "ailleurs.example"
FORM = "application/x-www-form-urlencoded"
DEEP = b"[" * 100_000 + b"]" * 100_000


@dataclass(frozen=True, slots=True)
class Forgery:
    """A request, and the statuses that answer it. `lacks`: what the answer must not hold."""

    name: str
    path: str
    status: tuple[int, ...] = (200,)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


def _get(name: str, path: str, *status: int, **more: Any) -> Forgery:
    return Forgery(name, path, status or (200,), **more)


def _sent(name: str, path: str, *status: int, **headers: str) -> Forgery:
    """Return a request with forged headers, « - » written « _ »."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Forgery(name, path, status or (200,), headers=named)


def _post(name: str, path: str, body: bytes, *status: int, **more: Any) -> Forgery:
    return Forgery(name, path, status, method="POST", body=body, **more)


def _next(name: str, target: str) -> Forgery:
    """Return a sign-in that would lead elsewhere: the form must have forgotten where."""
    return Forgery(name, f"/connexion?next={target}", lacks=('name="next" value="/', 'value="http'))


FORGERIES = (
    # Whose site it is.
    _sent("host of another site", "/", 400, Host=AWAY),
    _sent("host of another site, with a port", "/", 400, Host=f"{AWAY}:80"),
    _sent("host that hides another", "/", 400, Host=f"localhost@{AWAY}"),
    _sent("host that is an address", "/connexion/lien", 400, Host="169.254.169.254"),
    _sent("host with markup", "/", 400, Host="<script>alert(1)</script>"),
    _sent("forwarded host", "/connexion", 200, X_Forwarded_Host=AWAY),
    _sent("forwarded server", "/connexion", 200, X_Forwarded_Server=AWAY, X_Host=AWAY),
    _sent("forwarded, by the standard", "/", 200, Forwarded=f"for=1.2.3.4;host={AWAY};proto=https"),
    _sent("forwarded scheme", "/", 200, X_Forwarded_Proto=f"javascript:{AWAY}"),
    _sent("forwarded prefix", "/", 200, X_Forwarded_Prefix=f"//{AWAY}"),
    _sent("forwarded address", "/", 200, X_Forwarded_For="127.0.0.1, ::1, <b>", X_Real_IP="::1"),
    _sent("address of another page", "/", 200, X_Original_URL="/equipe/", X_Rewrite_URL="/equipe/"),
    # Where to go next.
    _next("next without scheme", f"//{AWAY}"),
    _next("next with a backslash", f"/\\{AWAY}"),
    _next("next without slashes", f"https:{AWAY}"),
    _next("next with encoded slashes", f"%2f%2f{AWAY}"),
    _next("next that runs", "javascript:alert(1)"),
    _next("next with a tab", f"/%09/{AWAY}"),
    _next("next with a line break", f"/%0d%0aLocation:%20https://{AWAY}"),
    _next("next with a user", f"https://localhost@{AWAY}"),
    _get("path that is another host", f"/%2f%2f{AWAY}/%2e%2e", 301, 308, 404),
    # Numbers.
    _get("page below the first", "/recherche?page=-1"),
    _get("page nobody has", "/recherche?page=1000000000000000000000", 200, 404),
    _get("page in other digits", "/recherche?page=%D9%A3"),
    _get("page that is no number", "/recherche?page=abc&depuis=NaN&tri=zzz"),
    _get("radius below nought", "/recherche?ou=Bron&rayon=-1"),
    _get("radius without end", "/recherche?ou=Bron&rayon=1e309"),
    _get("listing nought", "/emplois/0-x", 404),
    _get("listing below nought", "/emplois/-1-x", 404),
    _get("listing no table can hold", "/emplois/99999999999999999999-x", 404),
    _get("report on a listing no table can hold", "/signaler/99999999999999999999", 404),
    _get("page of the API out of bounds", "/api/v1/listings?page=0", 422),
    _get("page of the API too long", "/api/v1/listings?per_page=100000", 422),
    _get("radius of the API out of bounds", "/api/v1/listings?commune=69029&radius=-5", 422),
    _get("listing of the API no table can hold", "/api/v1/listings/9223372036854775808", 404),
    # Lists where one value is awaited, and the contrary.
    _get("lists", "/recherche?q[]=a&q[b]=c&page[]=1&rayon[$gt]=1"),
    _get("values given many times", "/recherche?" + "&".join(["q=a", "ou=Bron", "page=2"] * 50)),
    _get("values of the API given twice", "/api/v1/listings?page=1&page=2&q=a&q=b", 200, 422),
    _get("names of the API that are not", "/api/v1/listings?limit=1&__proto__=1", 200, 422),
    # Texts that are no texts.
    _get("bytes that are no UTF-8", "/recherche?q=%ff%fe&ou=%c0%af&metier=%ed%a0%80"),
    _get("nought characters", "/recherche?q=%00aide%00&ou=%00"),
    _get("nought characters in places", "/lieux?q=" + "%00" * 50),
    _get("path that is no UTF-8", "/candidature/%ff%fe", 303, 404),
    _get("line breaks in a path", "/%0d%0aSet-Cookie:%20a=1", 404),
    _get("line breaks in a question", "/recherche?q=%0d%0aSet-Cookie:%20a=1"),
    _get("line breaks in a reference", "/candidature/PS%0d%0aLocation:%20https:x", 303, 404),
    _get("text that turns around", "/recherche?q=%E2%80%AEaide%E2%80%AC"),
    _get("question of a hundred thousand letters", "/recherche?q=" + "a" * 100_000, 200, 414),
    _get("question of ten thousand values", "/recherche?" + "contrat=cdi&" * 10_000, 200, 400),
    _get("filter of the engine", '/recherche?metier=a"%20OR%20kind%20EXISTS%20OR%20"a"="a'),
    _get("statement of the database", "/recherche?q=';DROP%20TABLE%20listing;--&ou='%20OR%201=1--"),
    # Bodies that are not what they say.
    _post(
        "form that is JSON", "/connexion", b'{"email": ["a"]}', 400, content_type="application/json"
    ),
    _post("JSON nested without end", "/connexion", DEEP, 400, content_type="application/json"),
    _post(
        "form of parts without bound", "/connexion", b"--x", 400, content_type="multipart/form-data"
    ),
    _post(
        "form of parts cut short",
        "/connexion",
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na',
        400,
        content_type="multipart/form-data; boundary=x",
    ),
    _post(
        "form in UTF-7", "/connexion", b"email=+ADw-", 400, content_type=f"{FORM}; charset=utf-7"
    ),
    _post("form that is no UTF-8", "/connexion", b"email=%ff%fe&\xff=\xfe", 400, content_type=FORM),
    _post(
        "XML that reads files",
        "/connexion",
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        400,
        content_type="text/xml",
    ),
    _post(
        "form of ten megabytes", "/connexion", b"email=" + b"a" * 10_000_000, 413, content_type=FORM
    ),
    _post(
        "form of five thousand fields",
        "/alertes/",
        b"&".join(b"a%d=1" % n for n in range(5_000)),
        400,
        413,
        422,
        content_type=FORM,
    ),
    _post(
        "form said to be packed",
        "/alertes/",
        b"\x1f\x8b\x08",
        422,
        content_type=FORM,
        headers={"Content-Encoding": "gzip"},
    ),
    _post(
        "form of another site",
        "/alertes/",
        b"email=a@exemple.fr",
        403,
        content_type=FORM,
        headers={"Origin": f"https://{AWAY}"},
    ),
    _post(
        "form of nowhere",
        "/alertes/",
        b"email=a@exemple.fr",
        403,
        content_type=FORM,
        headers={"Origin": "null"},
    ),
    _post(
        "form of another site, as browsers say",
        "/connexion",
        b"email=a",
        403,
        content_type=FORM,
        headers={"Sec-Fetch-Site": "cross-site"},
    ),
    # Methods.
    _get("method that deletes", "/", 405, method="DELETE"),
    _get("method that traces", "/", 405, method="TRACE"),
    _get("method that does not exist", "/", 405, method="PROPFIND"),
    _sent("method in a header", "/", 200, X_HTTP_Method_Override="DELETE", X_Method_Override="PUT"),
    _get("method in the address", "/?_method=DELETE"),
    _get("reading what is written", "/deconnexion", 405),
    # Cookies.
    _get("session that is no session", "/", cookies={"session": "a.b.c"}),
    _get(
        "session of another key",
        "/recruter/annonces/",
        302,
        303,
        cookies={"session": "eyJfdXNlcl9pZCI6IjEifQ.aR0AAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    ),
    _sent("session too long", "/", Cookie="session=" + "a" * 8_000),
    _get("device that is not ours", "/connexion", cookies={"device": "../../etc/passwd"}),
    _get(
        "kept listings that are not",
        "/annonces-gardees",
        200,
        404,
        cookies={"gardees": "-1.a.%00." + "9" * 40},
    ),
    # Caches, ranges and languages.
    _sent("range without end", "/", 200, Range="bytes=0-,0-,0-,0-"),
    _sent("range past the end", "/static/css/site.css", 416, Range="bytes=99999999-"),
    _sent("date that is no date", "/", 200, If_Modified_Since="hier", If_None_Match='W/"<b>"'),
    _sent("language of elsewhere", "/rien", 404, Accept_Language="en", Accept="application/json"),
    _sent("preferences that are none", "/", 200, Accept="*/*;q=abc,,;", Accept_Language="*;q=-1"),
    # Files of the machine.
    _get("file above the folder", "/static/../config.py", 404),
    _get("file above the folder, encoded", "/static/%2e%2e%2fconfig.py", 404),
    _get("file above the folder, twice encoded", "/static/%252e%252e%252fconfig.py", 404),
    _get("page of the team behind a semicolon", "/recherche/..;/equipe/", 404),
    _get("private page as a file", "/recruter/x.css", 404),
)
