"""What the search is measured against: see tools/bench.py and tools/relevance.py."""
