"""People who apply at a steady pace, whatever the site's pace is."""

from __future__ import annotations

import http.client
import re
import threading
import time
from http import HTTPStatus
from urllib.parse import urlencode

from tools.processes import LOOPBACK

_HIDDEN = re.compile(r'name="([a-z_]+)" type="hidden" value="([^"]*)"')


def apply_steadily(
    port: int, path: str, per_second: int, seconds: float
) -> tuple[list[float], int]:
    """Send one application every 1/`per_second` s; return the durations and the failures.

    The forms are opened beforehand: only what happens after the button is measured.
    """
    forms = [_open_form(port, path) for _number in range(int(per_second * seconds))]
    durations: list[float] = []
    failures: list[int] = []

    def send(number: int, cookie: str, fields: dict[str, str]) -> None:
        person = {"first_name": "Samira", "phone": f"06{number:08d}", "call_back": "any"}
        started = time.perf_counter()
        status = _post(port, path, cookie, fields | person)
        durations.append(time.perf_counter() - started)
        if status != HTTPStatus.SEE_OTHER:
            failures.append(status)

    threads = []
    start = time.perf_counter()
    for number, (cookie, fields) in enumerate(forms):
        time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
        threads.append(threading.Thread(target=send, args=(number, cookie, fields)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return durations, len(failures)


def _open_form(port: int, path: str) -> tuple[str, dict[str, str]]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    page = answer.read().decode()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    connection.close()
    return cookie, dict(_HIDDEN.findall(page))


def _post(port: int, path: str, cookie: str, fields: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        connection.request("POST", path, urlencode(fields), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
