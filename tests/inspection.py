"""What a page is checked against: axe for accessibility, the Nu checker for HTML, small screens."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import DESKTOP, PHONE
from tests.stack import ROOT, wait_until
from tools.processes import LOOPBACK, Service, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / "node_modules/axe-core/axe.min.js"
NU = ROOT / "node_modules/vnu-jar/build/dist/vnu.jar"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = {"width": 320, "height": 800}
TABLET = {"width": 768, "height": 1024}
# Where axe looks: it costs most of a visit, and sees little that changes between these widths.
SEARCHED = (DESKTOP, PHONE)

OPEN_ALL_BUT_MENUS = """() => {
  for (const one of document.querySelectorAll('details:not(.menu)')) one.open = true;
}"""
RUN_AXE = """async (tags) => {
  const answer = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
  return answer.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 160)} ${node.failureSummary}`));
}"""
# One question to the browser: each takes longer to ask than to answer.
OUTLINE = """() => {
  const inside = [...document.querySelectorAll('a[href^="#"]')];
  const lost = inside.filter((one) => !document.getElementById(one.getAttribute('href').slice(1)));
  const fields = [...document.querySelectorAll('[data-error-summary] a[href^="#"]')].map(
    (one) => document.getElementById(one.getAttribute('href').slice(1))).filter((one) => one);
  const astray = fields.filter((one, rank) => rank
    && one.compareDocumentPosition(fields[rank - 1]) & Node.DOCUMENT_POSITION_FOLLOWING);
  return {
    title: document.title,
    astray: astray.map((one) => one.id),
    headings: document.querySelectorAll('h1').length,
    lost: lost.map((one) => one.outerHTML),
  };
}"""
# The names of what sticks out help to correct it.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll('*')].filter(
    (one) => one.getBoundingClientRect().right > width + 1);
  return [`${document.scrollingElement.scrollWidth} px`, ...wide.slice(0, 5).map(
    (one) => one.outerHTML.slice(0, 120))];
}"""


class NuChecker:
    """The Nu HTML checker, started once: a page then takes milliseconds."""

    def __init__(self, folder: Path) -> None:
        java = shutil.which("java")
        if java is None:
            pytest.fail("Java is not installed: the HTML of pages cannot be checked")
        if not NU.is_file():
            pytest.fail("The Nu checker is not installed (npm ci)")
        self.port = free_port()
        self.service = Service(
            "nu",
            [
                java,
                "-Xmx512m",
                # Half the work of the full compiler, which a few hundred pages do not repay.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xss4m",
                "-cp",
                NU,
                f"-Dnu.validator.servlet.bind-address={LOOPBACK}",
                "nu.validator.servlet.Main",
                str(self.port),
            ],
            env={"PATH": str(Path(java).parent)},
            log_path=folder / "nu.log",
            cwd=folder,
        )

    def start(self) -> None:
        """Start the checker and wait until it answers."""
        self.service.start()
        wait_until(self._answers, 120, f"the Nu checker\n{self.service.log_tail()}")

    def _answers(self) -> bool:
        try:
            return self.errors("<!DOCTYPE html><html lang=fr><title>a</title>") == []
        except OSError:
            return False

    def errors(self, html: str) -> list[str]:
        """Return the errors of a page, each with the text it is about."""
        checker = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        with contextlib.closing(checker):
            checker.request(
                "POST",
                "/?out=json&level=error",
                html.encode(),
                {"Content-Type": "text/html; charset=utf-8", "User-Agent": "tests"},
            )
            with checker.getresponse() as response:
                answer: dict[str, Any] = json.loads(response.read())
        return [
            f"line {one.get('lastLine')}: {one['message']} {one.get('extract', '')}"
            for one in answer["messages"]
            if one["type"] == "error"
        ]


class Inspector:
    """Checks a page, whatever it is."""

    def __init__(self, nu: NuChecker) -> None:
        self.nu = nu
        self.axe = AXE.read_text()

    def check(self, page: Page, html: str, *, error: bool = False) -> None:
        """Fail with all that is wrong in the page shown. `html` is what the server sent.

        `error`: the page shows a form to be corrected.
        """
        faults = [f"Nu: {fault}" for fault in self.nu.errors(html)]
        faults += self._outline(page, error)
        page.evaluate(OPEN_ALL_BUT_MENUS)
        page.evaluate(self.axe)
        # The phone comes last: it is what the next page is opened on.
        for size in (DESKTOP, TABLET, NARROW, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            sticking = page.evaluate(TOO_WIDE)
            faults += [f"wider than {size['width']} px: {fault}" for fault in sticking]
            if size in SEARCHED:
                found = page.evaluate(RUN_AXE, AXE_TAGS)
                faults += [f"axe at {size['width']} px: {fault}" for fault in found]
        assert not faults, "\n".join(faults)

    def _outline(self, page: Page, error: bool) -> list[str]:
        outline = page.evaluate(OUTLINE)
        faults = [f"leads nowhere: {link}" for link in outline["lost"]]
        faults += [f"told after a field that follows it: {field}" for field in outline["astray"]]
        if outline["headings"] != 1:
            faults.append(f"{outline['headings']} titles of level 1")
        if outline["title"].startswith("Erreur\u00a0: ") != error:
            faults.append(f"title of the page: {outline['title']!r}")
        return faults


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let what a screen reader meets be written again: see tests/accessibility/test_trees.py."""
    parser.addoption("--write-trees", action="store_true", help="write tests/accessibility/trees")


@pytest.fixture(scope="session")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspector]:
    """Return what checks pages."""
    if not AXE.is_file():
        pytest.fail("axe is not installed (npm ci)")
    nu = NuChecker(tmp_path_factory.mktemp("nu"))
    try:
        nu.start()
        yield Inspector(nu)
    finally:
        nu.service.stop(3)
