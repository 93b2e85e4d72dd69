"""People who apply at a steady pace, whatever the site's pace is."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from config import Config
from tools.processes import LOOPBACK

_HIDDEN = re.compile(r'name="([a-z_]+)" type="hidden" value="([^"]*)"')


def apply_steadily(
    port: int, paths: Sequence[str], per_second: int, seconds: float
) -> tuple[list[float], int]:
    """Send one application every 1/`per_second` s, to each of `paths` in turn.

    Return the durations and the failures. The forms are opened beforehand: only what happens after
    the button is measured. Everybody comes from a place of her own, as people do: many sendings
    from one place would be asked for a proof.
    """
    people = [(number, paths[number % len(paths)]) for number in range(int(per_second * seconds))]
    forms = [(number, path, *_open_form(port, path, number)) for number, path in people]
    # Nobody fills a form faster: who does is asked for a proof.
    time.sleep(Config.SECONDS_TO_FILL)
    durations: list[float] = []
    failures: list[int] = []

    def send(number: int, path: str, cookie: str, fields: dict[str, str]) -> None:
        person = {"first_name": "Samira", "phone": f"06{number:08d}", "call_back": "any"}
        person["email"] = f"samira.{number}@example.org"
        started = time.perf_counter()
        status = _post(port, path, _place(number) | {"Cookie": cookie}, fields | person)
        durations.append(time.perf_counter() - started)
        if status != HTTPStatus.SEE_OTHER:
            failures.append(status)

    threads = []
    start = time.perf_counter()
    for number, *form in forms:
        time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
        threads.append(threading.Thread(target=send, args=(number, *form)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return durations, len(failures)


def _place(number: int) -> dict[str, str]:
    """Return the header that names a network of its own, of those kept for measures (RFC 2544)."""
    return {"X-Forwarded-For": f"198.{18 + number // 256 % 2}.{number % 256}.1"}


def _open_form(port: int, path: str, number: int) -> tuple[str, dict[str, str]]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    connection.request("GET", path, headers=_place(number))
    answer = connection.getresponse()
    page = answer.read().decode()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    connection.close()
    return cookie, dict(_HIDDEN.findall(page))


def _post(port: int, path: str, headers: dict[str, str], fields: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    headers |= {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", path, urlencode(fields), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
