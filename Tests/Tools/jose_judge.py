"""Second opinions on JOSE, by joserfc and jwcrypto. Reads one JSON object a line from a file, and answers on stdout.

judge.py verify FILE   lines {"kind": "jws" or "jwe", "alg", "enc", "key", "token", "payload"}: each library verifies or
                       opens the token with the key; what it has against one is printed, and at last "agreed on N".
judge.py make          prints lines of the same form, of tokens that the libraries made.
"""
import json
import secrets
import sys

from joserfc import jwe as rfc_jwe
from joserfc import jwk as rfc_jwk
from joserfc import jws as rfc_jws
from jwcrypto import jwe as crypto_jwe
from jwcrypto import jwk as crypto_jwk
from jwcrypto import jws as crypto_jws
from jwcrypto.common import base64url_encode

SIGNATURES = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256",
    "HS384", "HS512",
]
MANAGEMENT = [
    "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "A128KW", "A192KW",
    "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW", "dir",
]
CONTENT = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32, "A128CBC-HS256": 32, "A192CBC-HS384": 48, "A256CBC-HS512": 64}


def rfc_key(key):
    return rfc_jwk.import_key(dict(key))


def verify_rfc(case):
    if case["kind"] == "jws":
        return rfc_jws.deserialize_compact(case["token"], rfc_key(case["key"]), algorithms=[case["alg"]]).payload
    # Its own registry leaves some algorithms out unless they are asked for.
    return rfc_jwe.decrypt_compact(
        case["token"], rfc_key(case["key"]), algorithms=[case["alg"], case["enc"]]).plaintext


def verify_crypto(case):
    key = crypto_jwk.JWK(**case["key"])
    if case["kind"] == "jws":
        token = crypto_jws.JWS()
        token.allowed_algs = [case["alg"]]
        token.deserialize(case["token"], key)
        return token.payload
    token = crypto_jwe.JWE(algs=[case["alg"], case["enc"]])
    token.deserialize(case["token"], key)
    return token.payload


LIBRARIES = {"joserfc": verify_rfc, "jwcrypto": verify_crypto}


def verify(path):
    agreed = 0
    for line in open(path, encoding="utf-8"):
        case = json.loads(line)
        for name, judge in LIBRARIES.items():
            try:
                content = judge(case)
                if content != case["payload"].encode():
                    print(name, case["alg"], case.get("enc", ""), "has other content")
                    continue
            except Exception as error:  # whatever it says, it is an objection
                print(name, case["alg"], case.get("enc", ""), type(error).__name__, error)
                continue
            agreed += 1
    print("agreed on", agreed)


def new_key(alg, enc=None):
    name = {"kid": f"their-{alg}-{enc}"}
    if alg[:2] in ("RS", "PS"):
        return json.loads(RSA.export()) | name
    curves = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    if alg in curves:
        return json.loads(crypto_jwk.JWK.generate(kty="EC", crv=curves[alg]).export()) | name
    if alg.startswith("Ed"):
        return json.loads(crypto_jwk.JWK.generate(kty="OKP", crv="Ed25519").export()) | name
    if alg.startswith("ECDH"):
        kind = secrets.choice([("EC", "P-256"), ("EC", "P-384"), ("EC", "P-521"), ("OKP", "X25519")])
        return json.loads(crypto_jwk.JWK.generate(kty=kind[0], crv=kind[1]).export()) | name
    length = 64 if alg.startswith("HS") else CONTENT[enc] if alg == "dir" else int(alg[1:4]) // 8
    return {"kty": "oct", "k": base64url_encode(secrets.token_bytes(length))} | name


def made_by_rfc(alg, enc, key, payload):
    header = {"alg": alg, "kid": key["kid"]}
    if enc is None:
        return rfc_jws.serialize_compact(header, payload, rfc_key(key), algorithms=[alg])
    return rfc_jwe.encrypt_compact(header | {"enc": enc}, payload, rfc_key(key), algorithms=[alg, enc])


def made_by_crypto(alg, enc, key, payload):
    header = {"alg": alg, "kid": key["kid"]}
    if enc is None:
        token = crypto_jws.JWS(payload.encode())
        token.allowed_algs = [alg]
        token.add_signature(crypto_jwk.JWK(**key), None, json.dumps(header))
    else:
        token = crypto_jwe.JWE(payload.encode(), json.dumps(header | {"enc": enc}), algs=[alg, enc])
        token.add_recipient(crypto_jwk.JWK(**key))
    return token.serialize(compact=True)


def make():
    global RSA
    RSA = crypto_jwk.JWK.generate(kty="RSA", size=2048)
    for library, maker in {"joserfc": made_by_rfc, "jwcrypto": made_by_crypto}.items():
        for alg, enc in [(alg, None) for alg in SIGNATURES] + [(alg, enc) for alg in MANAGEMENT for enc in CONTENT]:
            key, payload = new_key(alg, enc), f"{library} {alg} {enc} – é"
            token = maker(alg, enc, key, payload)
            kind = "jws" if enc is None else "jwe"
            print(json.dumps({"kind": kind, "alg": alg, "enc": enc, "key": key, "token": token, "payload": payload}))


verify(sys.argv[2]) if sys.argv[1] == "verify" else make()
