"""How many disasters to run, and what they did, all together."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each seed its own test."""
    if "seed" in metafunc.fixturenames:
        seeds = range(metafunc.config.getoption("--chaos-seeds"))
        metafunc.parametrize("seed", seeds, ids=[f"seed{seed}" for seed in seeds])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was acknowledged, lost and repeated over all the disasters."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if report.when == "call":
            counts.update(dict(report.user_properties).get("disaster", {}))
    if counts:
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        terminalreporter.write_line(f"chaos: {told}")
