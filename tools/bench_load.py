"""Measure the search page under a crowd: a steady pace, then a thousand people at once.

    python -m tools.bench_load [--listings 100000] [--seconds 20] [--crowd 1000] [--servers 2]
                              [--keep FOLDER [--as-is]]

Starts the same site as `tools.bench`. Each person of the crowd has a connection of her own and asks
once. She must get a page, or be told when to come back; and the site must be itself again soon.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from app.core.database import db
from tools.bench import Bench
from tools.bench_measures import measure
from tools.bench_questions import page_calls, questions
from tools.environment import say
from tools.processes import LOOPBACK

TIMEOUT_SECONDS = 30.0
PACE = 50
RECOVERED_SECONDS = 0.3


@dataclass
class Crowd:
    """What people got: durations, statuses, refusals without a time to come back."""

    durations: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    silent_refusals: int = 0

    def centile(self, share: float) -> float:
        """Return a duration in milliseconds."""
        ordered = sorted(self.durations)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000

    @property
    def lost(self) -> int:
        """Return how many got neither a page nor a time to come back."""
        good = sum(self.statuses[status] for status in ("200", "429", "503"))
        return self.statuses.total() - good + self.silent_refusals

    def __str__(self) -> str:
        median = statistics.median(self.durations) * 1000
        statuses = ", ".join(f"{name} : {n}" for name, n in sorted(self.statuses.items()))
        return (
            f"médiane {median:.0f} ms, p95 {self.centile(0.95):.0f} ms, "
            f"au pire {self.centile(1):.0f} ms ({statuses} ; perdues : {self.lost})"
        )


async def visit(port: int, path: str, crowd: Crowd) -> None:
    """Ask one page on a connection of one's own."""
    started = time.perf_counter()
    status, headers = "coupée", ""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nAccept: text/html\r\n"
                "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n".encode()
            )
            answer = await reader.read()
            writer.close()
            head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
            first, _, headers = head.partition("\r\n")
            status = first.split(" ")[1] if answer else "coupée"
    crowd.durations.append(time.perf_counter() - started)
    crowd.statuses[status] += 1
    if status in {"429", "503"} and "retry-after:" not in headers.lower():
        crowd.silent_refusals += 1


async def steadily(port: int, paths: list[str], seconds: float) -> Crowd:
    """Let PACE people come each second, whatever happens to those before them."""
    crowd = Crowd()
    people = []
    started = time.monotonic()
    for number in range(int(seconds * PACE)):
        await asyncio.sleep(max(0.0, started + number / PACE - time.monotonic()))
        people.append(asyncio.create_task(visit(port, random.choice(paths), crowd)))
    await asyncio.gather(*people)
    return crowd


async def at_once(port: int, paths: list[str], count: int) -> Crowd:
    """Let `count` people ask at the same instant."""
    crowd = Crowd()
    await asyncio.gather(*(visit(port, paths[n % len(paths)], crowd) for n in range(count)))
    return crowd


async def recovery(port: int, paths: list[str]) -> float:
    """Return after how long ten searches in a row are quick again."""
    started = time.monotonic()
    quick = 0
    while quick < 10 and time.monotonic() - started < 60:
        one = await at_once(port, paths[quick : quick + 1], 1)
        good = one.statuses["200"] and one.durations[0] < RECOVERED_SECONDS
        quick = quick + 1 if good else 0
    return time.monotonic() - started


class LoadBench(Bench):
    """The site of the bench, and its crowd."""

    crowd = 1000

    def run(self) -> int:
        """Measure everything; return 0 when the targets are reached."""
        with contextlib.ExitStack() as stack:
            for server in (self.meilisearch, *self.others):
                stack.enter_context(server)
            stack.enter_context(self.app.app_context())
            self.prepare()
            db.session.remove()
            stack.enter_context(self.service("web", *self._gunicorn()))
            stack.enter_context(self.service("worker", "flask", "worker"))
            self._wait_for_the_site()
            asyncio.run(self.measures())
            self.visibility()
            self.deaths()
        for line in self.missed:
            say(f"Objectif manqué : {line}")
        return bool(self.missed)

    def deaths(self) -> None:
        """Measure the page as the servers die one after the other, the database being the last."""
        calls = page_calls(questions())
        for left in reversed(range(len(self.others) + 1)):
            victim = (self.meilisearch, *self.others)[len(self.others) - left]
            for how, end in (("gelé", victim.freeze), ("mort", victim.kill)):
                end()
                site = measure(self.port, calls, 2, self.seconds / 2)
                worst = max(site.durations) * 1000
                say(f"un serveur {how}, {left} en vie {site}, au pire {worst:.0f} ms")
                if site.failures or site.p95_ms > 1500:
                    self.missed.append(f"un serveur {how}, {left} en vie")

    async def measures(self) -> None:
        """Measure the steady pace, the crowd, and what follows."""
        paths = [f"/recherche?{urlencode(one)}" for one in questions(1000)]
        await steadily(self.port, paths, 3)
        pace = await steadily(self.port, paths, self.seconds)
        say(f"{PACE} recherches par seconde : {pace}")
        if pace.centile(0.95) > 300 or pace.statuses["200"] != pace.statuses.total():
            self.missed.append(f"{PACE} par seconde en 300 ms")
        for _round in range(3):
            crowd = await at_once(self.port, paths, self.crowd)
            seconds = await recovery(self.port, paths)
            say(f"{self.crowd} recherches à la fois : {crowd} ; remis en {seconds:.1f} s")
            if crowd.lost or crowd.centile(0.95) > 2000:
                self.missed.append(f"{self.crowd} à la fois en 2 s, aucune perdue")
            if seconds > 10:
                self.missed.append("remis en 10 s")


def main() -> int:
    """Run the measures in a folder thrown away afterwards."""
    parser = argparse.ArgumentParser(description="Recherche sous la foule")
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--crowd", type=int, default=1000)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="dossier gardé, repris la fois suivante")
    parser.add_argument("--as-is", action="store_true", help="l’index du dossier est entier")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, options.crowd + 500)), hard))
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        bench = LoadBench(
            folder.resolve(),
            options.listings,
            options.seconds,
            servers=options.servers,
            as_is=options.as_is,
        )
        bench.crowd = options.crowd
        return bench.run()


if __name__ == "__main__":
    sys.exit(main())
