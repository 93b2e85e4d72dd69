"""Says by its status whether a part of the site is well: `live` (pages) or `worker`."""

from __future__ import annotations

import http.client
import json
import os
import sys


def is_well(part: str, address: str) -> bool:
    """Ask the site at host:port, under the first of its public names."""
    connection = http.client.HTTPConnection(address, timeout=5)
    page = "live" if part == "live" else "ready"
    host = os.environ["TRUSTED_HOSTS"].split(",")[0]
    try:
        connection.request("GET", f"/health/{page}", headers={"Host": host})
        told = json.load(connection.getresponse())
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return bool(told.get("status" if part == "live" else part) == "ok")


if __name__ == "__main__":
    sys.exit(not is_well(*sys.argv[1:]))
