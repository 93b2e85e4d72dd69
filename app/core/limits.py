"""Rate limits on what costs or can be abused: applications and the API."""

from __future__ import annotations

import ipaddress

from flask import request
from flask_limiter import Limiter


def client_network() -> str:
    """Return the address of the visitor, as tries are counted.

    One subscriber holds a whole /64 of IPv6: its addresses count as one.
    """
    # Without an address, as behind a socket of the same machine, all count as one: never as none.
    address = request.remote_addr or "127.0.0.1"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
    return address


limiter = Limiter(client_network, strategy="fixed-window")
