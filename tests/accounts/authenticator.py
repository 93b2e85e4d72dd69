"""A key that signs as browsers do (WebAuthn), held by the tests."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

ORIGIN = "http://localhost"
# The person is there, and was recognised by her device.
PRESENT, NEW = 0x05, 0x40


class Authenticator:
    """One device with one key."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.identifier = secrets.token_bytes(32)
        self.origin = origin
        self.uses = 0

    def create(self, options: dict[str, Any]) -> str:
        """Answer the options of a creation, in JSON."""
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + struct.pack(">H", len(self.identifier)) + self.identifier + cose
        data = self._data(options["rp"]["id"], PRESENT | NEW) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            clientDataJSON=self._client("webauthn.create", options),
            attestationObject=attestation,
        )

    def get(self, options: dict[str, Any]) -> str:
        """Sign the challenge of a sign-in, in JSON."""
        self.uses += 1
        client = self._client("webauthn.get", options)
        data = self._data(options["rpId"], PRESENT)
        signed = data + hashlib.sha256(client).digest()
        return self._credential(
            clientDataJSON=client,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
        )

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        ).encode()

    def _data(self, domain: str, flags: int) -> bytes:
        return hashlib.sha256(domain.encode()).digest() + struct.pack(">BI", flags, self.uses)

    def _credential(self, **response: bytes) -> str:
        identifier = bytes_to_base64url(self.identifier)
        return json.dumps(
            {
                "id": identifier,
                "rawId": identifier,
                "type": "public-key",
                "response": {name: bytes_to_base64url(value) for name, value in response.items()},
            }
        )
