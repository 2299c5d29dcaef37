"""The sandbox's EHR as a client of ours: keys of its own, trusted beside the sandbox."""

import json
import time
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from service.clients import Client
from service.ids import new_id
from service.sandbox.temper import addresses

ALGORITHM: Final = "ES384"
SECONDS = 300
"""How long a token of the sandbox holds."""
_KEY_ID = "sandbox"


class Signer:
    """Signs as the sandbox's EHR; its keys are made at start and end with the process."""

    def __init__(self, base_url: str) -> None:
        """Make the key pair; `base_url` is where the service, and so the sandbox, is called."""
        self._base_url = base_url
        self._key = ec.generate_private_key(ec.SECP384R1())

    @property
    def client(self) -> Client:
        """The client whose tokens these are, with every address of its FHIR server."""
        public = json.loads(ECAlgorithm.to_jwk(self._key.public_key()))
        keys = {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": ALGORITHM}]}
        return Client(
            name="sandbox",
            issuer=f"{self._base_url}/sandbox",
            jwks=json.dumps(keys).encode(),
            algorithms=(ALGORITHM,),
            max_token_seconds=SECONDS,
            fhir_servers=addresses(self._base_url),
        )

    def token(self, path: str) -> str:
        """Give a token for a call to `path`."""
        now = int(time.time())
        claims = {
            "iss": f"{self._base_url}/sandbox",
            "aud": self._base_url + path,
            "iat": now,
            "exp": now + SECONDS,
            "jti": new_id(),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": _KEY_ID})
