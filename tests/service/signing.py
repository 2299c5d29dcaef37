"""An EHR that signs its calls, with keys made when the tests run."""

import json
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ISSUER = "https://ehr.example/fhir"
BASE = "http://127.0.0.1:8000"
DISCOVERY = f"{BASE}/cds-services"
VIEW = f"{BASE}/cds-services/svf-patient-view"


def _ec_keys():
    return {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


KEYS = {
    **{name: ec.generate_private_key(curve) for name, curve in _ec_keys().items()},
    "RS384": rsa.generate_private_key(65537, 2048),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "other ES384": ec.generate_private_key(ec.SECP384R1()),
    "other RS384": rsa.generate_private_key(65537, 2048),
    "small RS384": rsa.generate_private_key(65537, 1024),  # noqa: S505 - to be refused
}


def jwk(name, **members):
    """Give the public half of a key as a JSON Web Key, its `kid` the name."""
    public = KEYS[name].public_key()
    kinds = ((ec.EllipticCurvePublicKey, ECAlgorithm), (rsa.RSAPublicKey, RSAAlgorithm))
    algorithm = next((a for kind, a in kinds if isinstance(public, kind)), OKPAlgorithm)
    made = json.loads(algorithm.to_jwk(public))
    made.pop("key_ops", None)
    given = {**made, "kid": f"{name}+/=", **members}
    return {k: v for k, v in given.items() if v is not None}


def key_set(*names):
    """Give a JSON Web Key Set."""
    return json.dumps({"keys": [jwk(name) for name in names]}).encode()


def claims(**given):
    """Give the claims of a good token for the service svf-patient-view; None leaves one out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": VIEW, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
    return {k: v for k, v in {**good, **given}.items() if v is not None}


def token(key="ES384", algorithm=None, header=None, payload=None, **given):
    """Give a signed token; `header` changes its header, other arguments its claims."""
    head = {"kid": f"{key}+/=", "typ": "JWT", **(header or {})}
    content = json.dumps(claims(**given)).encode() if payload is None else payload
    jws = jwt.PyJWS()
    return jws.encode(content, KEYS[key], algorithm or key.split()[-1], headers=head)


def bearer(*arguments, **given):
    """Give the header that carries a signed token."""
    return {"Authorization": f"Bearer {token(*arguments, **given)}"}


def clients_file(folder, *, keys=("ES384", "RS384"), lines="", more=""):
    """Write a clients.toml with one client whose keys are in a file beside it."""
    (folder / "keys.json").write_bytes(key_set(*keys))
    path = folder / "clients.toml"
    path.write_text(
        f'[[client]]\nname = "EHR"\nissuer = "{ISSUER}"\n'
        f'jwks_file = "{folder}/keys.json"\n{lines}\n{more}\n'
    )
    return path
