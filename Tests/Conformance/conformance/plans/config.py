"""Config OP: what the discovery document and the key set have to say."""
import json
import os

from jsonschema import Draft202012Validator

from harness.gateway import ROOT

from ..suite import Plan

CONFIG = Plan(
    "config", "Config OP", "oidcc-",
    reproduced="from the module itself, with the suite's own schema of metadata")


@CONFIG.module("discovery-endpoint-verification")
def discovery(room):
    url = room.issuer + "/.well-known/openid-configuration"
    answer = room.wire.get(url)
    room.need(answer.status == 200, f"{url} answered {answer.status}")
    room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
    metadata = answer.json
    room.check(metadata.get("issuer") == room.issuer, f"issuer {metadata.get('issuer')!r} is not {room.issuer!r}, byte for byte")
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            room.check(isinstance(value, str) and value.startswith("https://"), f"{name} is no https address: {value!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        room.check(metadata.get(name), f"{name} is missing")
    room.should(metadata.get("userinfo_endpoint"), "userinfo_endpoint is missing")
    types = metadata.get("response_types_supported")
    known = {"code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"}
    room.check(isinstance(types, list) and set(types) & known, f"response_types_supported {types!r}")
    # RFC 9700 §2.1.2: what we never offer must not be listed.
    room.check(types == ["code"], f"response types beyond code: {types!r}")
    room.check(metadata.get("subject_types_supported") and set(metadata["subject_types_supported"]) <= {"public", "pairwise"},
               f"subject_types_supported {metadata.get('subject_types_supported')!r}")
    algorithms = metadata.get("id_token_signing_alg_values_supported") or []
    room.check("RS256" in algorithms, f"RS256 is not among {algorithms!r}")
    room.check("none" not in algorithms, "none is offered for ID tokens")
    room.should("openid" in (metadata.get("scopes_supported") or []), "scopes_supported has no openid")
    room.should(metadata.get("claims_supported"), "claims_supported is missing or empty")
    for name in ("grant_types_supported", "code_challenge_methods_supported", "response_modes_supported",
                 "token_endpoint_auth_methods_supported", "scopes_supported", "claims_supported", "ui_locales_supported",
                 "acr_values_supported", "request_object_signing_alg_values_supported"):
        value = metadata.get(name)
        room.check(value is None or (isinstance(value, list) and value and all(isinstance(word, str) for word in value)),
                   f"{name} is no list of texts, or an empty one: {value!r}")
    for name in ("claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported",
                 "require_request_uri_registration", "authorization_response_iss_parameter_supported",
                 "require_pushed_authorization_requests", "backchannel_logout_supported"):
        room.check(isinstance(metadata.get(name, False), bool), f"{name} is no boolean")
    room.check(metadata.get("code_challenge_methods_supported") == ["S256"],
               f"code_challenge_methods_supported {metadata.get('code_challenge_methods_supported')!r}")
    room.check(not {"implicit", "password"} & set(metadata.get("grant_types_supported") or []),
               "implicit or password is among the grants")
    against_schema(room, metadata)
    keys(room, metadata)
    # RFC 8414 §3: the other document tells the same.
    other = room.wire.get(room.issuer + "/.well-known/oauth-authorization-server")
    room.should(other.status == 200 and other.json == metadata, "the document of RFC 8414 is not the same")


def against_schema(room, metadata):
    """The suite's own schema: what breaks it fails, what it does not know warns."""
    with open(os.path.join(ROOT, "Tests", "Corpus", "oidf", "oauth_authorization_server_metadata.json"),
              encoding="utf-8") as file:
        schema = json.load(file)
    for problem in Draft202012Validator(schema).iter_errors(metadata):
        if problem.validator != "additionalProperties":
            room.fail(f"schema: {'.'.join(map(str, problem.path))} {problem.message}")
    unknown = sorted(set(metadata) - set(schema["properties"]))
    room.should(not unknown, f"members that the suite does not know: {unknown}")


def keys(room, metadata):
    answer = room.wire.get(metadata["jwks_uri"])
    room.need(answer.status == 200, f"jwks_uri answered {answer.status}")
    found = answer.json.get("keys")
    room.need(isinstance(found, list) and found, "the key set is empty")
    names = [key.get("kid") for key in found]
    room.check(all(names) and len(set(names)) == len(names), f"kids are missing or double: {names}")
    for key in found:
        room.check(key.get("kty") in ("RSA", "EC", "OKP"), f"kty {key.get('kty')!r}")
        private = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(key)
        room.check(not private, f"the set has private members {private}")
        room.check(key.get("use", "sig") == "sig", f"use {key.get('use')!r}")
    room.check(any(key.get("kty") == "RSA" for key in found), "no RSA key for RS256")

