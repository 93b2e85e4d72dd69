"""How the tests are shared between the processes of `pytest -n 2`, and in which order they run.

What costs to start is started once: all the tests of the live site (web, worker, search server,
browser, HTML checker) go to one process. The others go by files, which keeps their fixtures. What
takes long goes first, so that both processes end together.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

PRODUCTION = "tests/production/"
LIVE_SITE = ("tests/accessibility/", "tests/journeys/", "tests/security/test_browser.py")
# Seeds of tests/chaos: the few of the suite share a site, hundreds go to all the processes.
DISASTER = re.compile(r"^tests/chaos/.*\[seed(\d+)\]$")
DISASTERS_TOGETHER = 25
# After the live site, in this order; then come all the others, as they are found.
SLOW = (
    PRODUCTION,
    "tests/chaos/",
    "tests/main/test_demo_later.py",
    "tests/main/test_demo.py",
    "tests/search/",
    "tests/api/",
    "tests/imports/",
)


class Sharing(LoadScopeScheduling):
    """Gives a process the tests of the live site, or those of a file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if seed := DISASTER.search(nodeid):
            return f"{file} {int(seed[1]) // DISASTERS_TOGETHER}"
        if file.startswith(PRODUCTION):
            return "production"
        return "live site" if file.startswith(LIVE_SITE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """Share the tests by what they start rather than by their number."""
    # The order is ours: the number of tests of a file says little of how long it takes.
    config.option.loadscopereorder = False
    return Sharing(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the second database be spared what the first one has settled."""
    parser.addoption(
        "--with-database", action="store_true", help="only the tests that use a database"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes long first; leave out what uses no database, if asked to."""
    items.sort(key=lambda item: _rank(item.nodeid))
    if config.getoption("with_database"):
        left_out = [item for item in items if not _uses_a_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _uses_a_database(item)]


def _uses_a_database(item: pytest.Item) -> bool:
    """Return whether the test has its transaction, or reaches a database by a fixture."""
    fixtures = getattr(item, "fixturenames", ())
    return (
        item.get_closest_marker("no_database") is None
        or "environ" in fixtures
        or "live" in fixtures
    )


def _rank(nodeid: str) -> int:
    if nodeid.startswith(LIVE_SITE):
        return 0
    slow = (number for number, name in enumerate(SLOW, 1) if nodeid.startswith(name))
    return next(slow, len(SLOW) + 1)
