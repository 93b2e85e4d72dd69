"""The versions of the sentences that people agree to: what each one read stays known.

A version changes with its words, in the place that is named: `tests/privacy/test_consents.py` holds
the words of every version, and fails when they part.
"""

from __future__ import annotations

# The box of the application: `ApplicationForm.consent`.
COUNSELLOR = "2026-11"
# The question once it is over: `applications/pool.html`.
POOL = "2026-11"
# The button that confirms: `alerts/show.html`, `alerts/watch_show.html`.
ALERT = "2026-11"
WATCH = "2026-11"
