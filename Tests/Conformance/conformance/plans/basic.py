"""Basic OP: the code flow of OpenID Connect, module by module."""
import json

from harness import jose

from .. import flow
from ..suite import Plan

BASIC = Plan(
    "basic", "Basic OP", "oidcc-",
    reproduced="from the modules themselves, in the variant discovery, client_secret_basic (one module client_secret_post), default "
               "response mode; clients are configured, but in idtoken-signature and idtoken-unsigned, where the suite wants them to "
               "register; like the suite's they are not asked for PKCE, which ours otherwise are")


@BASIC.module("server")
def server(room):
    client = room.client("basic-1")
    first = flow.run(room, client, room.person())
    flow.strong_code(room, first.code)
    requested = {"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "sub", "sid", "at_hash", "c_hash",
                 "jti", "nbf"}
    room.should("name" not in first.claims, "the ID token has name, which was not asked for")
    room.should(set(first.claims) <= requested, f"claims that were not asked for: {sorted(set(first.claims) - requested)}")
    # The suite's second client has a query in its redirect URI.
    second = flow.run(room, room.client("basic-2"), room.person())
    room.check(second.code != first.code, "the same code twice")


@BASIC.module("response-type-missing")
def response_type_missing(room):
    client = room.client()
    request = client.request(response_type=None)
    landing = client.authorize(client.browser(), room.person(), request)
    if landing.callback:
        flow.error_response(room, landing, request, {"unsupported_response_type", "invalid_request"})
    else:
        flow.refused_at_page(room, landing)


@BASIC.module("idtoken-signature")
def idtoken_signature(room):
    """Of a client that registers and names no algorithm: OpenID Connect Registration §2 says RS256."""
    client = room.registered(id_token_signed_response_alg=None)
    out = flow.run(room, client, room.person(), with_pkce=True)
    room.check(out.header.get("alg") == "RS256", f"alg {out.header.get('alg')!r}, though the client named none")
    room.check(out.header.get("kid"), "no kid")


@BASIC.module("idtoken-unsigned")
def idtoken_unsigned(room):
    answer = room.register({"redirect_uris": [room.client().redirect_uri], "id_token_signed_response_alg": "none"})
    room.check(answer.status == 400 and answer.error == "invalid_client_metadata", f"registering with none answered {answer}")
    if not room.advertises("id_token_signing_alg_values_supported", "none"):
        room.skip("none is not offered, and a client that registers with it is refused")
    room.fail("none is offered for ID tokens")


@BASIC.module("userinfo-get")
def userinfo_get(room):
    flow.run(room, room.client(), room.person())


@BASIC.module("userinfo-post-header")
def userinfo_post_header(room):
    client = room.client()
    out = flow.run(room, client, room.person(), userinfo_too=False)
    flow.userinfo(room, client.userinfo(out.token, "POST"), out.claims)


@BASIC.module("userinfo-post-body")
def userinfo_post_body(room):
    client = room.client()
    out = flow.run(room, client, room.person(), userinfo_too=False)
    answer = client.wire.form(client.endpoint("userinfo_endpoint"), {"access_token": out.token})
    if answer.status == 200:
        flow.userinfo(room, answer, out.claims)
    else:
        room.check(400 <= answer.status < 500, f"userinfo answered {answer}")
        room.warn("a token in the body is not taken at userinfo (RFC 6750 §2.2 makes it optional)")


@BASIC.module("ensure-request-without-nonce-succeeds-for-code-flow")
def without_nonce(room):
    out = flow.run(room, room.client(), room.person(), nonce=None)
    room.check("nonce" not in out.claims, "the ID token has a nonce that nobody sent")


def scoped(room, *scopes):
    for scope in scopes:
        if not room.advertises("scopes_supported", scope):
            room.skip(f"{scope} is not among scopes_supported")
    out = flow.run(room, room.client(), room.person(), scope=" ".join(["openid", *scopes]))
    wanted = set().union(*(flow.SCOPED[scope] for scope in scopes))
    room.should(not wanted & set(out.claims), f"{sorted(wanted & set(out.claims))} in the ID token, not only at userinfo")
    expected = {"profile": {"name", "given_name", "family_name", "preferred_username", "updated_at"}, "email": {"email"},
                "address": {"address"}, "phone": {"phone_number"}}
    for scope in scopes:
        missing = expected[scope] - set(out.userinfo)
        room.should(not missing, f"userinfo has no {sorted(missing)} for the scope {scope}, though they are known")
    others = set().union(*flow.SCOPED.values()) - wanted
    room.should(not others & set(out.userinfo), f"userinfo tells {sorted(others & set(out.userinfo))} unasked")


@BASIC.module("scope-profile")
def scope_profile(room):
    scoped(room, "profile")


@BASIC.module("scope-email")
def scope_email(room):
    scoped(room, "email")


@BASIC.module("scope-address")
def scope_address(room):
    scoped(room, "address")


@BASIC.module("scope-phone")
def scope_phone(room):
    scoped(room, "phone")


@BASIC.module("scope-all")
def scope_all(room):
    scoped(room, *[scope for scope in ("profile", "email", "address", "phone")
                   if room.advertises("scopes_supported", scope)])


@BASIC.module("alternate-happy-flow")
def alternate_happy_flow(room):
    client = room.client()
    scopes = [scope for scope in ("openid", "profile", "email") if room.advertises("scopes_supported", scope)]
    ordered = client.request(scope=" ".join(reversed(scopes)))
    request = dict(reversed(list(ordered.items())))
    landing = client.authorize(client.browser(), room.person(), request)
    code = flow.callback(room, client, landing, request)
    # Parameters in another order at the token endpoint too.
    answer = client.call("token_endpoint", {"redirect_uri": client.redirect_uri, "code": code,
                                            "grant_type": "authorization_code"})
    flow.tokens(room, client, answer, request["nonce"], code)


def succeeds(**changes):
    def module(room):
        flow.run(room, room.client(), room.person(), **changes)
    return module


BASIC.module("display-page")(succeeds(display="page"))
BASIC.module("display-popup")(succeeds(display="popup"))


@BASIC.module("prompt-login")
def prompt_login(room):
    client, person = room.client(), room.person()
    browser = client.browser()
    first = flow.run(room, client, person, browser)
    room.pause(1.1)
    second = flow.run(room, client, person, browser, prompt="login")
    room.check(second.landing.passwords > 0, "prompt=login asked for nothing")
    if "auth_time" in first.claims and "auth_time" in second.claims:
        room.check(second.claims["auth_time"] > first.claims["auth_time"], "auth_time is not later")
    room.check(second.claims["sub"] == first.claims["sub"], "another sub")


@BASIC.module("prompt-none-not-logged-in")
def prompt_none_not_logged_in(room):
    client = room.client()
    request = client.request(prompt="none", state=jose.random(96))
    room.need(len(request["state"]) == 128, "the judge's state")
    landing = client.authorize(client.browser(), None, request, decision=None)
    flow.error_response(room, landing, request, flow.NEEDS_SOMEBODY)


@BASIC.module("prompt-none-logged-in")
def prompt_none_logged_in(room):
    silent(room, prompt="none")


@BASIC.module("max-age-1")
def max_age_1(room):
    client, person = room.client(), room.person()
    browser = client.browser()
    first = flow.run(room, client, person, browser)
    room.pause(2.1)
    second = flow.run(room, client, person, browser, max_age="1")
    room.check(second.landing.passwords > 0, "no new login, though the last was 2 s ago and max_age is 1")
    room.need("auth_time" in second.claims, "no auth_time, though max_age was sent")
    room.check(second.claims["auth_time"] > first.claims.get("auth_time", first.claims["iat"]), "auth_time is not later")
    room.check(second.claims["iat"] - second.claims["auth_time"] <= 5, "auth_time is not recent")


@BASIC.module("max-age-10000")
def max_age_10000(room):
    client, person = room.client(), room.person()
    browser = client.browser()
    first = flow.run(room, client, person, browser, max_age="15000")
    room.pause(1.1)
    second = flow.run(room, client, person, browser, max_age="10000")
    room.check(second.landing.passwords == 0, "a new login, though max_age is far")
    for out in (first, second):
        room.need("auth_time" in out.claims, "no auth_time, though max_age was sent")
    room.check(second.claims["auth_time"] == first.claims["auth_time"], "another auth_time")
    room.check(second.claims["sub"] == first.claims["sub"], "another sub")


BASIC.module("ensure-request-with-unknown-parameter-succeeds")(succeeds(extra="foobar"))


@BASIC.module("id-token-hint")
def id_token_hint(room):
    silent(room, hinted=True, prompt="none")


def silent(room, hinted=False, **changes):
    client, person = room.client(), room.person()
    browser = client.browser()
    first = flow.run(room, client, person, browser)
    room.pause(1.1)
    if hinted:
        changes["id_token_hint"] = first.id_token
    second = flow.run(room, client, None, browser, decision=None, **changes)
    room.check(second.landing.passwords == 0 and not second.landing.shown, "something was shown, though prompt is none")
    room.check(second.claims["sub"] == first.claims["sub"], "another sub")
    room.check(second.claims.get("auth_time") == first.claims.get("auth_time"), "another auth_time")
    room.check(second.token != first.token, "the same access token again")


BASIC.module("login-hint")(succeeds(login_hint="buffy@rp.example"))
BASIC.module("ui-locales")(succeeds(ui_locales="se"))
BASIC.module("claims-locales")(succeeds(claims_locales="se"))


@BASIC.module("ensure-request-with-acr-values-succeeds")
def acr_values(room):
    values = room.metadata.get("acr_values_supported") or ["1", "2"]
    # The one a password is enough for is among them.
    out = flow.run(room, room.client(), room.person(), acr_values=" ".join(values))
    room.should(out.claims.get("acr") in values, f"acr {out.claims.get('acr')!r} is none of {values}")


def reuse(room, seconds):
    client = room.client()
    out = flow.run(room, client, room.person())
    room.pause(seconds)
    answer = client.redeem(out.code, out.verifier)
    if answer.status == 200:
        (room.warn if seconds == 0 else room.fail)("the code was redeemed twice")
    else:
        flow.token_error(room, answer, {"invalid_grant"})
    dead = client.userinfo(out.token)
    room.should(400 <= dead.status < 500, f"the first access token still opens userinfo: {dead.status} (RFC 6749 §4.1.2)")


@BASIC.module("codereuse")
def codereuse(room):
    reuse(room, 0)


@BASIC.module("codereuse-30seconds", seconds=30)
def codereuse_30_seconds(room):
    reuse(room, 30)


@BASIC.module("ensure-registered-redirect-uri")
def registered_redirect_uri(room):
    client = room.client()
    request = client.request(redirect_uri=client.redirect_uri + "/" + jose.random(8))
    flow.refused_at_page(room, client.authorize(client.browser(), room.person(), request))


@BASIC.module("ensure-post-request-succeeds")
def post_request(room):
    out = flow.run(room, room.client(), room.person(), post=True)
    room.check(out.landing.passwords > 0, "nobody signed in")


@BASIC.module("server-client-secret-post")
def client_secret_post(room):
    flow.run(room, room.client("post"), room.person())


def unsigned_object(client, request):
    return jose.compact({"alg": "none"}, request | {"iss": client.id, "aud": client.metadata["issuer"]})


def offers_unsigned(room):
    if not room.advertises("request_object_signing_alg_values_supported", "none"):
        return False
    return True


@BASIC.module("request-uri-unsigned-supported-correctly-or-rejected-as-unsupported")
def request_uri_unsigned(room):
    if offers_unsigned(room):
        room.fail("unsigned request objects are offered")
    # Beyond the suite, which skips here: an address that is not fetched must not be overlooked either.
    client = room.client()
    request = client.request(request_uri="https://rp.example/request/" + jose.random(8))
    landing = client.authorize(client.browser(), room.person(), request)
    refused_object(room, landing, request, {"request_uri_not_supported", "invalid_request_uri", "invalid_request"})
    room.skip("unsigned request objects are not offered; a request_uri is refused")


def refused_object(room, landing, request, errors):
    if landing.callback:
        room.check(landing.code is None, "the parameter was overlooked, and a code was given")
        flow.error_response(room, landing, request, errors)
    else:
        flow.refused_at_page(room, landing)


@BASIC.module("unsigned-request-object-supported-correctly-or-rejected-as-unsupported")
def request_unsigned(room):
    if offers_unsigned(room):
        room.fail("unsigned request objects are offered")
    client = room.client()
    outside = client.request()
    request = outside | {"request": unsigned_object(client, outside | {"state": "inside"})}
    landing = client.authorize(client.browser(), room.person(), request)
    refused_object(room, landing, outside, {"request_not_supported", "invalid_request_object", "invalid_request"})
    room.skip("unsigned request objects are not offered; one is refused, not overlooked")


@BASIC.module("claims-essential")
def claims_essential(room):
    if not room.metadata.get("claims_parameter_supported"):
        room.skip("the claims parameter is not offered")
    out = flow.run(room, room.client(), room.person(), claims=json.dumps({"userinfo": {"name": {"essential": True}}}))
    room.should("name" in out.userinfo, "userinfo has no name, though it was essential")
    room.should("name" not in out.claims, "the ID token has name, which was asked for at userinfo")


@BASIC.module("ensure-request-object-with-redirect-uri")
def request_object_with_redirect_uri(room):
    client = room.client()
    outside = client.request(redirect_uri=client.redirect_uri + "/" + jose.random(8))
    request = outside | {"request": unsigned_object(client, client.request())}
    landing = client.authorize(client.browser(), room.person(), request)
    flow.refused_at_page(room, landing)
    room.skip("unsigned request objects are not offered; with a wrong redirect_uri outside there is a page, no redirect")


@BASIC.module("refresh-token")
def refresh_token(room):
    scope = "openid offline_access" if room.advertises("scopes_supported", "offline_access") else "openid"
    prompt = {"prompt": "consent"} if "offline_access" in scope else {}
    tokens = []
    for name, nonce in (("basic-1", jose.random()), ("basic-2", jose.random(32))):
        client = room.client(name)
        out = flow.run(room, client, room.person(), scope=scope, nonce=nonce, userinfo_too=False, **prompt)
        first = out.refresh
        if not first:
            room.should(not room.advertises("grant_types_supported", "refresh_token"),
                        "refresh_token is among the grants, and none was given")
            room.skip("no refresh token was given")
        room.should(room.advertises("grant_types_supported", "refresh_token"), "refresh_token is not among the grants")
        room.check(all(0x20 <= ord(letter) <= 0x7E for letter in first), "the refresh token has characters it may not")
        room.check(len(first) * 6 >= 128, f"the refresh token has {len(first)} characters")
        room.pause(1.1)
        answer = client.refresh(first, scope=scope)
        room.need(answer.status == 200, f"refreshing answered {answer}")
        room.check("no-store" in (answer.header("Cache-Control") or ""), "no Cache-Control: no-store")
        room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
        room.check(answer.json.get("access_token") and answer.json["access_token"] != out.token, "no other access token")
        if "id_token" in answer.json:
            header, claims = flow.id_token(room, client, answer.json["id_token"], nonce, answer.json["access_token"],
                                           has_nonce="nonce" in jose.peek(answer.json["id_token"])[1])
            for same in ("iss", "sub", "aud", "auth_time", "azp"):
                room.check(claims.get(same) == out.claims.get(same), f"{same} is another after refreshing")
            room.check(claims["iat"] > out.claims["iat"], "iat is not later")
        flow.userinfo(room, client.userinfo(answer.json["access_token"]), out.claims)
        tokens.append(answer.json.get("refresh_token") or first)
    # RFC 6749 §6: bound to the client it was given to.
    flow.token_error(room, room.client("basic-1").refresh(tokens[1]), {"invalid_grant"})


@BASIC.module("ensure-request-with-valid-pkce-succeeds")
def valid_pkce(room):
    flow.run(room, room.client(), room.person(), with_pkce=True)
