"""JOSE from outside: tokens made by hand, so that they can be as wrong as a test wants, and tokens verified by two libraries
that are not ours (joserfc, jwcrypto)."""
import base64
import hashlib
import json
import secrets
import sys
import time

try:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from joserfc import jwk as rfc_jwk
    from joserfc import jws as rfc_jws
    from jwcrypto import jwk as crypto_jwk
    from jwcrypto import jws as crypto_jws
except ImportError as error:
    sys.exit(f"PyPI's joserfc and jwcrypto are needed to judge tokens ({error}): .ci/python-venv .build-venv")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value, length=None):
    length = length or (value.bit_length() + 7) // 8
    return b64(value.to_bytes(length, "big"))


def random(count=24):
    return secrets.token_urlsafe(count)


class Key:
    """A private key of a client, of P-256 or RSA."""

    def __init__(self, kind="EC", kid=None):
        self.kind = kind
        self.kid = kid or random(6)
        self.private = (
            ec.generate_private_key(ec.SECP256R1()) if kind == "EC"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def public(self):
        """The bare public JWK, as a DPoP proof carries it."""
        numbers = self.private.public_key().public_numbers()
        if self.kind == "EC":
            return {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}

    @property
    def exported(self):
        """The public JWK as it stands in a set; no `alg`, because one RSA key may sign by several."""
        return self.public | {"kid": self.kid, "use": "sig"}

    @property
    def with_private_part(self):
        return self.public | {"d": number(self.private.private_numbers().private_value, 32)}

    @property
    def thumbprint(self):
        """RFC 7638."""
        return b64(hashlib.sha256(json.dumps(self.public, separators=(",", ":"), sort_keys=True).encode()).digest())

    def sign(self, data, algorithm):
        if algorithm == "ES256":
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if algorithm == "RS256":
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if algorithm == "PS256":
            return self.private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if algorithm in ("none", None):
            return b""
        raise ValueError(algorithm)


def compact(header, claims, key=None, algorithm=None):
    """A JWS in compact form, signed by `algorithm`, whatever the header says."""
    head = b64(json.dumps(header, separators=(",", ":")).encode())
    body = b64(json.dumps(claims, separators=(",", ":")).encode())
    signature = key.sign(f"{head}.{body}".encode(), algorithm or header.get("alg")) if key else b""
    return f"{head}.{body}.{b64(signature)}"


def peek(token):
    """Header and claims of a JWS, believed by nobody yet."""
    head, body, _ = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(body))


def tampered(token):
    """The token with another bit in its signature: not in the last character, whose low bits say nothing."""
    head, body, signature = token.split(".")
    data = bytearray(unb64(signature))
    data[0] ^= 0x20
    return f"{head}.{body}.{b64(bytes(data))}"


def verify(token, key_set):
    """The claims of a JWS that both libraries believe, with the key that its `kid` names and the algorithm it says.

    :raises AssertionError: with what is wrong."""
    try:
        header, claims = peek(token)
    except ValueError as error:
        raise AssertionError(f"not a JWS: {error}") from error
    algorithm = header.get("alg")
    assert algorithm in ("RS256", "ES256", "PS256", "EdDSA", "Ed25519"), f"signed with {algorithm}"
    keys = [key for key in key_set["keys"] if key.get("kid") == header.get("kid")]
    assert header.get("kid") and len(keys) == 1, f"{len(keys)} keys of the set have the kid {header.get('kid')}"
    key = {name: value for name, value in keys[0].items() if name not in ("x5c", "x5t", "x5t#S256")}
    try:
        rfc_jws.deserialize_compact(token, rfc_jwk.import_key(dict(key)), algorithms=[algorithm])
    except Exception as error:
        raise AssertionError(f"joserfc does not believe the signature: {type(error).__name__} {error}") from error
    judged = crypto_jws.JWS()
    judged.allowed_algs = [algorithm]
    try:
        judged.deserialize(token, crypto_jwk.JWK(**key))
    except Exception as error:
        raise AssertionError(f"jwcrypto does not believe the signature: {type(error).__name__} {error}") from error
    return claims


def half_hash(text):
    """OpenID Connect Core §3.1.3.6, for the algorithms with SHA-256."""
    return b64(hashlib.sha256(text.encode("ascii")).digest()[:16])


def challenge(verifier):
    """RFC 7636 §4.2."""
    return b64(hashlib.sha256(verifier.encode("ascii")).digest())


def client_assertion(client_id, audience, key, algorithm="ES256", **changes):
    """RFC 7523 §3 as rfc7523bis has it: the audience is the issuer, alone. A change to None takes a claim away."""
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "iat": now, "exp": now + 60, "jti": random()}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return compact({"alg": algorithm, "kid": key.kid, "typ": "JWT"}, claims, key)


class Proof:
    """A DPoP proof (RFC 9449 §4.2), and what a test wants to be different about it."""

    def __init__(self, key, algorithm="ES256"):
        self.key, self.algorithm = key, algorithm

    def make(self, method, url, token=None, nonce=None, header=None, claims=None, sign=True):
        head = {"typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.key.public}
        body = {"jti": random(), "htm": method, "htu": url.split("?")[0].split("#")[0], "iat": int(time.time())}
        if token:
            body["ath"] = b64(hashlib.sha256(token.encode("ascii")).digest())
        if nonce:
            body["nonce"] = nonce
        head = {name: value for name, value in (head | (header or {})).items() if value is not None}
        body = {name: value for name, value in (body | (claims or {})).items() if value is not None}
        return compact(head, body, self.key if sign else None, self.algorithm)
