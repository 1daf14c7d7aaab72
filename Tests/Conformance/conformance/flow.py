"""The code flow as the suite goes through it, with what it checks at every step."""
import collections
import math
import re
import time
import urllib.parse

from harness import jose
from harness.relying_party import pkce
from harness.wire import parameters

SKEW = 300
# RFC 6749 appendix A.7 and A.8.
DESCRIPTION = re.compile(r"^[\x20-\x21\x23-\x5B\x5D-\x7E]*$")
NEEDS_SOMEBODY = {
    "login_required", "interaction_required", "consent_required", "account_selection_required"}


class Outcome:
    """What a flow gave."""

    landing = answer = token = id_token = claims = header = userinfo = verifier = request = None

    @property
    def refresh(self):
        return self.answer.json.get("refresh_token")


def callback(room, client, landing, request):
    """The authorization response of a success: its address, state and issuer, and the code."""
    room.need(landing.callback, f"expected to come back to the client, ended at {landing}")
    room.need(landing.error is None, f"authorization failed: {landing}")
    base = client.redirect_uri if request is None else request.get("redirect_uri", client.redirect_uri)
    room.check(landing.url.split("?")[0] == base.split("?")[0], f"came back to {landing.url}")
    for name, value in parameters(urllib.parse.urlsplit(base).query):
        kept = dict(parameters(urllib.parse.urlsplit(landing.url).query)).get(name)
        room.check(kept == value, f"{name}={value} of the redirect URI was lost")
    state = (request or {}).get("state")
    room.check(landing.params.get("state") == state, f"state is {landing.params.get('state')!r}, expected {state!r}")
    issuer = landing.params.get("iss")
    if room.metadata.get("authorization_response_iss_parameter_supported"):
        room.check(issuer == room.metadata["issuer"], f"iss in the response is {issuer!r}")
    elif issuer is not None:
        room.check(issuer == room.metadata["issuer"], f"iss in the response is {issuer!r}")
    by_post(room, landing, request)
    room.check("#" not in landing.url, "the response is in the fragment")
    room.need(landing.code, "the response has no code")
    room.confide(code=landing.code)
    return landing.code


def by_post(room, landing, request):
    """OAuth 2.0 Form Post Response Mode §2: where it was asked for it comes as a form, and nothing in the address."""
    if (request or {}).get("response_mode") == "form_post":
        room.check(landing.method == "POST", f"came back by {landing.method}, though form_post was asked for")
        told = {"code", "state", "iss", "error"} & {name for name, _ in parameters(urllib.parse.urlsplit(landing.url).query)}
        room.check(not told, f"{sorted(told)} in the address")


def error_response(room, landing, request, allowed):
    """An error that came back to the client, as the suite checks every one of them."""
    room.need(landing.callback, f"expected an error at the client, ended at {landing}")
    by_post(room, landing, request)
    room.check(landing.code is None, "a code came with the error")
    room.check(landing.error in allowed, f"error is {landing.error!r}, expected one of {sorted(allowed)}")
    room.check(landing.params.get("state") == request.get("state"), "state is not what was sent")
    if room.metadata.get("authorization_response_iss_parameter_supported"):
        room.check(landing.params.get("iss") == room.metadata["issuer"], "iss is missing or wrong in the error (RFC 9207)")
    known = {"error", "error_description", "error_uri", "state", "iss", "dummy1", "dummy2"}
    room.should(set(landing.params) <= known, f"unexpected parameters {set(landing.params) - known}")
    description = landing.params.get("error_description", "")
    room.check(DESCRIPTION.match(description), f"error_description has characters it may not: {description!r}")


def refused_at_page(room, landing, good=None, bad=None):
    """An error page at the provider, and nobody redirected anywhere."""
    room.need(not landing.callback, f"redirected, though it must not: {landing}")
    room.check(landing.page.status >= 400, f"expected an error page, got {landing.page}")
    room.check(not landing.page.form("password") and not landing.page.form("identifier"), "a login page instead of an error")


def token_error(room, answer, allowed, statuses=(400,)):
    """RFC 6749 §5.2."""
    expected = set(statuses) | ({401} if "invalid_client" in allowed and answer.error == "invalid_client" else set())
    room.check(answer.status in expected, f"status {answer.status}, expected one of {sorted(expected)}: {answer}")
    room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
    room.check(answer.error in allowed, f"error {answer.error!r}, expected one of {sorted(allowed)}: {answer}")
    description = answer.json.get("error_description", "")
    room.check(DESCRIPTION.match(description), f"error_description has characters it may not: {description!r}")


def tokens(room, client, answer, nonce=None, code=None, type_="bearer", **more):
    """The token response and the ID token in it."""
    room.need(answer.status == 200, f"token endpoint answered {answer}")
    room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
    room.check("no-store" in (answer.header("Cache-Control") or ""), "no Cache-Control: no-store (RFC 6749 §5.1)")
    body = answer.json
    room.need(isinstance(body.get("access_token"), str) and body["access_token"], "no access_token")
    room.confide(access_token=body["access_token"], refresh_token=body.get("refresh_token"), id_token=body.get("id_token"))
    room.check(str(body.get("token_type", "")).lower() == type_, f"token_type {body.get('token_type')!r}")
    expires = body.get("expires_in")
    if room.should(expires is not None, "no expires_in (RFC 6749 §5.1)"):
        room.check(isinstance(expires, int) and not isinstance(expires, bool) and expires > 0, f"expires_in {expires!r}")
    room.need(isinstance(body.get("id_token"), str), "no id_token")
    header, claims = id_token(room, client, body["id_token"], nonce, body["access_token"], code, **more)
    return body["access_token"], header, claims


def id_token(room, client, token, nonce=None, access=None, code=None, has_nonce=True):
    """OpenID Connect Core §2 and §3.1.3.7."""
    room.need(token.count(".") == 2, "the ID token is no JWS in compact form")
    header, _ = jose.peek(token)
    algorithm = client.registration.get("id_token_signed_response_alg", "ES256")
    room.check(header.get("alg") == algorithm, f"ID token is signed with {header.get('alg')}, registered is {algorithm}")
    room.check(header.get("kid"), "the ID token's header has no kid")
    try:
        claims = jose.verify(token, client.key_set())
    except AssertionError as error:
        room.need(False, f"ID token: {error}")
    now = time.time()
    room.check(claims.get("iss") == room.metadata["issuer"], f"iss {claims.get('iss')!r}")
    audience = claims.get("aud")
    room.check(audience == client.id or audience == [client.id], f"aud {audience!r}")
    room.check(claims.get("azp", client.id) == client.id, f"azp {claims.get('azp')!r}")
    for name in ("exp", "iat"):
        room.need(isinstance(claims.get(name), int), f"{name} {claims.get(name)!r}")
    room.check(claims["exp"] > now - SKEW, "expired")
    room.check(abs(claims["iat"] - now) < SKEW, f"iat is {claims['iat'] - now:.0f} s away")
    room.check(claims.get("nbf", now) <= now + SKEW, "nbf lies in the future")
    subject = claims.get("sub")
    room.check(isinstance(subject, str) and 0 < len(subject) <= 255 and subject.isascii(), f"sub {subject!r}")
    if has_nonce:
        room.check(claims.get("nonce") == nonce, f"nonce {claims.get('nonce')!r}, expected {nonce!r}")
    if "auth_time" in claims:
        room.check(isinstance(claims["auth_time"], int) and claims["auth_time"] <= now + SKEW, "auth_time")
    if "acr" in claims:
        room.check(isinstance(claims["acr"], str), "acr is no string")
    if "amr" in claims:
        room.check(isinstance(claims["amr"], list) and all(isinstance(word, str) for word in claims["amr"]), "amr")
    for name, text in (("at_hash", access), ("c_hash", code)):
        if name in claims and text and header.get("alg") in ("RS256", "ES256", "PS256"):
            room.check(claims[name] == jose.half_hash(text), f"{name} is not the hash of what it is about")
    return header, claims


PROFILE = {
    "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
    "gender", "birthdate", "zoneinfo", "locale", "updated_at"}
SCOPED = {
    "profile": PROFILE, "email": {"email", "email_verified"}, "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"}}


def userinfo(room, answer, claims):
    """OpenID Connect Core §5.3.2 and the types of §5.1."""
    room.need(answer.status == 200, f"userinfo answered {answer}")
    room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
    body = answer.json
    room.check(body.get("sub") == claims.get("sub"), f"sub {body.get('sub')!r} is not the ID token's")
    for name, value in body.items():
        if name.endswith("_verified"):
            room.check(isinstance(value, bool), f"{name} is no boolean: {value!r}")
        elif name == "updated_at":
            room.check(isinstance(value, (int, float)) and not isinstance(value, bool), f"updated_at is no number: {value!r}")
        elif name == "address":
            room.check(isinstance(value, dict), f"address is no object: {value!r}")
        elif name in PROFILE | {"email", "phone_number", "sub"}:
            room.check(isinstance(value, str) and value, f"{name} is no text, or an empty one: {value!r}")
    return body


def strong_code(room, code):
    """RFC 6749 §10.10, as the suite counts: 128 bits long, and 96 bits of Shannon entropy."""
    room.check(len(code) * 6 >= 128, f"the code has {len(code)} characters")
    bits = entropy(code)
    room.check(bits >= 96, f"the code has {bits:.0f} bits of entropy")


def entropy(text):
    counts = collections.Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values()) * len(text)


def run(room, client, person, browser=None, post=False, with_pkce=None, userinfo_too=True, decision="allow", **changes):
    """The whole way: authorization, tokens, userinfo, each with its checks."""
    out = Outcome()
    browser = browser or client.browser()
    if with_pkce is None:
        with_pkce = client.registration.get("require_pkce", True)
    if with_pkce:
        out.verifier, announced = pkce()
        changes = announced | changes
    out.request = client.request(**changes)
    out.landing = client.authorize(browser, person, out.request, decision, post)
    code = callback(room, client, out.landing, out.request)
    out.code = code
    out.answer = client.redeem(code, out.verifier)
    out.token, out.header, out.claims = tokens(room, client, out.answer, out.request.get("nonce"), code)
    out.id_token = out.answer.json["id_token"]
    if userinfo_too:
        out.userinfo = userinfo(room, client.userinfo(out.token), out.claims)
    return out
