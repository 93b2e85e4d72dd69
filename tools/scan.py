"""Scan the site with schemathesis, wapiti and sqlmap: `python -m tools.scan`.

    python -m tools.scan [--url http://127.0.0.1:8000] [--only wapiti] [--minutes 2]

Without --url the site is the one of `make run`, with its demonstration data, in a folder of its
own. Only this machine is ever scanned. Prints what each scanner found, and exits 1 if something is
not explained in docs/security/scanners.md. Wapiti and sqlmap are Debian packages.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tools.environment import PYTHON, ROOT, ensure_node
from tools.lighthouse import LighthouseError, answered_here, wait_for_site
from tools.processes import LOOPBACK, Service, free_port

EXPLAINED = ROOT / "docs/security/scanners.md"
# `scanner: what` in a table of that page.
_LINE = re.compile(r"^\|\s*`([^`]+)`\s*\|", re.MULTILINE)
# What asks another machine, or looks for a program that is not there.
WAPITI_MODULES = (
    "backup,blindsql,cookieflags,crlf,csp,csrf,exec,file,http_headers,methods,permanentxss,"
    "redirect,sql,ssrf,xss,xxe"
)
SQLMAP_SECONDS_EACH = 90
EXAMPLES = 60


class ScanError(RuntimeError):
    """A scanner could not run; the message says why."""


def run(command: list[str | Path], seconds: float, folder: Path) -> str:
    """Run a scanner; return what it printed, whatever its status."""
    try:
        done = subprocess.run(
            [*map(str, command)],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            cwd=folder,
            env={**os.environ, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise ScanError(f"{command[0]} n’a pas fini en {seconds:.0f} s") from error
    return done.stdout + done.stderr


def schemathesis(url: str, folder: Path, seconds: float) -> Iterator[str]:
    """Yield what the API answers that its description does not say, to good and bad questions."""
    said = run(
        [
            PYTHON.parent / "schemathesis",
            "run",
            f"{url}/api/v1/openapi.json",
            f"--max-examples={EXAMPLES}",
            "--mode=all",
            "--phases=examples,coverage,fuzzing",
            "--continue-on-failure",
            "--suppress-health-check=all",
            "--generation-database=:memory:",
        ],
        seconds * 4,
        folder,
    )
    (folder / "schemathesis.txt").write_text(said, encoding="utf-8")
    if "Test cases:" not in said:
        raise ScanError(f"schemathesis ne dit rien :\n{said[-2000:]}")
    operation = ""
    for line in said.partition(" FAILURES ")[2].splitlines():
        if title := re.match(r"_+ ((?:GET|POST|PUT|DELETE|PATCH) \S+) _+", line):
            operation = title[1]
        elif failure := re.match(r"- (.+)", line):
            yield f"{failure[1].strip()} {operation}".strip()


def wapiti(url: str, folder: Path, seconds: float) -> Iterator[str]:
    """Yield the kind and the page of each fault found by crawling."""
    report = folder / "wapiti.json"
    command: list[str | Path] = ["wapiti", "-u", f"{url}/", "--flush-session", "--no-bugreport"]
    command += ["--scope", "domain", "-d", "3", "--max-links-per-page", "15"]
    command += ["--max-files-per-dir", "8", "--max-scan-time", f"{seconds:.0f}"]
    command += ["--max-attack-time", f"{seconds / 2:.0f}", "-S", "aggressive", "-t", "10"]
    command += ["-m", WAPITI_MODULES, "--store-session", folder / "session"]
    command += ["--store-config", folder / "config", "-f", "json", "-o", report]
    modules = WAPITI_MODULES.count(",") + 1
    said = run(command, 120 + seconds * (1 + modules / 2), folder)
    if not report.is_file():
        raise ScanError(f"wapiti ne dit rien :\n{said[-2000:]}")
    found = json.loads(report.read_text(encoding="utf-8"))
    for part in ("vulnerabilities", "anomalies"):
        for kind, faults in found[part].items():
            for fault in faults:
                yield f"{kind} {_pattern(fault['path'])} {fault.get('parameter') or ''}".strip()


def _pattern(path: str) -> str:
    """Return a path in which what varies is a star, to explain a fault once."""
    return re.sub(r"/\d+(-[^/?]*)?", "/*", urlsplit(path).path)


def sqlmap(url: str, folder: Path, seconds: float) -> Iterator[str]:
    """Yield the parameters by which a statement of the database could be changed."""
    listing = answered_here(urlsplit(url).port or 80) or "/"
    number = re.search(r"/(\d+)-", listing)
    targets = [
        "/recherche?q=aide&ou=Bron&rayon=20&type=emploi&metier=aide-soignant&contrat=cdi&page=1",
        "/recherche?tri=distance&depuis=7&horaires=nuit",
        "/suggestions?q=aide",
        "/lieux?q=bron",
        "/flux/recherche.atom?q=aide&ou=Bron",
        "/api/v1/listings?q=aide&kind=job&contract=cdi&commune=69029&radius=20&page=1&per_page=10",
        f"/api/v1/listings/{number[1] if number else 1}*",
        "/candidature/?reference=PS-AAAA-BBBB",
        f"{listing}/candidater?session=1",
    ]
    for number_, path in enumerate(targets):
        output = folder / f"sqlmap-{number_}"
        command: list[str | Path] = ["sqlmap", "-u", f"{url}{path}", "--batch", "--flush-session"]
        # No technique that measures time: a machine that is busy answers late.
        command += ["--level=1", "--risk=1", "--technique=BEU", "--threads=2", "--timeout=30"]
        command += ["--disable-coloring", "--ignore-code=*", f"--output-dir={output}"]
        said = run(command, max(seconds, SQLMAP_SECONDS_EACH) * 6, folder)
        if "ending @" not in said:
            raise ScanError(f"sqlmap ne dit rien :\n{said[-2000:]}")
        for name in re.findall(r"^Parameter: (\S+)", said, re.MULTILINE):
            yield f"{name} {path.partition('?')[0]}"
        for results in output.glob("results-*.csv"):
            with results.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    if row.get("Technique(s)"):
                        yield f"{row.get('Parameter')} {path.partition('?')[0]}"


SCANNERS: dict[str, Callable[[str, Path, float], Iterator[str]]] = {
    "schemathesis": schemathesis,
    "wapiti": wapiti,
    "sqlmap": sqlmap,
}


def explained() -> set[str]:
    """Return the findings that the documentation explains."""
    return set(_LINE.findall(EXPLAINED.read_text(encoding="utf-8")))


@contextlib.contextmanager
def site(url: str | None, folder: Path) -> Iterator[str]:
    """Give the address of the site to scan: the one given, or one started for the time."""
    if url is not None:
        if urlsplit(url).hostname not in {LOOPBACK, "localhost"}:
            raise ScanError("On ne sonde que cette machine.")
        yield url.rstrip("/")
        return
    ensure_node(dev=True)
    port = free_port()
    # Limits would answer in the place of the pages.
    settings = {"DATA_DIR": str(folder / "data"), "PORT": str(port), "RATELIMIT_ENABLED": "0"}
    service = Service(
        "site",
        [PYTHON, "-m", "tools.run"],
        env={**os.environ, **settings},
        log_path=folder / "site.log",
        cwd=ROOT,
    )
    service.start()
    try:
        wait_for_site(port, service)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        service.stop()


def report(name: str, found: set[str], known: set[str]) -> bool:
    """Print what a scanner found; return whether all of it is explained."""
    new = sorted(found - known)
    print(f"{name} : {len(found)} constat(s), {len(new)} sans explication", flush=True)
    for one in sorted(found):
        print(f"  {'à expliquer' if one in new else 'expliqué'} : `{one}`", flush=True)
    return not new


def main() -> int:
    """Return the status of the command."""
    parser = argparse.ArgumentParser(prog="tools.scan", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--url", help="site déjà lancé sur cette machine")
    parser.add_argument("--only", choices=SCANNERS, help="un seul outil")
    parser.add_argument("--minutes", type=float, default=2.0, help="durée de chaque partie")
    options = parser.parse_args()
    names = [options.only] if options.only else list(SCANNERS)
    if missing := [name for name in names if name != "schemathesis" and not shutil.which(name)]:
        print(f"Programmes absents : {', '.join(missing)} (paquets Debian).", file=sys.stderr)
        return 1
    known, good = explained(), True
    with tempfile.TemporaryDirectory(prefix="scan-") as folder:
        try:
            with site(options.url, Path(folder)) as url:
                for name in names:
                    scan = SCANNERS[name]
                    found = {
                        f"{name}: {one}" for one in scan(url, Path(folder), options.minutes * 60)
                    }
                    good &= report(name, found, known)
        except (ScanError, LighthouseError) as error:
            print(error, file=sys.stderr)
            return 1
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
