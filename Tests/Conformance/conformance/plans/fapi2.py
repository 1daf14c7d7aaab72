"""FAPI 2.0 Security Profile OP: PAR, private_key_jwt, DPoP, plain FAPI with OpenID Connect."""
import json
import re
import time
import urllib.parse

from harness import jose
from harness.relying_party import pkce
from harness.wire import encode, parameters, with_query

from .. import flow
from ..suite import Plan
from ..transport import check_tls
from ..verdict import Stop
from ..world import CALLBACK

FAPI2 = Plan(
    "fapi2", "FAPI 2.0 Security Profile OP", "fapi2-security-profile-final-",
    reproduced="from the modules themselves, in the variant plain_fapi, openid_connect, private_key_jwt, dpop, unsigned, "
               "plain_response; the resource is userinfo",
    left_out=[
        ("ensure-registered-redirect-uri", "not of plain FAPI, whose own module is `plain-fapi-tolerate-…`"),
        ("australia-connectid-ensure-invalid-purpose-fails", "a national profile"),
        ("australia-connectid-test-claims-parameter-idtoken-identity-claims", "a national profile"),
        ("brazil-ensure-bad-payment-signature-fails", "a national profile"),
        ("ensure-server-handles-non-matching-intent-id", "open banking"),
        ("test-essential-acr-sca-claim", "open banking"),
    ])


class Run:
    """One way through the profile; each step can be made different."""

    def __init__(self, room, name="fapi-1", person=None, browser=None, key=None):
        self.room, self.client = room, room.client(name)
        self.person = person or room.person()
        self.browser = browser or self.client.browser()
        # Tokens are bound to a key, or to the certificate of the connections.
        self.certified = room.plan.certified
        self.proof = None if self.certified else jose.Proof(key or jose.Key())
        self.algorithm = "PS256" if self.client.key and self.client.key.kind == "RSA" else "ES256"
        self.verifier, self.announced = pkce()

    def assertion(self, **claims):
        return self.client.authentication(algorithm=claims.pop("algorithm", self.algorithm), **claims)

    def request(self, **changes):
        self.sent = self.client.request(**(self.announced | changes))
        return self.sent

    def push(self, proof=None, authentication=None, beside=None, signing=None, **changes):
        """Sends an authorization request to PAR, as a signed request object where the plan has it.

        :param beside: parameters of the form, whatever the request is.
        :param signing: what is different about the request object, for `signed`."""
        request = self.request(**changes)
        if self.room.plan.signed:
            request = {"client_id": self.client.id, "request": self.signed(request, **(signing or {}))}
        return self.client.call("pushed_authorization_request_endpoint", request | (beside or {}), proof,
                                authentication or self.assertion())

    def signed(self, request, key=None, algorithm=None, spoil=None, **claims):
        """A request object (RFC 9101 §4). A claim of None takes one away."""
        now = int(time.time())
        body = request | {"iss": self.client.id, "aud": self.room.issuer, "iat": now, "nbf": now, "exp": now + 300} | claims
        key, algorithm = key or self.client.key, algorithm or self.algorithm
        made = jose.compact(
            {"alg": algorithm, "kid": key.kid, "typ": "oauth-authz-req+jwt"},
            {name: value for name, value in body.items() if value is not None}, key, algorithm)
        return spoil(made) if spoil else made

    def pushed(self, proof=None, authentication=None, **changes):
        """Pushes a request that has to be taken (RFC 9126 §2.2)."""
        answer = self.push(proof, authentication, **changes)
        room = self.room
        room.need(answer.status == 201, f"PAR answered {answer}")
        body = answer.json
        room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
        room.should("no-store" in (answer.header("Cache-Control") or ""), "PAR without Cache-Control: no-store")
        room.need(isinstance(body.get("request_uri"), str), "no request_uri")
        room.check(flow.entropy(body["request_uri"].rsplit(":", 1)[-1]) >= 96, "request_uri is easily guessed")
        expires = body.get("expires_in")
        room.check(isinstance(expires, int) and 5 <= expires <= 600, f"expires_in {expires!r} (FAPI 2.0 §5.3.2.2: below 600)")
        self.expires_in = expires
        return body["request_uri"]

    def url(self, request_uri, client=None, **more):
        return with_query(self.client.endpoint("authorization_endpoint"),
                          {"client_id": (client or self.client).id, "request_uri": request_uri, **more})

    def visit(self, request_uri, decision="allow", stop=None, **more):
        return self.browser.walk(self.browser.open(self.url(request_uri, **more)), self.person, decision, stop)

    def authorized(self, proof=None, **changes):
        """The code of a whole authorization."""
        self.landing = self.visit(self.pushed(proof, **changes))
        return flow.callback(self.room, self.client, self.landing, self.sent)

    def redeem(self, code, verifier="own", proof="own", authentication=None, **more):
        return self.client.redeem(
            code, self.verifier if verifier == "own" else verifier,
            proof=self.proof if proof == "own" else proof, authentication=authentication or self.assertion(), **more)

    def tokens(self, code, **more):
        self.answer = self.redeem(code, **more)
        self.token, self.header, self.claims = flow.tokens(
            self.room, self.client, self.answer, self.sent.get("nonce"), code, "bearer" if self.certified else "dpop")
        self.room.check(self.header["alg"] in ("PS256", "ES256", "EdDSA", "Ed25519"),
                        f"ID token is signed with {self.header['alg']} (FAPI 2.0 §5.4)")
        return self.token

    def whole(self, **changes):
        self.tokens(self.authorized(**changes))
        answer = self.resource()
        self.info = flow.userinfo(self.room, answer, self.claims)
        return self

    def resource(self, scheme="DPoP", proofs=None, url=None, certificate="own", **proof):
        """Userinfo with this token; with another proof or certificate, or headers of its own."""
        url, answer = url or self.client.endpoint("userinfo_endpoint"), None
        if self.certified:
            scheme = {"DPoP": "Bearer", "dpOP": "beaRER"}.get(scheme, scheme)
            return self.room.wire.send("GET", url, [("Authorization", f"{scheme} {self.token}")],
                                       certificate=self.client.certificate if certificate == "own" else certificate)
        for nonce in (None, "asked"):
            if proofs is None or callable(proofs):
                value = answer.header("DPoP-Nonce") if nonce else None
                made = proofs(value) if callable(proofs) else [self.proof.make("GET", url, self.token, value, **proof)]
            else:
                made = proofs
            answer = self.room.wire.send(
                "GET", url, [("Authorization", f"{scheme} {self.token}"), *[("DPoP", one) for one in made]])
            if "use_dpop_nonce" not in (answer.header("WWW-Authenticate") or ""):
                break
        return answer


def refused_push(room, answer, errors, statuses=(400, 401)):
    room.check(answer.status in statuses, f"PAR answered {answer}, expected one of {statuses}")
    room.check(answer.error in errors, f"error {answer.error!r}, expected one of {sorted(errors)}")


def refused_visit(room, landing, sent, errors):
    """An error page, or an error at the client."""
    if landing.callback:
        flow.error_response(room, landing, sent, errors)
    else:
        flow.refused_at_page(room, landing)


@FAPI2.module("discovery-end-point-verification")
def discovery(room):
    metadata = room.metadata
    room.check("code" in (metadata.get("response_types_supported") or []), "code is not among the response types")
    room.check(metadata.get("authorization_response_iss_parameter_supported") is True,
               "authorization_response_iss_parameter_supported is not true")
    room.check(str(metadata.get("pushed_authorization_request_endpoint")).startswith("https://"), "no PAR endpoint")
    room.check(isinstance(metadata.get("require_pushed_authorization_requests", False), bool),
               "require_pushed_authorization_requests is no boolean")
    room.check("S256" in (metadata.get("code_challenge_methods_supported") or []), "S256 is not offered")
    room.check({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"}
               & set(metadata.get("token_endpoint_auth_methods_supported") or []), "no method with a key or certificate")
    if room.plan.certified:
        certified_discovery(room, metadata)
    for name in ("token_endpoint_auth_signing_alg_values_supported", "id_token_signing_alg_values_supported",
                 "dpop_signing_alg_values_supported"):
        room.check({"PS256", "ES256", "EdDSA", "Ed25519"} & set(metadata.get(name) or []), f"{name} has none of the profile's")
    room.check(not {"RS256", "none"} & set(metadata.get("dpop_signing_alg_values_supported") or []), "RS256 for DPoP")
    room.check("authorization_code" in (metadata.get("grant_types_supported") or ["authorization_code"]),
               "authorization_code is not among the grants")
    room.check("openid" in (metadata.get("scopes_supported") or []), "openid is not among the scopes")
    room.check(metadata.get("subject_types_supported"), "subject_types_supported is missing")
    for name, value in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            room.check(str(value).startswith("https://"), f"{name} is not https")


def certified_discovery(room, metadata):
    """RFC 8705 §3.3 and §5."""
    methods = set(metadata.get("token_endpoint_auth_methods_supported") or [])
    room.check({"tls_client_auth", "self_signed_tls_client_auth"} & methods, "no method by certificate")
    room.check(metadata.get("tls_client_certificate_bound_access_tokens") is True,
               "tls_client_certificate_bound_access_tokens is not true")
    aliases = metadata.get("mtls_endpoint_aliases") or {}
    for name in ("token_endpoint", "pushed_authorization_request_endpoint", "userinfo_endpoint", "revocation_endpoint",
                 "introspection_endpoint"):
        room.check(str(aliases.get(name)).startswith("https://"), f"mtls_endpoint_aliases has no {name}")
        room.check(aliases.get(name) != metadata.get(name), f"the alias of {name} is the ordinary address")
    for name in aliases:
        room.check(name in metadata, f"mtls_endpoint_aliases has {name}, which the document has not")


@FAPI2.module("happy-flow")
def happy_flow(room):
    first = Run(room).whole()
    flow.strong_code(room, first.landing.code)
    second = Run(room, "fapi-2").whole()
    room.check(second.claims["sub"] != first.claims["sub"], "two people with one sub")
    if first.certified:
        for text, certificate in (("no certificate", None), ("another client's", second.client.certificate),
                                  ("a stranger's of the same name", room.world.certificates["stranger"])):
            answer = first.resource(certificate=certificate)
            room.check(answer.status in (400, 401), f"{text} opened userinfo: {answer.status}")
        ordinary = room.wire.get(room.metadata["userinfo_endpoint"], [("Authorization", f"Bearer {first.token}")])
        room.check(ordinary.status in (400, 401), "a bound token opened userinfo where nobody is asked for a certificate")
        return
    room.check(first.resource("Bearer", proofs=[]).status in (400, 401), "a bound token opened userinfo as a bearer token")
    stranger = jose.Proof(jose.Key())
    url = first.client.endpoint("userinfo_endpoint")
    answer = first.resource(proofs=lambda nonce: [stranger.make("GET", url, first.token, nonce)])
    room.check(answer.status in (400, 401), "another key's proof opened userinfo")


@FAPI2.module("user-rejects-authentication")
def user_rejects(room):
    for name in ("fapi-1", "fapi-2"):
        run = Run(room, name)
        landing = run.visit(run.pushed(state=jose.random(96)), decision="deny")
        room.need(landing.decisions > 0, f"nobody was asked: {landing}")
        flow.error_response(room, landing, run.sent, {"access_denied"})
        if name == "fapi-2":
            room.check(landing.params.get("dummy1") == "lorem", "the query of the redirect URI was lost")


@FAPI2.module("ensure-authorization-request-without-state-success")
def without_state(room):
    run = Run(room).whole(state=None)
    room.check("state" not in run.landing.params, "a state that nobody sent")
    room.check("s_hash" not in run.claims, "an s_hash without state")


@FAPI2.module("ensure-authorization-request-without-nonce-success")
def without_nonce(room):
    room.check("nonce" not in Run(room).whole(nonce=None).claims, "a nonce that nobody sent")


@FAPI2.module("ensure-authorization-request-with-64-char-nonce-success")
def nonce_of_64(room):
    Run(room).whole(nonce=jose.random(48))


@FAPI2.module("ensure-other-scope-order-succeeds")
def other_scope_order(room):
    Run(room).whole(scope="email profile openid")


@FAPI2.module("test-claims-parameter-identity-claims")
def claims_parameter(room):
    if not room.metadata.get("claims_parameter_supported"):
        room.skip("the claims parameter is not offered")
    standard = [name for name in room.metadata.get("claims_supported", [])
                if name in set().union(*flow.SCOPED.values())]
    if not standard:
        room.skip("no standard claims are offered")
    forms = [None, {"essential": True}, {"essential": False}]
    asked = {name: forms[index % 3] for index, name in enumerate(standard)}
    unknown = {jose.random(6): None, jose.random(6): {"essential": True}}
    run = Run(room).whole(claims=json.dumps({"id_token": asked | unknown, "userinfo": asked | unknown}))
    missing = [name for name in standard if name not in run.claims and name not in run.info]
    room.should(not missing, f"neither in the ID token nor at userinfo: {missing}")
    room.should(not set(unknown) & (set(run.claims) | set(run.info)), "claims that nobody knows were answered")


@FAPI2.module("access-token-type-header-case-sensitivity")
def scheme_case(room):
    run = Run(room)
    run.tokens(run.authorized())
    answer = run.resource("dpOP")
    room.check(answer.status == 200, f"the scheme in another case was refused (RFC 9110 §11.1): {answer}")


def proof_with(**claims):
    """Goes the whole way with such claims in every proof, at PAR too."""
    def module(room):
        run = Run(room)
        moved = {name: (int(time.time()) + value) for name, value in claims.items()}
        at = lambda url, nonce: run.proof.make("POST", url, nonce=nonce, claims=moved)  # noqa: E731
        code = run.authorized(proof=at)
        run.tokens(code, proof=at)
        answer = run.resource(proofs=lambda nonce: [
            run.proof.make("GET", run.client.endpoint("userinfo_endpoint"), run.token, nonce, claims=moved)])
        room.check(answer.status == 200, f"userinfo answered {answer}")
    return module


FAPI2.module("check-dpop-proof-nbf-exp")(proof_with(nbf=0, exp=300))
FAPI2.module("ensure-dpopproof-with-iat-10seconds-before-succeeds")(proof_with(iat=-10))
FAPI2.module("ensure-dpopproof-with-iat-10seconds-after-succeeds")(proof_with(iat=10))

MISMATCH = {"invalid_request", "invalid_grant", "invalid_dpop_proof"}


@FAPI2.module("ensure-mismatched-dpop-jkt-fails")
def mismatched_jkt(room):
    run = Run(room)
    answer = run.push(proof=run.proof, dpop_jkt=jose.Key().thumbprint)
    refused_push(room, answer, {"invalid_request", "invalid_dpop_proof"}, (400,))


@FAPI2.module("ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt")
def other_proof_at_token(room):
    run = Run(room)
    code = run.authorized(proof=run.proof)
    flow.token_error(room, run.redeem(code, proof=jose.Proof(jose.Key())), MISMATCH)


@FAPI2.module("ensure-token-endpoint-fails-with-mismatched-dpop-jkt")
def other_jkt_at_token(room):
    run = Run(room)
    code = run.authorized(dpop_jkt=jose.Key().thumbprint)
    flow.token_error(room, run.redeem(code), MISMATCH)


@FAPI2.module("ensure-dpopproof-at-par-endpoint-binding-success")
def proof_at_par(room):
    run = Run(room)
    run.whole(proof=run.proof)


@FAPI2.module("ensure-dpop-auth-code-binding-success")
def jkt_binding(room):
    run = Run(room)
    run.whole(proof=run.proof, dpop_jkt=run.proof.key.thumbprint)


@FAPI2.module("ensure-different-nonce-inside-and-outside-request-object")
def nonce_outside(room):
    different(room, "nonce")


@FAPI2.module("ensure-different-state-inside-and-outside-request-object")
def state_outside(room):
    different(room, "state")


def different(room, name):
    """What was pushed counts, or it is refused; what stands in the address never counts."""
    run = Run(room)
    landing = run.visit(run.pushed(), **{name: "outside"})
    if landing.callback and landing.error is None:
        code = flow.callback(room, run.client, landing, run.sent)
        run.tokens(code)
    else:
        refused_visit(room, landing, run.sent, {"invalid_request"})


@FAPI2.module("ensure-authorization-request-with-long-nonce")
def long_nonce(room):
    long(room, "nonce", 384)


@FAPI2.module("ensure-authorization-request-with-long-state")
def long_state(room):
    long(room, "state", 1024)


def long(room, name, count):
    run = Run(room)
    answer = run.push(**{name: jose.random(count)[:count]})
    if answer.status != 201:
        refused_push(room, answer, {"invalid_request"}, (400,))
        return
    landing = run.visit(answer.json["request_uri"])
    if landing.callback and landing.error is None:
        run.tokens(flow.callback(room, run.client, landing, run.sent))
    else:
        refused_visit(room, landing, run.sent, {"invalid_request"})


@FAPI2.module("state-only-outside-request-object-not-used")
def state_only_outside(room):
    run = Run(room)
    landing = run.visit(run.pushed(state=None), state="outside")
    if landing.callback and landing.error is None:
        flow.callback(room, run.client, landing, run.sent)
    else:
        refused_visit(room, landing, run.sent | {"state": landing.params.get("state")},
                      {"invalid_request", "invalid_request_object", "access_denied"})


def without_redirect_uri(room):
    run = Run(room)
    answer = run.push(redirect_uri=None)
    if answer.status != 201:
        refused_push(room, answer, {"invalid_request"}, (400,))
        return
    # RFC 6749 §3.1.2.3: with one registered address the server may take that.
    landing = run.visit(answer.json["request_uri"])
    if landing.callback:
        room.check(landing.url.split("?")[0] == CALLBACK, f"led to {landing.url}")
    else:
        flow.refused_at_page(room, landing)


FAPI2.module("ensure-request-object-without-redirect-uri-fails")(without_redirect_uri)
FAPI2.module("ensure-redirect-uri-in-authorization-request")(without_redirect_uri)


@FAPI2.module("plain-fapi-tolerate-unregistered-redirect-uri")
def unregistered_redirect_uri(room):
    run = Run(room)
    answer = run.push(redirect_uri=CALLBACK + "/" + jose.random(8))
    if answer.status == 201:
        room.warn("an address that was not registered is taken at PAR (RFC 9126 §2.4 allows it)")
        return
    refused_push(room, answer, {"invalid_request", "invalid_redirect_uri"}, (400,))


@FAPI2.module("ensure-unsigned-authorization-request-without-using-par-fails")
def without_par(room):
    run = Run(room)
    request = run.request()
    landing = run.client.authorize(run.browser, run.person, request)
    refused_visit(room, landing, request, {"invalid_request", "invalid_request_object"})


def response_type(value):
    def module(room):
        run = Run(room)
        answer = run.push(response_type=value)
        if answer.status != 201:
            room.check(400 <= answer.status < 500, f"PAR answered {answer}")
            room.should(answer.error in {"unsupported_response_type", "invalid_request", "unauthorized_client"},
                        f"error {answer.error!r}")
            return
        landing = run.visit(answer.json["request_uri"])
        refused_visit(room, landing, run.sent, {"unsupported_response_type", "invalid_request"})
    return module


FAPI2.module("ensure-response-type-code-idtoken-fails")(response_type("code id_token"))
FAPI2.module("ensure-response-type-token-fails")(response_type("token"))


@FAPI2.module("ensure-client-id-in-token-endpoint")
def other_client_id(room):
    """Client 2's id and an assertion of it that client 1's key signed, with client 1's code."""
    run, other = Run(room), room.client("fapi-2")
    code = run.authorized()
    if run.certified:
        forged = [], {"client_id": other.id}
        flow.token_error(room, run.redeem(code, authentication=forged), {"invalid_client", "invalid_grant"})
        return
    assertion = jose.client_assertion(other.id, room.issuer, run.client.key)
    forged = [], {"client_id": other.id, "client_assertion": assertion,
                  "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    flow.token_error(room, run.redeem(code, authentication=forged), {"invalid_client", "invalid_grant"})


@FAPI2.module("ensure-holder-of-key-required")
def holder_of_key(room):
    check_tls(room)
    run = Run(room)
    if run.certified:
        code = run.authorized()
        for certificate in (None, room.client("fapi-2").certificate, room.world.certificates["stranger"]):
            flow.token_error(room, run.redeem(code, certificate=certificate), MISMATCH | {"invalid_client"}, (400, 401))
        return
    flow.token_error(room, run.redeem(run.authorized(), proof=None), MISMATCH)


@FAPI2.module("ensure-authorization-code-is-bound-to-client")
def code_of_another(room):
    run, other = Run(room), Run(room, "fapi-2")
    code = run.authorized()
    answer = other.redeem(code, verifier=run.verifier, redirect_uri=run.client.redirect_uri)
    flow.token_error(room, answer, {"invalid_grant", "invalid_client"})


@FAPI2.module("attempt-reuse-authorization-code-after-one-second")
def code_reuse(room):
    run = Run(room)
    code = run.authorized()
    run.tokens(code)
    room.pause(1)
    flow.token_error(room, run.redeem(code), {"invalid_grant"})
    answer = run.resource()
    room.should(400 <= answer.status < 500, f"the first access token still opens userinfo: {answer.status}")


@FAPI2.module("ensure-token-endpoint-fails-with-expired-auth-code", seconds=62)
def expired_code(room):
    run = Run(room)
    code = run.authorized()
    room.pause(62)
    flow.token_error(room, run.redeem(code), {"invalid_grant"})


def assertion_at_token(errors=("invalid_client", "invalid_request"), client="fapi-1", **claims):
    def module(room):
        run = Run(room, client)
        code = run.authorized()
        made = {name: value(run) if callable(value) else value for name, value in claims.items()}
        flow.token_error(room, run.redeem(code, authentication=run.assertion(**made)), set(errors))
        room.should(run.redeem(code).status == 200, "the code is gone, though nobody had proven to be its client")
    return module


FAPI2.module("ensure-signed-client-assertion-with-RS256-fails")(
    assertion_at_token(("invalid_client",), client="fapi-rsa", algorithm="RS256"))
FAPI2.module("ensure-client-assertion-with-exp-is-5-minutes-in-past-fails")(
    assertion_at_token(exp=lambda run: int(time.time()) - 300))
FAPI2.module("ensure-client-assertion-with-wrong-aud-fails")(
    assertion_at_token(aud="https://other.example.org"))
FAPI2.module("ensure-client-assertion-with-no-sub-fails")(assertion_at_token(sub=None))


@FAPI2.module("ensure-client-assertion-in-token-endpoint")
def no_assertion(room):
    run = Run(room)
    code = run.authorized()
    answer = run.redeem(code, authentication=([], {"client_id": run.client.id}))
    flow.token_error(room, answer, {"invalid_client", "invalid_request"})


@FAPI2.module("dpop-negative-tests")
def dpop_negative(room):
    run = Run(room)
    run.tokens(run.authorized())
    url = run.client.endpoint("userinfo_endpoint")
    key, now = run.proof.key, int(time.time())

    # A server that asks for nonces says so, and which, to a proof without.
    first = room.wire.send("GET", url, [("Authorization", f"DPoP {run.token}"), ("DPoP", run.proof.make("GET", url, run.token))])
    asked = first.header("DPoP-Nonce") if "use_dpop_nonce" in (first.header("WWW-Authenticate") or "") else None

    def make(nonce=None, changed=None, **more):
        return (changed or run.proof).make("GET", url, run.token, nonce or asked, **more)

    def refused(text, proofs, should=False):
        answer = run.resource(proofs=proofs)
        (room.should if should else room.check)(answer.status in (400, 401), f"{text}: answered {answer.status}")

    def taken(text, proofs, should=False):
        answer = run.resource(proofs=proofs)
        (room.should if should else room.check)(answer.status == 200, f"{text}: answered {answer}")

    def broken(text, **more):
        refused(text, lambda nonce: [make(nonce, **more)])

    taken("a correct proof", None)
    answer = room.wire.send("GET", url, [("Authorization", f"DPoP {run.token}"), ("DPOP", make())])
    room.should(answer.status == 200, f"the header's name in capitals: {answer}")
    refused("two proofs", lambda nonce: [make(nonce), make(nonce)])
    refused("no JWT", lambda nonce: [make(nonce).replace(".", "", 1)])
    for name in ("typ", "alg", "jwk"):
        broken(f"{name} is missing", header={name: None})
    for name in ("jti", "htm", "htu", "iat", "ath"):
        broken(f"{name} is missing", claims={name: None})
    broken("typ is another", header={"typ": "JWT"})
    refused("RS256", lambda nonce: [jose.Proof(jose.Key("RSA"), "RS256").make("GET", url, run.token, nonce)])
    broken("alg none", header={"alg": "none"}, sign=False)
    refused("a broken signature", lambda nonce: [jose.tampered(make(nonce))])
    broken("a private key in jwk", header={"jwk": key.with_private_part})
    broken("htm is another", claims={"htm": "PUT"})
    taken("htu with query and fragment", lambda nonce: [make(nonce, claims={"htu": url + "?a=b#c"})])
    answer = run.resource(url=url + "?a=b")
    room.check(answer.status == 200, f"htu without the query of the request: {answer}")
    broken("htu is another", claims={"htu": "https://other.example.org/userinfo"})
    # With a nonce the server need not look at iat: the suite then leaves it open.
    for text, moved in (("iat in an hour", now + 3600), ("iat an hour ago", now - 3600)):
        if not asked:
            refused(text, [make(claims={"iat": moved})])
    if asked:
        broken("a nonce that was never given", claims={"nonce": jose.random()})
    again = {"jti": jose.random()}
    taken("a jti for the first time", [make(claims=again)])
    refused("a jti for the second time", [make(claims=again)], should=True)
    broken("ath is another", claims={"ath": jose.random(32)})
    refused("another key", lambda nonce: [jose.Proof(jose.Key()).make("GET", url, run.token, nonce)])
    taken("members that nobody knows", lambda nonce: [make(nonce, header={"extra": "a"}, claims={"more": {"b": 1}})])
    upper = re.sub("^https://[^:/]+", lambda match: match[0].upper(), url)
    taken("htu with scheme and host in capitals", lambda nonce: [make(nonce, claims={"htu": upper})], should=True)
    where = urllib.parse.urlsplit(url)
    taken("htu with the default port", lambda nonce: [
        make(nonce, claims={"htu": where._replace(netloc=where.netloc + ":443").geturl()})], should=True)
    broken("htu with another port", claims={"htu": where._replace(netloc=where.netloc + ":444").geturl()})
    refused("no proof", [])
    answer = run.resource("Bearer", proofs=[])
    room.check(answer.status in (400, 401), f"as a bearer token: answered {answer.status}")
    taken("a correct proof at the end", None)


@FAPI2.module("refresh-token", seconds=31)
def refresh_token(room):
    runs = []
    for name in ("fapi-1", "fapi-2"):
        run = Run(room, name)
        offline = room.advertises("scopes_supported", "offline_access")
        run.tokens(run.authorized(scope="openid offline_access" if offline else "openid",
                                  prompt="consent" if offline else None))
        run.first = run.answer.json.get("refresh_token")
        if not run.first:
            room.should(not room.advertises("grant_types_supported", "refresh_token"),
                        "refresh_token is among the grants, and none was given")
            room.skip("no refresh token was given")
        runs.append(run)
    first, second = runs

    def refreshed(run, token):
        answer = run.client.refresh(token, run.proof, run.assertion())
        room.need(answer.status == 200, f"refreshing answered {answer}")
        if "id_token" in answer.json:
            _, claims = flow.id_token(room, run.client, answer.json["id_token"], access=answer.json["access_token"],
                                      has_nonce=False)
            for name in ("iss", "sub", "aud", "auth_time"):
                room.check(claims.get(name) == run.claims.get(name), f"{name} is another after refreshing")
        return answer.json

    for run in runs:
        given = refreshed(run, run.first)
        run.current = given.get("refresh_token") or run.first
    if first.current != first.first:
        # §5.3.2.1: no rotation but for extraordinary reasons; a client that lost the answer tries again.
        room.pause(30)
        answer = first.client.refresh(first.first, first.proof, first.assertion())
        room.check(answer.status == 200,
                   "the refresh token was rotated, and the former one is not taken again 30 s later (FAPI 2.0 §5.3.2.1, "
                   f"item 9): {answer}")
        if answer.status != 200:
            raise Stop
    if first.certified:
        for certificate in (None, second.client.certificate, room.world.certificates["stranger"]):
            flow.token_error(room, first.client.refresh(first.current, certificate=certificate),
                             {"invalid_client", "invalid_request"})
    else:
        flow.token_error(room, first.client.refresh(
            first.current, first.proof, authentication=([], {"client_id": first.client.id})),
            {"invalid_client", "invalid_request"})
        flow.token_error(room, first.client.refresh(first.current, None, first.assertion()), MISMATCH)
    # Bound to the client, whatever key proves it.
    flow.token_error(room, first.client.refresh(second.current, second.proof, first.assertion()),
                     {"invalid_grant", "invalid_client"})


@FAPI2.module("par-ensure-reused-request-uri-prior-to-auth-completion-succeeds")
def visited_twice(room):
    run = Run(room)
    request_uri = run.pushed()
    run.browser.open(run.url(request_uri))
    landing = run.visit(request_uri)
    if landing.callback and landing.error is None:
        run.tokens(flow.callback(room, run.client, landing, run.sent))
        return
    room.warn(f"a request_uri is gone with the first visit, before anybody signed in (FAPI 2.0 §5.3.2.2 note 3): {landing}")


@FAPI2.module("par-attempt-reuse-request_uri")
def used_twice(room):
    run = Run(room)
    request_uri = run.pushed()
    landing = run.visit(request_uri)
    flow.callback(room, run.client, landing, run.sent)
    again = run.visit(request_uri)
    if again.callback and again.error is None:
        room.warn("a request_uri was taken twice (RFC 9126 §7.3)")
    else:
        refused_visit(room, again, run.sent, {"invalid_request_uri"})


@FAPI2.module("par-attempt-to-use-expired-request_uri", seconds=91)
def expired_request_uri(room):
    run = Run(room)
    request_uri = run.pushed()
    if run.expires_in > 120:
        room.skip(f"expires_in is {run.expires_in} s, which is longer than this judge waits")
    room.pause(run.expires_in + 1.5)
    refused_visit(room, run.visit(request_uri), run.sent, {"invalid_request_uri"})


def moved_assertion(seconds, taken):
    def module(room):
        run = Run(room)
        at = int(time.time()) + seconds
        answer = run.push(authentication=run.assertion(iat=at, nbf=at, exp=at + 60))
        if not taken:
            refused_push(room, answer, {"invalid_client", "invalid_request"})
            return
        if answer.status != 201:
            room.warn(f"an assertion whose nbf is {seconds} s ahead is refused (FAPI 2.0 §5.3.2.1): {answer}")
            return
        run.tokens(flow.callback(room, run.client, run.visit(answer.json["request_uri"]), run.sent))
    return module


FAPI2.module("par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted")(moved_assertion(8, True))
FAPI2.module("par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails")(moved_assertion(75, False))


@FAPI2.module("par-attempt-to-use-request_uri-for-different-client")
def request_uri_of_another(room):
    run, other = Run(room), room.client("fapi-2")
    request_uri = run.pushed()
    landing = run.browser.walk(run.browser.open(run.url(request_uri, other)), run.person)
    refused_visit(room, landing, {"state": landing.params.get("state")},
                  {"invalid_request", "invalid_request_object", "invalid_request_uri"})


@FAPI2.module("par-authorization-request-containing-request_uri-form-param")
def request_uri_pushed(room):
    answer = Run(room).push(beside={"request_uri": "urn:ietf:params:oauth:request_uri:" + jose.random()})
    refused_push(room, answer, {"invalid_request", "invalid_request_object", "request_uri_not_supported"}, (400,))


@FAPI2.module("par-attempt-invalid-http-method")
def method(room):
    run = Run(room)
    _, proof = run.assertion()
    url = run.client.endpoint("pushed_authorization_request_endpoint")
    body = encode(run.request() | proof)
    put = room.wire.send("PUT", url, [("Content-Type", "application/x-www-form-urlencoded")], body, run.client.certificate)
    get = room.wire.get(url + "?" + body, certificate=run.client.certificate)
    for name, answer in (("PUT", put), ("GET", get)):
        room.check(400 <= answer.status < 500 and "request_uri" not in answer.json, f"{name} answered {answer}")


@FAPI2.module("par-ensure-pkce-required")
def pkce_required(room):
    no_challenge(room, code_challenge=None, code_challenge_method=None)


@FAPI2.module("par-plain-pkce-rejected")
def plain_pkce(room):
    no_challenge(room, code_challenge=jose.random(48), code_challenge_method="plain")


def no_challenge(room, **changes):
    run = Run(room)
    answer = run.push(**changes)
    if answer.status != 201:
        refused_push(room, answer, {"invalid_request"}, (400,))
        return
    refused_visit(room, run.visit(answer.json["request_uri"]), run.sent, {"invalid_request"})


@FAPI2.module("ensure-pkce-code-verifier-required")
def no_verifier(room):
    run = Run(room)
    flow.token_error(room, run.redeem(run.authorized(), verifier=None), {"invalid_grant"})


@FAPI2.module("incorrect-pkce-code-verifier-rejected")
def wrong_verifier(room):
    run = Run(room)
    flow.token_error(room, run.redeem(run.authorized(), verifier=jose.random(48)), {"invalid_grant"})


@FAPI2.module("par-without-duplicate-parameters")
def without_duplicates(room):
    run = Run(room)
    run.whole()
    sent = parameters(urllib.parse.urlsplit(run.url("urn:example")).query)
    room.check([name for name, _ in sent] == ["client_id", "request_uri"], "the judge sent more")


def audience(make):
    def module(room):
        run = Run(room)
        answer = run.push(authentication=run.assertion(aud=make(run)))
        refused_push(room, answer, {"invalid_client", "invalid_request"})
    return module


FAPI2.module("par-test-array-as-audience-fails")(audience(lambda run: [run.room.issuer, "https://other.example.org"]))
FAPI2.module("par-test-par-endpoint-url-as-audience-fails")(
    audience(lambda run: run.client.endpoint("pushed_authorization_request_endpoint")))
FAPI2.module("par-test-token-endpoint-url-as-audience-fails")(audience(lambda run: run.client.endpoint("token_endpoint")))
