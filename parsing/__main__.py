"""The program that reads one file, with little of anything.

    python -m parsing pdf < file

The first line of the answer is the verdict; for a picture, the picture drawn again follows.
"""

from __future__ import annotations

import resource
import sys

from parsing import verdict

MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 8


def narrow() -> None:
    """Give up memory, time and files for good."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(extension: str) -> None:
    """Read the file, write what was found."""
    narrow()
    found, kept = verdict(sys.stdin.buffer.read(), extension)
    # A document is kept as it came: only a picture is sent back.
    sent_back = kept if extension in {"jpg", "png"} else b""
    sys.stdout.buffer.write(found.encode() + b"\n" + sent_back)


if __name__ == "__main__":
    main(sys.argv[1])
