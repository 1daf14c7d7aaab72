"""The judge judged: somebody in the middle who spoils the provider's answers, one fault at a time, and the modules that have
to find it. A fault that nobody finds is a hole in a module."""
import json
import urllib.parse

from harness import jose
from harness.wire import Answer, encode, parameters

from .suite import run
from .verdict import FAILED, ORDER, WARNING


class Middle:
    """Between the judge and the server. Tokens it changes are signed by a key of its own, which it puts into the key set."""

    def __init__(self):
        self.key = None
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
            return changed(answer, body={"keys": [*body["keys"], self.own.exported | {"kid": "middle"}]})
        if answer.status == 200 and "id_token" in answer.json:
            ours = self.sign(answer.json["id_token"])
            self.signed[ours] = answer.json["id_token"]
            return changed(answer, body=answer.json | {"id_token": ours})
        return answer

    @property
    def own(self):
        if self.key is None:
            self.key = jose.Key("RSA", "middle")
        return self.key

    def sign(self, token):
        header, claims = self.claims({**jose.peek(token)[0], "kid": "middle", "alg": "RS256"}, jose.peek(token)[1])
        if header.get("alg") == "none":
            return jose.compact(header, claims)
        return jose.compact(header, claims, self.own, "RS256")


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
fault("userinfo opens to everything", "attack-bearer-parsing", "attack-code-replay-ends-the-family", "attack-token-types",
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
          "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt")),
      before=lambda self, request: primed(self, request), answer=lenient("/token"))
fault("PAR takes everything", "attack-client-assertions", *("fapi2-security-profile-final-" + name for name in (
    "par-test-array-as-audience-fails", "par-test-par-endpoint-url-as-audience-fails",
    "par-test-token-endpoint-url-as-audience-fails", "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails",
    "par-authorization-request-containing-request_uri-form-param", "ensure-mismatched-dpop-jkt-fails")),
      answer=at("/par", lambda self, request, found: found if found.status == 201 else changed(
          found, {"request_uri": "urn:ietf:params:oauth:request_uri:" + jose.random(), "expires_in": 90}, status=201)))
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


def prove(plans, world, say):
    """Runs every fault against its modules; gives what was not found."""
    named = {}
    for module in [module for plan in plans for module in plan.modules]:
        named.setdefault(module.name, module)
    missed = []
    honest = set().union(*(names for _, names, _, _ in FAULTS))
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
    spoil = getattr(middle, "told", None)

    def fields(pairs):
        found = dict(pairs)
        header, values = spoil
        head, claims = jose.peek(found["logout_token"])
        head = {name: value for name, value in ({**head, "kid": "middle", "alg": "RS256"} | header).items() if value}
        claims = {name: value for name, value in (claims | values).items() if value is not None}
        key = None if head["alg"] == "none" else middle.own
        return [("logout_token", jose.compact(head, claims, key, head["alg"]))]

    world.receiver.between = fields if spoil else None
