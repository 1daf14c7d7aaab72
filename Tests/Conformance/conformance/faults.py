"""The judge judged: somebody in the middle who spoils the provider's answers, one fault at a time, and the modules that have
to find it. A fault that nobody finds is a hole in a module."""
import json
import time
import urllib.parse

from harness import jose
from harness.wire import Answer, encode, parameters

from .suite import run
from .verdict import FAILED, ORDER, WARNING


class Middle:
    """Between the judge and the server. Tokens it changes are signed by a key of its own, which it puts into the key set."""

    def __init__(self):
        self.keys = {}
        self.kept = {}
        self.signed = {}

    # What to change; each is None or a function.

    def location(self, parts, pairs):
        """The address of a redirect with a response to a client, and its parameters."""
        return parts, pairs

    def claims(self, header, claims):
        """An ID token's or logout token's header and claims, before they are signed anew."""
        return header, claims

    def answer(self, request, answer):
        return answer

    resigns = False

    # How it is done

    def __call__(self, method, url, headers, body, send):
        request = {"method": method, "url": url, "path": urllib.parse.urlsplit(url).path, "headers": headers, "body": body,
                   "query": dict(parameters(urllib.parse.urlsplit(url).query)),
                   "fields": dict(parameters((body or b"").decode("utf-8", "replace"))), "send": send}
        early = self.before(request)
        if early is not None:
            return early
        # Whoever shows a token that we signed means the one that it was made of.
        for ours, theirs in self.signed.items():
            request["url"] = request["url"].replace(ours, theirs)
        answer = send(method, request["url"], headers, request["body"])
        for name in ("Location", "Refresh"):
            before, found, place = (answer.header(name) or "").partition("https://rp.example")
            if found:
                parts = urllib.parse.urlsplit("https://rp.example" + place)
                parts, pairs = self.location(parts, parameters(parts.query))
                answer = changed(answer, headers={name: before + parts._replace(query=encode(pairs)).geturl()})
        if self.resigns:
            answer = self._resign(request, answer)
        return self.answer(request, answer)

    def before(self, request):
        """May answer by itself, or change the request."""
        return None

    def _resign(self, request, answer):
        if answer.status == 200 and request["path"].endswith("/jwks"):
            body = answer.json
            return changed(answer, body={"keys": [
                *body["keys"], *(self.own(name).exported for name in ("RS256", "ES256"))]})
        if answer.status == 200 and "id_token" in answer.json:
            ours = self.sign(answer.json["id_token"])
            self.signed[ours] = answer.json["id_token"]
            return changed(answer, body=answer.json | {"id_token": ours})
        return answer

    def own(self, algorithm):
        if algorithm not in self.keys:
            self.keys[algorithm] = jose.Key("EC" if algorithm == "ES256" else "RSA", "middle-" + algorithm)
        return self.keys[algorithm]

    def sign(self, token):
        header, claims = jose.peek(token)
        algorithm = header["alg"]
        header, claims = self.claims({**header, "kid": self.own(algorithm).kid}, claims)
        if header.get("alg") == "none":
            return jose.compact(header, claims)
        return jose.compact(header, claims, self.own(algorithm), algorithm)


def changed(answer, body=None, status=None, headers=None):
    pairs = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    for name, value in (headers or {}).items():
        pairs = [pair for pair in pairs if pair[0].lower() != name.lower()]
        if value is not None:
            pairs.append((name, value))
    data = answer.body if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(answer.url, answer.status if status is None else status, pairs, data)


FAULTS = []


def fault(text, *modules, at_least=FAILED, **members):
    """Registers a fault: what is spoiled, who has to find it."""
    FAULTS.append((text, modules, at_least, type("Fault", (Middle,), members)))


def claim(text, *modules, at_least=FAILED, **values):
    """A fault of claims: a value, None to take it away, or a function of the claims."""
    def claims(_self, header, found):
        new = {name: value(found) if callable(value) else value for name, value in values.items()}
        return header, {name: value for name, value in (found | new).items() if value is not None}
    fault(text, *modules, at_least=at_least, resigns=True, claims=claims)


def without(name):
    return lambda self, parts, pairs: (parts, [pair for pair in pairs if pair[0] != name])


def instead(name, value):
    return lambda self, parts, pairs: (parts, [(key, value if key == name else old) for key, old in pairs])


def at(path, change):
    """Changes answers of one address."""
    def answer(self, request, found):
        return change(self, request, found) if request["path"].endswith(path) else found
    return answer


def body(path, *, when=lambda answer: answer.status == 200, **members):
    def change(_self, _request, found):
        if not when(found):
            return found
        new = {name: value(found.json) if callable(value) else value for name, value in members.items()}
        return changed(found, {name: value for name, value in (found.json | new).items() if value is not None})
    return at(path, change)


def lenient(path):
    """Whatever is asked there is answered as it was the last time that it went well."""
    def change(self, request, found):
        if found.status in (200, 201):
            self.kept[path] = found
        return self.kept.get(path, found)
    return at(path, change)


SERVER = "oidcc-server"

fault("the state is lost", SERVER, "oidcc-prompt-none-not-logged-in", location=without("state"))
fault("the state is cut", "oidcc-prompt-none-not-logged-in", location=lambda self, parts, pairs: (
    parts, [(name, value[:100] if name == "state" else value) for name, value in pairs]))
fault("no iss in the response", SERVER, "oidcc-prompt-none-not-logged-in", location=without("iss"))
fault("another iss in the response", SERVER, location=instead("iss", "https://other.example.org"))
fault("the redirect URI loses its query", SERVER, location=lambda self, parts, pairs: (
    parts, [pair for pair in pairs if not pair[0].startswith("dummy")]))
fault("the response is in the fragment", SERVER, location=lambda self, parts, pairs: (
    parts._replace(fragment=encode(pairs)), []))
fault("an unknown error", "oidcc-prompt-none-not-logged-in", location=instead("error", "server_error"))
fault("a code beside the error", "oidcc-prompt-none-not-logged-in",
      location=lambda self, parts, pairs: (parts, [*pairs, ("code", "c")]))


def guessable_before(self, request):
    fields = request["fields"]
    if fields.get("code", "").startswith("aaaa") and fields["code"] in self.kept:
        request["body"] = encode(fields | {"code": self.kept[fields["code"]]}).encode()


def guessable_location(self, parts, pairs):
    for name, value in pairs:
        if name == "code":
            self.kept["a" * 43 + str(len(self.kept) % 10)] = value
            easy = list(self.kept)[-1]
            return parts, [(key, easy if key == "code" else old) for key, old in pairs]
    return parts, pairs


fault("codes that are guessed", SERVER, before=guessable_before, location=guessable_location)

claim("another iss in the ID token", SERVER, iss="https://other.example.org")
claim("another aud", SERVER, aud="other")
claim("a second aud", SERVER, aud=lambda found: [found["aud"], "other"])
claim("expired", SERVER, exp=lambda found: found["iat"] - 3600)
claim("issued an hour ago", SERVER, iat=lambda found: found["iat"] - 3600)
claim("no iat", SERVER, iat=None)
claim("another nonce", SERVER, nonce="other")
claim("no nonce", SERVER, nonce=None)
claim("a nonce that nobody sent", "oidcc-ensure-request-without-nonce-succeeds-for-code-flow", nonce="n")
claim("a wrong at_hash", SERVER, at_hash="AAAAAAAAAAAAAAAAAAAAAA")
claim("a name that was not asked for", SERVER, at_least=WARNING, name="Ada")
claim("profile claims in the ID token", "oidcc-scope-profile", at_least=WARNING, name="Ada")
claim("no auth_time", "oidcc-max-age-1", "oidcc-max-age-10000", auth_time=None)
claim("auth_time stands still", "oidcc-max-age-1", "oidcc-prompt-login", auth_time=1_700_000_000)
claim("auth_time is now", "oidcc-max-age-10000", "oidcc-prompt-none-logged-in", "oidcc-id-token-hint",
      auth_time=lambda found: found["iat"])
claim("another sub every time", "oidcc-prompt-none-logged-in", "oidcc-id-token-hint", "oidcc-userinfo-get",
      sub=lambda found: jose.random(8))
claim("an acr that nobody asked for", "oidcc-ensure-request-with-acr-values-succeeds", at_least=WARNING, acr="other")
fault("alg none", SERVER, "oidcc-idtoken-signature", resigns=True,
      claims=lambda self, header, claims: ({**header, "alg": "none"}, claims))
fault("no kid", SERVER, "oidcc-idtoken-signature", resigns=True,
      claims=lambda self, header, claims: ({name: value for name, value in header.items() if name != "kid"}, claims))
fault("a broken signature", SERVER, answer=body(
    "/token", id_token=lambda found: jose.tampered(found["id_token"]) if "id_token" in found else None))

fault("no expires_in", SERVER, at_least=WARNING, answer=body("/token", expires_in=None))
fault("another token_type", SERVER, answer=body("/token", token_type="mac"))
fault("tokens may be kept", SERVER, answer=at("/token", lambda self, request, found: changed(
    found, headers={"Cache-Control": None})))
fault("tokens as text", SERVER, answer=at("/token", lambda self, request, found: changed(
    found, headers={"Content-Type": "text/plain"})))
fault("the same access token after refreshing", "oidcc-refresh-token", answer=at("/token", lambda self, request, found: (
    changed(found, found.json | {"access_token": self.kept.setdefault("first", found.json["access_token"])})
    if found.status == 200 else found)))
fault("errors of the token endpoint are 500", "oidcc-codereuse", answer=at(
    "/token", lambda self, request, found: changed(found, status=500) if found.status == 400 else found))

fault("another sub at userinfo", SERVER, "oidcc-userinfo-get", "oidcc-userinfo-post-header", answer=body(
    "/userinfo", sub="other"))
fault("a verified that is a text", "oidcc-scope-email", answer=body("/userinfo", email_verified="true"))
fault("an address that is a text", "oidcc-scope-address", answer=body("/userinfo", address="12 St James's Square"))
fault("updated_at as a text", "oidcc-scope-profile", answer=body("/userinfo", updated_at="2026-01-01"))
fault("no name, though essential", "oidcc-claims-essential", at_least=WARNING, answer=body("/userinfo", name=None))
fault("everything at userinfo, whatever was asked", "oidcc-scope-email", at_least=WARNING,
      answer=body("/userinfo", phone_number="+44", phone_number_verified=True))
CERTIFIED = [("fapi2-mtls", "fapi2-security-profile-final-" + name) for name in (
    "ensure-holder-of-key-required", "ensure-authorization-code-is-bound-to-client", "ensure-client-id-in-token-endpoint",
    "ensure-pkce-code-verifier-required", "attempt-reuse-authorization-code-after-one-second", "refresh-token")]
fault("userinfo opens to everything", ("fapi2-mtls", "fapi2-security-profile-final-happy-flow"), "attack-other-tenant", "attack-who-was-disabled", "attack-bearer-parsing", "attack-code-replay-ends-the-family", "attack-token-types",
      "attack-revocation", "fapi2-security-profile-final-dpop-negative-tests", "fapi2-security-profile-final-happy-flow",
      answer=lenient("/userinfo"))
fault("the token endpoint gives to everybody", "attack-code-under-another-client", "attack-code-with-another-redirect-uri",
      "attack-refresh-under-another-client", "attack-refresh-reuse-ends-the-family", "attack-code-50-at-once",
      "attack-refresh-50-at-once", "attack-pkce-downgrade",
      *("fapi2-security-profile-final-" + name for name in (
          "ensure-holder-of-key-required", "ensure-authorization-code-is-bound-to-client",
          "ensure-client-assertion-with-wrong-aud-fails", "ensure-client-assertion-with-no-sub-fails",
          "ensure-signed-client-assertion-with-RS256-fails", "ensure-pkce-code-verifier-required",
          "incorrect-pkce-code-verifier-rejected", "ensure-client-id-in-token-endpoint",
          "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt", "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
          "attempt-reuse-authorization-code-after-one-second", "ensure-client-assertion-in-token-endpoint",
          "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", "refresh-token")), *CERTIFIED, "attack-device-code",
      "attack-token-types", "attack-duplicated-parameters", "oidcc-refresh-token",
      before=lambda self, request: primed(self, request), answer=lenient("/token"))
fault("PAR takes everything", "attack-client-assertions", *("fapi2-security-profile-final-" + name for name in (
    "par-test-array-as-audience-fails", "par-test-par-endpoint-url-as-audience-fails",
    "par-test-token-endpoint-url-as-audience-fails", "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails",
    "par-authorization-request-containing-request_uri-form-param", "ensure-mismatched-dpop-jkt-fails",
    "par-attempt-invalid-http-method")),
      answer=at("/par", lambda self, request, found: found if found.status == 201 else changed(
          found, {"request_uri": "urn:ietf:params:oauth:request_uri:" + jose.random(), "expires_in": 90}, status=201)))
for member, value in (("mtls_endpoint_aliases", None), ("tls_client_certificate_bound_access_tokens", False),
                      ("mtls_endpoint_aliases", {"token_endpoint": "https://app.localhost/oauth2/token"})):
    fault(f"discovery: {member} is {value}", ("fapi2-mtls", "fapi2-security-profile-final-discovery-end-point-verification"),
          answer=body("/.well-known/openid-configuration", **{member: value}))
fault("introspection tells everybody", "attack-introspection-oracle", "attack-token-types", answer=at(
    "/introspect", lambda self, request, found: changed(found, {"active": True}, status=200)))


def primed(self, request):
    """Makes a first good answer where a module only expects refusals."""
    if request["path"].endswith("/token") and "/token" not in self.kept:
        self.kept["/token"] = Answer(request["url"], 200, [("Content-Type", "application/json"), ("Cache-Control", "no-store")],
                                     json.dumps({"access_token": "a", "token_type": "Bearer", "expires_in": 60}).encode())
    return None


def redirects_anyway(self, request, found):
    """An error page becomes a redirect to where the request said."""
    to = request["query"].get("redirect_uri")
    if found.status >= 400 and to:
        return changed(found, b"", status=302, headers={"Location": to})
    return found


fault("errors are sent to unregistered addresses", "oidcc-ensure-registered-redirect-uri", "attack-redirect-uri-variants",
      "attack-errors-stay-here", "attack-duplicated-parameters", answer=at("/authorize", redirects_anyway))
fault("somebody is asked, though prompt is none", "oidcc-prompt-none-not-logged-in", "oidcc-prompt-none-logged-in",
      answer=lambda self, request, found: changed(found, b"<p>Hello</p>", status=200, headers={"Location": None, "Refresh": None})
      if request["query"].get("prompt") == "none" else found)


def forgets_prompt(self, request):
    request["url"] = request["url"].replace("prompt=login", "prompt_=login").replace("max_age=1", "max_age_=1") \
        .replace("prompt=consent", "prompt_=consent")


fault("prompt and max_age are overlooked", "oidcc-prompt-login", "oidcc-max-age-1", "attack-consent-growth",
      before=forgets_prompt)
fault("pages in frames", "attack-pages-in-frames", answer=lambda self, request, found: changed(
    found, headers={"Content-Security-Policy": None}))

DISCOVERY = "oidcc-discovery-endpoint-verification"
WELL_KNOWN = "/.well-known/openid-configuration"
fault("an issuer with a slash", DISCOVERY, answer=body(WELL_KNOWN, issuer=lambda found: found["issuer"] + "/"))
fault("no RS256", DISCOVERY, answer=body(WELL_KNOWN, id_token_signing_alg_values_supported=["ES256"]))
fault("an endpoint without TLS", DISCOVERY, answer=body(WELL_KNOWN, token_endpoint="http://localhost/token"))
fault("implicit is offered", DISCOVERY, answer=body(WELL_KNOWN, response_types_supported=["code", "id_token token"]))
fault("plain PKCE is offered", DISCOVERY, answer=body(WELL_KNOWN, code_challenge_methods_supported=["plain", "S256"]))
fault("a private key in the set", DISCOVERY, answer=body(
    "/jwks", keys=lambda found: [found["keys"][0] | {"d": "AA"}, *found["keys"][1:]]))
fault("one kid for two keys", DISCOVERY, answer=body(
    "/jwks", keys=lambda found: [key | {"kid": "same"} for key in found["keys"]]))


def end_session(change):
    def before(self, request):
        if "post_logout_redirect_uri" in request["query"] and request["path"].endswith("/logout"):
            return change(self, request)
        return None
    return before


def go(to, state=None):
    return Answer("", 302, [("Location", to + (f"?state={urllib.parse.quote(state)}" if state else ""))], b"")


LOGOUT = "oidcc-rp-initiated-logout"
fault("whoever signs out is sent anywhere", *(LOGOUT + name for name in (
    "-bad-post-logout-redirect-uri", "-query-added-to-post-logout-redirect-uri", "-modified-id-token-hint",
    "-bad-id-token-hint", "-no-id-token-hint")),
      before=end_session(lambda self, request: go(
          request["query"]["post_logout_redirect_uri"], request["query"].get("state"))))
fault("nobody is signed out", LOGOUT, LOGOUT + "-no-state", before=end_session(lambda self, request: go(
    request["query"]["post_logout_redirect_uri"], request["query"].get("state"))))
fault("the state is lost at sign-out", LOGOUT, location=without("state"))

HEARD = "oidcc-backchannel-rp-initiated-logout"


def told(text, at_least=FAILED, header=None, **values):
    fault("a logout token " + text, HEARD, at_least=at_least, resigns=True, told=(header or {}, values))


told("for somebody else", aud="other")
told("of somebody else", iss="https://other.example.org")
told("with a nonce", nonce="n")
told("without its event", events={})
told("with a second event", events={"http://schemas.openid.net/event/backchannel-logout": {}, "other": {}})
told("whose event is not empty", events={"http://schemas.openid.net/event/backchannel-logout": {"a": 1}})
told("without jti", jti=None)
told("without sid", sid=None)
told("that is old", iat=1_700_000_000)
told("that is unsigned", header={"alg": "none"})
told("without its type", at_least=WARNING, header={"typ": None})

# What is more than one spoiled answer

FAPI = "fapi2-security-profile-final-"


def gives_codes(self, request, found):
    """Whatever the authorization endpoint has against a request, the client gets a code."""
    refused = found.status >= 400 or "error=" in (found.header("Location") or "")
    if not refused or not request["path"].endswith("/authorize"):
        return found
    given = request["query"] | request["fields"]
    to = given.get("redirect_uri") or "https://rp.example/conformance/callback"
    pairs = {"code": jose.random(), "state": given.get("state"), "iss": self.world.gateway.issuer}
    return changed(found, b"", status=302, headers={"Location": to + ("&" if "?" in to else "?") + encode(pairs)})


def takes_pushed(self, request, found):
    if request["path"].endswith("/par") and found.status != 201:
        return changed(found, {"request_uri": "urn:ietf:params:oauth:request_uri:" + jose.random(), "expires_in": 90}, status=201)
    return gives_codes(self, request, found)


fault("every request gets a code", "oidcc-response-type-missing", "attack-response-types-and-modes",
      "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
      "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
      "oidcc-ensure-request-object-with-redirect-uri", "oidcc-ensure-redirect-uri-in-authorization-request",
      "oidcc-redirect-uri-query-mismatch", "oidcc-redirect-uri-query-added", "attack-pkce-downgrade",
      FAPI + "ensure-unsigned-authorization-request-without-using-par-fails",
      FAPI + "par-attempt-to-use-request_uri-for-different-client", answer=gives_codes)
fault("a request_uri is taken twice", FAPI + "par-attempt-reuse-request_uri", at_least=WARNING, answer=gives_codes)
fault("every pushed request gets a code", *(FAPI + name for name in (
    "ensure-response-type-code-idtoken-fails", "ensure-response-type-token-fails", "par-ensure-pkce-required",
    "par-plain-pkce-rejected")), *(("fapi2-signed", FAPI + name) for name in (
        "ensure-request-object-without-exp-fails", "ensure-request-object-without-nbf-fails",
        "ensure-expired-request-object-fails", "ensure-request-object-with-bad-aud-fails",
        "ensure-request-object-with-exp-over-60-fails", "ensure-request-object-with-nbf-over-60-fails",
        "ensure-signed-request-object-with-RS256-fails", "ensure-request-object-signature-algorithm-is-not-none",
        "ensure-request-object-with-invalid-signature-fails", "ensure-matching-key-in-authorization-request",
        "ensure-unsigned-request-at-par-endpoint-fails", "par-authorization-request-containing-request_uri")),
      answer=takes_pushed)
fault("addresses that were not registered are pushed", FAPI + "plain-fapi-tolerate-unregistered-redirect-uri",
      at_least=WARNING, answer=takes_pushed)
fault("who names no address is led to another", FAPI + "ensure-request-object-without-redirect-uri-fails",
      FAPI + "ensure-redirect-uri-in-authorization-request", answer=lambda self, request, found: takes_pushed(
          self, request | {"query": {"redirect_uri": "https://rp.example/other"}}, found))


def refuses(*words):
    """Answers requests that have one of these with an error at the client."""
    def before(self, request):
        given = request["query"] | request["fields"]
        if request["path"].endswith("/authorize") and any(
                word in given if "=" not in word else given.get(word.split("=")[0]) == word.split("=")[1] for word in words):
            return Answer(request["url"], 302, [("Location", given["redirect_uri"] + "?" + encode({
                "error": "invalid_request", "state": given.get("state"), "iss": self.world.gateway.issuer}))], b"")
        return None
    return before


fault("what is optional is refused", "oidcc-display-page", "oidcc-display-popup", "oidcc-login-hint", "oidcc-ui-locales",
      "oidcc-claims-locales", "oidcc-ensure-request-with-unknown-parameter-succeeds",
      before=refuses("display", "login_hint", "ui_locales", "claims_locales", "extra"))
fault("challenges are refused", "oidcc-ensure-request-with-valid-pkce-succeeds",
      "oidcc-ensure-client-assertion-with-iss-aud-succeeds", before=refuses("code_challenge"))
fault("the order of scopes counts", "oidcc-alternate-happy-flow", before=refuses("scope=email profile openid"))
fault("POST is refused", "oidcc-ensure-post-request-succeeds", before=lambda self, request: (
    Answer(request["url"], 405, [], b"") if request["method"] == "POST" and request["path"].endswith("/authorize") else None))
fault("secrets in the body are refused", "oidcc-server-client-secret-post", before=lambda self, request: (
    Answer(request["url"], 401, [], b"{}") if "client_secret" in request["fields"] else None))
fault("userinfo takes no body", "oidcc-userinfo-post-body", at_least=WARNING, before=lambda self, request: (
    Answer(request["url"], 400, [], b"{}") if "access_token" in request["fields"] else None))
fault("userinfo tells the subject alone", "oidcc-scope-profile", "oidcc-scope-email", "oidcc-scope-address",
      "oidcc-scope-phone", "oidcc-scope-all", FAPI + "test-claims-parameter-identity-claims", at_least=WARNING,
      resigns=True, claims=lambda self, header, claims: (header, {
          name: value for name, value in claims.items() if name not in ("name", "email", "given_name")}),
      answer=at("/userinfo", lambda self, request, found: changed(found, {"sub": found.json.get("sub")})))

fault("nobody is signed out, whoever asks", *(LOGOUT + name for name in (
    "-no-params", "-only-state", "-no-post-logout-redirect-uri")), before=lambda self, request: (
        Answer(request["url"], 200, [("Content-Type", "text/html")], b"<p>Bye</p>")
        if request["path"].endswith("/logout") else None))
fault("everybody is signed out, whoever asks", "attack-logout-csrf", answer=lambda self, request, found: changed(
    found, headers={"Set-Cookie": "__Host-gh-sso-main=; Path=/; Secure; Max-Age=0"})
      if request["path"].endswith("/logout") else found)
fault("no end_session_endpoint", LOGOUT + "-discovery-endpoint-verification",
      "oidcc-backchannel-logout-discovery-endpoint-verification", answer=body(WELL_KNOWN, end_session_endpoint=None))
fault("iss is not announced", FAPI + "discovery-end-point-verification", answer=body(
    WELL_KNOWN, authorization_response_iss_parameter_supported=False))
fault("one jti for every logout token", "attack-logout-tells-every-client", resigns=True, told=({}, {"jti": "same"}))

fault("a state that nobody sent", FAPI + "ensure-authorization-request-without-state-success",
      FAPI + "state-only-outside-request-object-not-used",
      location=lambda self, parts, pairs: (parts, [*pairs, ("state", "s")] if "state" not in dict(pairs) else pairs))
fault("the state of the address counts", FAPI + "ensure-different-state-inside-and-outside-request-object",
      FAPI + "ensure-authorization-request-with-long-state", location=instead("state", "outside"))
claim("another nonce in the profile", FAPI + "ensure-different-nonce-inside-and-outside-request-object", nonce="outside")
claim("the nonce is cut", FAPI + "ensure-authorization-request-with-64-char-nonce-success",
      FAPI + "ensure-authorization-request-with-long-nonce",
      nonce=lambda found: found.get("nonce", "")[:40])
claim("a nonce in the profile that nobody sent", FAPI + "ensure-authorization-request-without-nonce-success", nonce="n")
fault("a refusal is told as something else", FAPI + "user-rejects-authentication", location=instead("error", "server_error"))


def proofs(wrong, *paths):
    """Refuses proofs of which something holds."""
    def before(self, request):
        shown = dict((name.lower(), value) for name, value in request["headers"])
        if "dpop" in shown and (not paths or request["path"].endswith(paths)) and wrong(shown, jose.peek(shown["dpop"])[1]):
            return Answer(request["url"], 401, [("Content-Type", "application/json")], b'{"error":"invalid_dpop_proof"}')
        return None
    return before


fault("the scheme has to be DPoP, letter by letter", FAPI + "access-token-type-header-case-sensitivity", before=proofs(
    lambda shown, claims: not shown.get("authorization", "DPoP").startswith("DPoP")))
fault("proofs must not have exp", FAPI + "check-dpop-proof-nbf-exp", before=proofs(lambda shown, claims: "exp" in claims))
fault("proofs of ten seconds ago, or of in ten, are refused",
      FAPI + "ensure-dpopproof-with-iat-10seconds-before-succeeds", FAPI + "ensure-dpopproof-with-iat-10seconds-after-succeeds",
      before=proofs(lambda shown, claims: abs(claims["iat"] - time.time()) > 5))
fault("PAR takes no proofs", FAPI + "ensure-dpopproof-at-par-endpoint-binding-success",
      FAPI + "ensure-dpop-auth-code-binding-success", before=proofs(lambda shown, claims: True, "/par"))


def once(self, request):
    uri = request["query"].get("request_uri")
    if uri and uri in self.kept:
        return Answer(request["url"], 400, [("Content-Type", "text/html")], b"<p>gone</p>")
    self.kept[uri] = True
    return None


fault("a request_uri is gone with the first visit", FAPI + "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds",
      at_least=WARNING, before=once)
fault("a request_uri needs everything beside it", FAPI + "par-without-duplicate-parameters", before=lambda self, request: (
    Answer(request["url"], 400, [], b"") if "request_uri" in request["query"] and "scope" not in request["query"] else None))


def pushed_jwt(member, wrong):
    def before(self, request):
        if member in request["fields"] and request["path"].endswith("/par") \
                and wrong(jose.peek(request["fields"][member])[1]):
            return Answer(request["url"], 400, [("Content-Type", "application/json")], b'{"error":"invalid_request"}')
        return None
    return before


fault("clocks have to agree", FAPI + "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted",
      at_least=WARNING, before=pushed_jwt("client_assertion", lambda claims: claims.get("nbf", 0) > time.time() + 2))
fault("clocks have to agree in requests", ("fapi2-signed", FAPI + "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted"),
      at_least=WARNING, before=pushed_jwt("request", lambda claims: claims.get("nbf", 0) > time.time() + 2))
fault("the aud of a request has to be one text", ("fapi2-signed", FAPI + "ensure-request-object-with-multiple-aud-succeeds"),
      before=pushed_jwt("request", lambda claims: isinstance(claims["aud"], list)))
fault("the order of scopes counts in what is pushed", FAPI + "ensure-other-scope-order-succeeds", before=lambda self, request: (
    Answer(request["url"], 400, [], b"{}") if request["fields"].get("scope") == "email profile openid" else None))

fault("registration takes everything", "oidcc-redirect-uri-regfrag", "oidcc-idtoken-unsigned", "attack-registration",
      answer=at("/register", lambda self, request, found: changed(found, status=201) if found.status >= 400 else found))
fault("what was registered is not what was asked for", "oidcc-idtoken-rs256", answer=body(
    "/register", when=lambda answer: answer.status == 201, id_token_signed_response_alg="ES256"))
fault("signed userinfo is not signed", "oidcc-userinfo-rs256", answer=at("/userinfo", lambda self, request, found: changed(
    found, jose.peek(found.text)[1], headers={"Content-Type": "application/json"}) if found.text.count(".") == 2 else found))
fault("a query of the registered address is lost", "oidcc-redirect-uri-query-OK",
      location=lambda self, parts, pairs: (parts, [pair for pair in pairs if pair[0] != "foo"]))
fault("nobody is told of policy and terms", "oidcc-registration-policy-uri", "oidcc-registration-tos-uri", at_least=WARNING,
      answer=lambda self, request, found: changed(
          found, found.body.replace(b"https://rp.example/policy_uri", b"").replace(b"https://rp.example/tos_uri", b"")))


def first_keys(self, request, found):
    return self.kept.setdefault("keys", found)


fault("the key set never changes", "oidcc-server-rotate-keys", answer=at("/jwks", first_keys))

fault("form_post is a form that gets", "attack-form-post", answer=lambda self, request, found: changed(
    found, found.body.replace(b'method="post" action="https://rp', b'method="get" action="https://rp')))
fault("forms of other sites are taken", "attack-login-csrf", "attack-consent-csrf", before=lambda self, request: as_own(request))
fault("who signs in is led anywhere", "attack-login-return", answer=lambda self, request, found: changed(
    found, headers={"Location": "https://evil.example/", "Refresh": None})
      if request["path"].endswith("/login") and request["method"] == "POST" and 300 <= found.status < 400 else found)
fault("pages hold what the request said", "attack-injection", answer=lambda self, request, found: changed(
    found, found.body + request["query"].get("login_hint", "").encode()))
fault("heavy input breaks something", "attack-heavy-input", answer=at("/authorize", lambda self, request, found: (
    changed(found, status=500) if found.status >= 400 else found)))
fault("any browser goes on with a request", "attack-request-of-another-browser", answer=at(
    "/continue", lambda self, request, found: changed(found, b"", status=302, headers={
        "Location": "https://rp.example/conformance/callback?" + encode({"code": jose.random()})})))
fault("nobody is told what a token is bound to", "attack-bound-tokens", answer=body("/introspect", cnf=None))
fault("any code connects a device", "attack-device-code-guessing", answer=lambda self, request, found: changed(
    found, b'<form method="post"><button name="decision" value="allow"></form>', status=200, headers={"Location": None})
      if request["path"].endswith("/device") else found)


def as_own(request):
    """Origin and fetch metadata as if the form were ours."""
    own = request["url"].split("/oauth2")[0].split("/login")[0]
    changes = {"origin": own, "sec-fetch-site": "same-origin"}
    request["headers"][:] = [(name, changes.get(name.lower(), value)) for name, value in request["headers"]]


def fixed_session(self, request):
    """The session's cookie is the one that the first page set, whoever comes by it."""
    headers = request["headers"]
    for index, (name, value) in enumerate(headers):
        if name == "Cookie" and "real" in self.kept:
            headers[index] = (name, value.replace("gh-sso-main=fixed", "gh-sso-main=" + self.kept["real"]))


def fixes_session(self, request, found):
    pairs = []
    for name, value in found.headers:
        if name.lower() == "set-cookie" and value.startswith("__Host-gh-sso-main=") and "Max-Age=0" not in value:
            self.kept["real"] = value.split("=", 1)[1].split(";")[0]
            value = value.replace(self.kept["real"], "fixed")
        pairs.append((name, value))
    if "real" not in self.kept:
        pairs.append(("Set-Cookie", "__Host-gh-sso-main=fixed; Path=/; Secure"))
    return Answer(found.url, found.status, pairs, found.body)


fault("the session is there before the sign-in", "attack-session-fixation", before=fixed_session, answer=fixes_session)


def prove(plans, world, say):
    """Runs every fault against its modules; gives what was not found."""
    named, missed = {}, []
    for plan in plans:
        for module in plan.modules:
            named.setdefault(module.name, module)
            named[plan.key, module.name] = module
    honest = {named[name] for _, names, _, _ in FAULTS for name in names}
    # Nothing changed, to see that standing between changes nothing.
    _install(world, Middle())
    for verdict in run(plans, world, exactly=honest):
        if verdict.result == FAILED:
            missed.append(f"{verdict.name} fails by itself: {verdict.findings[:2]}")
    for text, names, at_least, kind in FAULTS:
        for name in names:
            _install(world, kind())
            verdict = named[name].run(world)
            if ORDER[verdict.result] < ORDER[at_least] or any("the judge failed" in one for one in verdict.findings):
                missed.append(f"{text}: {name} says {verdict.result} {verdict.findings[:2]}")
        say(f"{text}: {len(names)}")
    _install(world, None)
    return missed


def _install(world, middle):
    world.gateway.wire.between = middle
    # Read again, through whoever stands between now.
    world.forget()
    if middle is not None:
        middle.world = world
    spoil = getattr(middle, "told", None)

    def fields(pairs):
        found = dict(pairs)
        header, values = spoil
        head, claims = jose.peek(found["logout_token"])
        own = middle.own(head["alg"])
        head = {name: value for name, value in ({**head, "kid": own.kid} | header).items() if value}
        claims = {name: value for name, value in (claims | values).items() if value is not None}
        return [("logout_token", jose.compact(head, claims, None if head["alg"] == "none" else own, head["alg"]))]

    world.receiver.between = fields if spoil else None
