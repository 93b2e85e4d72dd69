"""Measure the pages that everyone opens with Lighthouse, as a phone sees them: `make lighthouse`.

The site is the one of `make run`, with its demonstration data, in a folder of its own. Prints the
four scores of each page and exits 1 if one is under 95. The speed depends on what else the machine
does: run it alone.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.environment import PYTHON, ROOT, ensure_node
from tools.processes import LOOPBACK, Service, free_port, http_status
from tools.suite import BROWSERS

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
ENOUGH = 95
START_SECONDS = 300.0
LIGHTHOUSE_SECONDS = 180
ATTEMPTS = 3
CHROME_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage "
    "--disable-background-networking --disable-component-update"
)
LISTING = re.compile(r'href="(/emplois/\d+-[^"?#]+)"')
FORM = 'action="{path}/candidater"'


class LighthouseError(RuntimeError):
    """A page could not be measured; the message says why."""


def measure(url: str, chrome: str, report: Path) -> dict[str, Any]:
    """Return the report of Lighthouse on a page, also written to `report`."""
    command = [
        str(ROOT / "node_modules/.bin/lighthouse"),
        url,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--chrome-flags={CHROME_FLAGS}",
        f"--only-categories={','.join(CATEGORIES)}",
    ]
    env = {**os.environ, "CHROME_PATH": chrome}
    # Chromium now and then gives Lighthouse a trace without its beginning (NO_NAVSTART).
    for _attempt in range(ATTEMPTS):
        done = subprocess.run(
            command,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIGHTHOUSE_SECONDS,
        )
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
            return found
    raise LighthouseError(f"{url}\n{done.stderr[-2000:]}")


def scores(report: dict[str, Any]) -> dict[str, int]:
    """Return the four scores of a report, from 0 to 100; one that is unknown counts 0."""
    return {name: round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES}


def reasons(report: dict[str, Any]) -> list[str]:
    """Return what costs points in a report: audit, value and elements."""
    found = []
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                found.append(f"{audit['id']} {audit.get('displayValue', '')}".strip())
    return found


def read(port: int, path: str) -> str:
    """Return a page of the site."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def pages(port: int) -> dict[str, str]:
    """Return the pages to measure, once the demonstration can be searched."""
    deadline = time.monotonic() + START_SECONDS
    while (listing := answered_here(port)) is None:
        if time.monotonic() > deadline:
            raise LighthouseError("Aucune annonce à laquelle on répond sur le site.")
        time.sleep(1)
    return {
        "accueil": "/",
        "recherche": "/recherche?q=aide-soignant&ou=Lyon",
        "annonce": listing,
        "candidature": f"{listing}/candidater",
    }


def answered_here(port: int) -> str | None:
    """Return the address of a job that is answered on the site, not where it comes from."""
    for path in dict.fromkeys(LISTING.findall(read(port, "/recherche?type=emploi"))):
        if FORM.format(path=path) in read(port, f"{path}/candidater"):
            return path
    return None


def wait_for_site(port: int, site: Service) -> None:
    """Wait until the site answers, its search included; raise LighthouseError if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while http_status(port, "/health/ready") != http.HTTPStatus.OK:
        if not site.running() or time.monotonic() > deadline:
            raise LighthouseError(f"Le site ne démarre pas :\n{site.log_tail()}")
        time.sleep(0.5)


def report_on(port: int, chrome: str, folder: Path) -> bool:
    """Measure and print each page; return whether all are good enough."""
    good = True
    print(f"{'page':<14}" + "".join(f"{name:>16}" for name in CATEGORIES))
    for name, path in pages(port).items():
        report = measure(f"http://{LOOPBACK}:{port}{path}", chrome, folder / f"{name}.json")
        found = scores(report)
        print(f"{name:<14}" + "".join(f"{score:>16}" for score in found.values()), flush=True)
        if min(found.values()) < ENOUGH:
            good = False
            print("".join(f"    {reason}\n" for reason in reasons(report)), end="")
    return good


def main() -> int:
    """Return the status of the command."""
    chrome = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chrome is None:
        print("Chromium est absent.", file=sys.stderr)
        return 1
    # Before the site installs the packages it needs, which are fewer.
    ensure_node(dev=True)
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as name:
        folder, port = Path(name), free_port()
        site = Service(
            "site",
            [PYTHON, "-m", "tools.run"],
            env={**os.environ, "DATA_DIR": str(folder / "data"), "PORT": str(port)},
            log_path=folder / "site.log",
            cwd=ROOT,
        )
        site.start()
        try:
            wait_for_site(port, site)
            return 0 if report_on(port, chrome, folder) else 1
        except LighthouseError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            site.stop()


if __name__ == "__main__":
    raise SystemExit(main())
