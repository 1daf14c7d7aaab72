"""Attacks that others fell for, from outside. The names are ours; the suite has no such modules."""
import concurrent.futures
import os
import re
import time
import urllib.parse

from harness import jose
from harness.relying_party import pkce
from harness.wire import encode, with_query

from .. import flow
from ..suite import Plan
from ..world import CALLBACK, redirect_cases
from .backchannel import logout_token
from .fapi2 import Run
from .rp_logout import Session, confirmation

ATTACKS = Plan(
    "attacks", "Attacks", "attack-", reproduced="from nowhere: these are our own, after what other providers fell for")

REFUSED = (400, 401)
# Neither tells another site where it was called from.
QUIET = ("no-referrer", "same-origin")


def offline(room, client, person=None, browser=None, scope="openid offline_access", **changes):
    """A flow that gives a refresh token."""
    out = flow.run(room, client, person or room.person(), browser, scope=scope, prompt="consent", **changes)
    room.need(out.refresh, "no refresh token was given for offline_access")
    return out


# At the authorization endpoint

@ATTACKS.module("duplicated-parameters")
def duplicated(room):
    """RFC 6749 §3.1: no parameter twice. Which of two addresses would be checked, and which be used?"""
    client = room.client()
    verifier, announced = pkce()
    request = client.request(prompt="login", **announced)
    for name in request:
        for other in (request[name], "https://evil.example/cb" if name == "redirect_uri" else "other"):
            pairs = [*request.items(), (name, other)]
            for method in ("GET", "POST"):
                browser, url = client.browser(), client.endpoint("authorization_endpoint")
                landing = browser.open(with_query(url, pairs)) if method == "GET" else browser.post(url, pairs)
                room.check(not landing.callback and landing.page.status == 400,
                           f"{method} with {name} twice: expected a page with 400, got {landing}")
    out = offline(room, client)
    fields = {"grant_type": "refresh_token", "refresh_token": out.refresh}
    for name in fields:
        proven, more = client.authentication()
        answer = client.wire.form(client.endpoint("token_endpoint"), [*fields.items(), *more.items(), (name, fields[name])],
                                  proven)
        flow.token_error(room, answer, {"invalid_request"})


@ATTACKS.module("redirect-uri-variants")
def redirect_variants(room):
    """RFC 9700 §2.1: byte for byte, but for the port of a loopback address (RFC 8252 §7.3)."""
    client = room.client("public")
    for uri, expected, why in redirect_cases()["cases"]:
        verifier, announced = pkce()
        landing = client.browser().open(client.url(client.request(redirect_uri=uri, **announced)))
        if expected == "accept":
            room.check(not landing.callback and landing.page.form("identifier"), f"{uri!r} ({why}) was not taken: {landing}")
        else:
            room.check(not landing.callback and landing.page.status == 400 and not landing.page.form("identifier"),
                       f"{uri!r} ({why}) was taken: {landing}")


@ATTACKS.module("errors-stay-here")
def errors_stay(room):
    """Nobody is sent to an address of a client that is not known, or that the request does not name."""
    client = room.client()
    for changes in ({"client_id": "nobody"}, {"client_id": None}, {"redirect_uri": None, "client_id": "public"},
                    {"redirect_uri": "https://evil.example/"}, {"client_id": "api"}):
        request = client.request(**changes)
        landing = client.browser().open(client.url(request))
        room.check(not landing.callback and landing.page.status == 400, f"{changes}: {landing}")


@ATTACKS.module("response-types-and-modes")
def types_and_modes(room):
    client = room.client()
    for kind in ("token", "id_token", "code token", "code id_token", "none", ""):
        request = client.request(response_type=kind)
        landing = client.authorize(client.browser(), None, request, decision=None)
        if landing.callback:
            flow.error_response(room, landing, request, {"unsupported_response_type", "invalid_request"})
        else:
            flow.refused_at_page(room, landing)
    request = client.request(response_mode="fragment")
    landing = client.authorize(client.browser(), room.person(), request)
    room.check(not landing.code, f"a code in the query, though the mode was fragment: {landing}")


@ATTACKS.module("form-post")
def form_post(room):
    """OAuth 2.0 Form Post Response Mode: through a form, and nothing in the address."""
    if not room.advertises("response_modes_supported", "form_post"):
        room.skip("form_post is not offered")
    client = room.client()
    request = client.request(response_mode="form_post")
    landing = client.authorize(client.browser(), room.person(), request)
    code = flow.callback(room, client, landing, request)
    room.check(landing.method == "POST" and "?" not in landing.url, f"came back by {landing.method} to {landing.url}")
    page = landing.pages[-1]
    room.check("no-store" in (page.answer.header("Cache-Control") or ""), "the page with the code may be kept")
    room.check(page.answer.header("Referrer-Policy") in QUIET, "the page with the code tells its address elsewhere")
    flow.tokens(room, client, client.redeem(code), request["nonce"], code)


@ATTACKS.module("pages-in-frames")
def frames(room):
    """Clickjacking: neither login nor consent is shown in somebody else's page, and neither leaks its address."""
    client, shown = room.client(), []
    landing = client.authorize(client.browser(), room.person(), client.request())
    room.need(landing.code, f"{landing}")
    for page in landing.pages:
        shown.append(page.title)
        policy = page.answer.header("Content-Security-Policy") or ""
        room.check("frame-ancestors 'none'" in policy, f"{page.title!r} may be framed: {policy!r}")
        room.check(page.answer.header("Referrer-Policy") in QUIET, f"{page.title!r} tells its address elsewhere")
        room.check("no-store" in (page.answer.header("Cache-Control") or ""), f"{page.title!r} may be kept")
    room.check(len(shown) >= 3, f"saw {shown} only")


@ATTACKS.module("consent-growth")
def consent_growth(room):
    """What was allowed once is allowed for that, and for no more."""
    client, person = room.client(), room.person()
    browser = client.browser()

    def ask(decision="allow", **changes):
        request = client.request(**changes)
        return request, client.authorize(browser, person, request, decision)

    _, landing = ask()
    room.need(landing.code and landing.decisions == 1, f"expected to be asked once: {landing}, {landing.decisions} decisions")
    _, landing = ask()
    room.check(landing.code and landing.decisions == 0, f"asked again for the same: {landing}")
    request, landing = ask(decision=None, scope="openid email", prompt="none")
    flow.error_response(room, landing, request, {"consent_required", "interaction_required"})
    request, landing = ask("deny", scope="openid email")
    flow.error_response(room, landing, request, {"access_denied"})
    room.check(landing.decisions == 1, "more was given without a question")
    _, landing = ask(scope="openid email")
    room.check(landing.code and landing.decisions == 1, "a refusal was taken for a consent")
    _, landing = ask(scope="email openid")
    room.check(landing.code and landing.decisions == 0, "asked again, though only the order is another")
    _, landing = ask(prompt="consent")
    room.check(landing.code and landing.decisions == 1, "prompt=consent did not ask")
    other = room.client("basic-2")
    landing = other.authorize(browser, person, other.request())
    room.check(landing.code and landing.decisions == 1, "one client's consent was another's")
    request, landing = ask(decision=None, prompt="none consent")
    flow.error_response(room, landing, request, {"invalid_request"})


# Of browsers

@ATTACKS.module("login-csrf")
def login_csrf(room):
    """A page elsewhere that sends a sign-in of its own into somebody's browser."""
    client = room.client()
    attacker, victim = room.person(), room.person()
    theirs, ours = client.browser(), client.browser()
    request = client.request()

    def until_password(browser, person):
        landing = browser.walk(browser.open(client.url(request)), None)
        form = landing.page.form("identifier")
        return browser.submit(landing.page, form, {"identifier": person.login})

    page = until_password(theirs, attacker).page
    form = page.form("password")
    fields = [(name, attacker.password if name == "password" else value) for name, value in form.fields]
    target = urllib.parse.urljoin(page.url, form.action)
    # Into a browser without any cookie of ours, and into one where somebody else is about to sign in.
    until_password(ours, victim)
    for browser in (client.browser(), ours):
        landing = browser.post(target, fields)
        room.check(not landing.callback, f"led to the client: {landing}")
        account = browser.open(client.metadata["issuer"] + "/account", cross_site=False)
        room.check(account.callback or account.page.form("identifier") or account.page.form("password"),
                   f"the attacker's sign-in became the browser's: {account}")
    # And with a right cookie, but from another site: SameSite keeps it back, the origin is looked at besides.
    for name in list(theirs.cookies):
        theirs.cookies[name]["samesite"] = "none"
    landing = theirs.post(target, fields)
    room.check(not landing.callback and landing.page.status in (400, 403), f"a form from another site was taken: {landing}")


@ATTACKS.module("consent-csrf")
def consent_csrf(room):
    """Somebody else's consent page, and one's own sent from another site."""
    client = room.client()

    def until_consent():
        browser = client.browser()
        landing = client.authorize(browser, room.person(), client.request(), decision=None)
        room.need(not landing.callback and landing.page.form("decision"), f"no consent page: {landing}")
        form = landing.page.form("decision")
        return browser, urllib.parse.urljoin(landing.page.url, form.action), [*form.fields, ("decision", "allow")]

    first, target, fields = until_consent()
    second, _, _ = until_consent()
    landing = second.post(target, fields, cross_site=False)
    room.check(not landing.code, f"another browser's consent gave a code: {landing}")
    for name in list(first.cookies):
        first.cookies[name]["samesite"] = "none"
    landing = first.post(target, fields)
    room.check(not landing.code, f"a consent from another site gave a code: {landing}")


@ATTACKS.module("session-fixation")
def fixation(room):
    client, person = room.client(), room.person()
    browser = client.browser()
    browser.walk(browser.open(client.url(client.request())), None)
    before = {name: cookie["value"] for name, cookie in browser.cookies.items()}
    browser.sign_in(person)
    after = {name: cookie["value"] for name, cookie in browser.cookies.items()}
    session = [name for name in after if "sso" in name[0]]
    room.need(session, f"no session cookie among {sorted(name[0] for name in after)}")
    room.check(all(before.get(name) != after[name] for name in session), "the session's cookie was there before the sign-in")
    planted = client.browser()
    for name in session:
        planted.cookies[name] = dict(browser.cookies[name], value="A" * len(after[name]))
    landing = planted.open(client.metadata["issuer"] + "/account", cross_site=False)
    room.check(landing.page.form("identifier"), "a cookie that nobody gave opened something")


@ATTACKS.module("request-of-another-browser")
def stolen_request(room):
    """A request that waits belongs to the browser that brought it: whoever learns its handle goes on with nothing."""
    client, attacker, victim = room.client(), room.person(), room.person()
    theirs = client.browser()
    waiting = theirs.open(client.url(client.request()))
    room.need(not waiting.callback and waiting.page.form("identifier"), f"{waiting}")
    # The victim is signed in, has allowed the client before, and is led to where the attacker's request waits.
    ours = client.browser()
    flow.run(room, client, victim, ours)
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(waiting.page.url).query)).get("return")
    for address in filter(None, (waiting.page.url, back and urllib.parse.urljoin(waiting.page.url, back))):
        landing = ours.walk(ours.open(address), None)
        room.check(not landing.code, f"a code for somebody else's request: {landing}")
    # And it is as it was brought: what stands in the address later changes nothing.
    if back:
        changed = back + "&redirect_uri=https%3A%2F%2Fevil.example%2F&scope=openid%20email&state=other&client_id=basic-2"
        theirs.walk(waiting, attacker, decision=None)
        landing = theirs.walk(theirs.open(urllib.parse.urljoin(waiting.page.url, changed), cross_site=False), attacker)
        if landing.callback:
            room.check(landing.url.startswith(CALLBACK), f"led to {landing.url}")
            room.check(landing.params.get("state") != "other", "the state was changed on the way")


@ATTACKS.module("login-return")
def login_return(room):
    """RFC 9700 §4.11: a sign-in that leads somewhere leads nowhere else."""
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example/", "https:evil.example", "javascript:alert(1)",
                   "/%2F/evil.example", "\thttps://evil.example/", "https://gate.localhost@evil.example/", "/..//evil.example"):
        client = room.client()
        browser = client.browser()
        landing = browser.walk(
            browser.open(client.metadata["issuer"] + "/login?return=" + urllib.parse.quote(target, safe="")), room.person())
        room.check(not landing.callback, f"return={target!r} led to {landing.url}")


@ATTACKS.module("injection")
def injection(room):
    """What a request says stands on a page as text, and comes back as it was."""
    client, evil = room.client(), "\"><script>alert(1)</script>'&amp;"
    request = client.request(state=evil, response_mode="form_post", login_hint=evil)
    landing = client.authorize(client.browser(), room.person(), request)
    room.need(landing.callback, f"{landing}")
    for page in landing.pages:
        room.check("<script>alert" not in page.text, f"{page.title!r} holds a script of the request")
    room.check(landing.params.get("state") == evil, f"state came back as {landing.params.get('state')!r}")
    for changes in ({"client_id": evil}, {"redirect_uri": "https://evil.example/" + evil}, {"response_type": evil},
                    {"scope": evil}, {"prompt": evil}):
        landing = client.browser().open(client.url(client.request(**changes)))
        if not landing.callback:
            room.check("<script>alert" not in landing.page.text, f"{list(changes)[0]} stands on the page as it came")
        else:
            room.check(flow.DESCRIPTION.match(landing.params.get("error_description", "")), "in error_description")


@ATTACKS.module("heavy-input")
def heavy(room):
    """Deep, long and compressed input is refused at once, and the gateway goes on."""
    client, fapi = room.client(), room.client("fapi-1")
    deep, long = "[" * 3000 + "]" * 3000, "a" * 400_000
    jwe = ".".join(jose.b64(part) for part in (
        b'{"alg":"PBES2-HS512+A256KW","enc":"A256GCM","p2c":2147483647,"p2s":"AAAA","zip":"DEF"}', b"a" * 40, b"a" * 12,
        b"a" * 64, b"a" * 16))
    nested = f"{jose.b64(deep.encode())}.{jose.b64(deep.encode())}.{jose.b64(b'x')}"
    authorize, par = client.endpoint("authorization_endpoint"), client.endpoint("pushed_authorization_request_endpoint")

    def by(name, value):
        return lambda: client.wire.form(authorize, client.request() | {name: value})

    tries = {
        "deep claims": by("claims", '{"userinfo":' + deep + "}"), "a long state": by("state", long),
        "a deep request object": by("request", nested), "an encrypted one that costs": by("request", jwe),
        "a long scope": by("scope", "openid " + "x " * 100_000),
        "many parameters": lambda: client.wire.form(authorize, [(f"p{index}", "") for index in range(20_000)]),
        "a deep assertion": lambda: client.wire.form(par, {
            "client_id": fapi.id, "client_assertion": nested,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}),
        "a deep proof": lambda: client.wire.send(
            "GET", client.endpoint("userinfo_endpoint"), [("Authorization", "DPoP x"), ("DPoP", nested)]),
        "a long bearer token": lambda: client.userinfo("a" * 20_000),
        "an encrypted bearer token": lambda: client.userinfo(jwe),
        "a long id_token_hint": lambda: client.wire.form(client.endpoint("end_session_endpoint"), {"id_token_hint": long}),
        "a million and a half": lambda: client.wire.form(client.endpoint("token_endpoint"), {"code": "a" * 1_500_000}),
    }
    for text, attempt in tries.items():
        began = time.monotonic()
        try:
            answer = attempt()
        except OSError:
            continue  # Hung up on while sending is an answer too.
        room.check(400 <= answer.status < 500 or (answer.status in (302, 303) and "error=" in (answer.header("Location") or "")),
                   f"{text}: answered {answer.status}")
        room.should(time.monotonic() - began < 3, f"{text}: took {time.monotonic() - began:.1f} s")
    flow.run(room, client, room.person())


# Of codes and tokens

@ATTACKS.module("code-under-another-client")
def code_under_another(room):
    client, other = room.client("basic-1"), room.client("basic-2")
    out_request = client.request()
    landing = client.authorize(client.browser(), room.person(), out_request)
    code = flow.callback(room, client, landing, out_request)
    for stranger, address in ((other, client.redirect_uri), (other, other.redirect_uri), (room.client("post"), CALLBACK)):
        flow.token_error(room, stranger.redeem(code, redirect_uri=address), {"invalid_grant"})


@ATTACKS.module("code-with-another-redirect-uri")
def code_elsewhere(room):
    client = room.client()
    for address in (CALLBACK + "/", CALLBACK + "?a=b", "https://evil.example/", None):
        request = client.request()
        code = flow.callback(room, client, client.authorize(client.browser(), room.person(), request), request)
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": address}
        flow.token_error(room, client.call("token_endpoint", fields), {"invalid_grant", "invalid_request"})


@ATTACKS.module("code-replay-ends-the-family")
def code_replay(room):
    client = room.client()
    out = offline(room, client)
    refreshed = client.refresh(out.refresh)
    room.need(refreshed.status == 200, f"refreshing answered {refreshed}")
    flow.token_error(room, client.redeem(out.code, out.verifier), {"invalid_grant"})
    for token in (out.token, refreshed.json["access_token"]):
        room.check(client.userinfo(token).status == 401, "an access token of a replayed code still opens userinfo")
    flow.token_error(room, client.refresh(refreshed.json["refresh_token"]), {"invalid_grant"})


def at_once(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(count)]]


@ATTACKS.module("code-50-at-once")
def code_race(room):
    client = room.client()
    request = client.request()
    code = flow.callback(room, client, client.authorize(client.browser(), room.person(), request), request)
    answers = at_once(50, lambda: client.redeem(code))
    won = [answer for answer in answers if answer.status == 200]
    room.check(len(won) == 1, f"{len(won)} of 50 redemptions were answered 200")
    for answer in answers:
        if answer.status != 200:
            flow.token_error(room, answer, {"invalid_grant"})
    for answer in won:
        room.check(client.userinfo(answer.json["access_token"]).status == 401, "the token of a replayed code is alive")


@ATTACKS.module("refresh-50-at-once")
def refresh_race(room):
    client = room.client()
    out = offline(room, client)
    answers = at_once(50, lambda: client.refresh(out.refresh))
    won = [answer for answer in answers if answer.status == 200]
    room.check(len(won) == 1, f"{len(won)} of 50 refreshings were answered 200")
    for answer in answers:
        if answer.status != 200:
            flow.token_error(room, answer, {"invalid_grant"})


@ATTACKS.module("refresh-reuse-ends-the-family")
def refresh_reuse(room):
    client = room.client()
    out = offline(room, client)
    second = client.refresh(out.refresh)
    room.need(second.status == 200, f"refreshing answered {second}")
    room.check(second.json.get("refresh_token") not in (None, out.refresh), "the refresh token did not change")
    flow.token_error(room, client.refresh(out.refresh), {"invalid_grant"})
    flow.token_error(room, client.refresh(second.json["refresh_token"]), {"invalid_grant"})
    for token in (out.token, second.json["access_token"]):
        room.check(client.userinfo(token).status == 401, "an access token of the family still opens userinfo")


@ATTACKS.module("refresh-under-another-client")
def refresh_under_another(room):
    client = room.client()
    out = offline(room, client, scope="openid email offline_access")
    for stranger in (room.client("basic-2"), room.client("post")):
        flow.token_error(room, stranger.refresh(out.refresh), {"invalid_grant"})
    # RFC 6749 §6: no more than was given.
    flow.token_error(room, client.refresh(out.refresh, scope="openid email profile offline_access"), {"invalid_scope"})
    answer = client.refresh(out.refresh, scope="openid")
    room.check(answer.status == 200, f"the rightful client was refused: {answer}")
    if answer.status == 200:
        info = client.userinfo(answer.json["access_token"]).json
        room.check("email" not in info, "a narrowed token opens what was left out")


@ATTACKS.module("pkce-downgrade")
def pkce_downgrade(room):
    lax, strict, public = room.client("basic-1"), room.client("plain"), room.client("public")
    verifier, announced = pkce()

    def code(client, **changes):
        request = client.request(**changes)
        landing = client.authorize(client.browser(), room.person(), request)
        return flow.callback(room, client, landing, request)

    room.check(lax.redeem(code(lax)).status == 200, "without challenge, without verifier, where PKCE is not asked for")
    flow.token_error(room, lax.redeem(code(lax), verifier), {"invalid_grant", "invalid_request"})
    for client in (lax, strict, public):
        flow.token_error(room, client.redeem(code(client, **announced)), {"invalid_grant"})
        flow.token_error(room, client.redeem(code(client, **announced), jose.random(48)), {"invalid_grant"})
        flow.token_error(room, client.redeem(code(client, **announced), announced["code_challenge"]), {"invalid_grant"})
        # A wrong verifier has spent the code: it is not to be guessed.
        room.check(client.redeem(code(client, **announced), verifier).status == 200, f"{client.id} with the right verifier")
        for changes in ({"code_challenge": verifier, "code_challenge_method": "plain"}, {"code_challenge": verifier},
                        {"code_challenge": "short", "code_challenge_method": "S256"},
                        {"code_challenge_method": "S256"}):
            request = client.request(**changes)
            landing = client.authorize(client.browser(), None, request, decision=None)
            flow.error_response(room, landing, request, {"invalid_request"})
    for client in (strict, public):
        request = client.request()
        landing = client.authorize(client.browser(), None, request, decision=None)
        flow.error_response(room, landing, request, {"invalid_request"})


@ATTACKS.module("bearer-parsing")
def bearer(room):
    """RFC 6750 §2: one space, one header, one way."""
    client = room.client()
    out = flow.run(room, client, room.person())
    token, url = out.token, client.endpoint("userinfo_endpoint")
    room.check(client.userinfo(token, headers=[("Authorization", "bearer " + token)]).status == 200,
               "the scheme in lower case was refused (RFC 9110 §11.1)")
    wrong = {
        "a tab": [("Authorization", f"Bearer\t{token}")],
        "two spaces": [("Authorization", f"Bearer  {token}")],
        "no space": [("Authorization", f"Bearer{token}")],
        "something behind": [("Authorization", f"Bearer {token} more")],
        "a comma": [("Authorization", f"Bearer {token},{token}")],
        "a parameter": [("Authorization", f'Bearer token="{token}"')],
        "two headers": [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
        "two headers, one other": [("Authorization", f"Bearer {token}"), ("Authorization", "Basic QTpC")],
        "another scheme": [("Authorization", f"Token {token}")],
        "DPoP without a proof": [("Authorization", f"DPoP {token}")],
        "no token": [("Authorization", "Bearer ")],
        "in a cookie": [("Cookie", f"access_token={token}")],
        "nothing": [],
    }
    for text, headers in wrong.items():
        answer = client.wire.get(url, headers)
        room.check(answer.status in REFUSED, f"{text}: answered {answer.status}")
        if answer.status == 401:
            room.check(answer.all("WWW-Authenticate"), f"{text}: 401 without a challenge")
    for text, answer in {
        "in the query": client.wire.get(with_query(url, {"access_token": token})),
        "header and query": client.wire.get(with_query(url, {"access_token": token}), [("Authorization", f"Bearer {token}")]),
        "header and body": client.wire.form(url, {"access_token": token}, [("Authorization", f"Bearer {token}")]),
        "body twice": client.wire.form(url, [("access_token", token), ("access_token", token)]),
        "body that says it is JSON": client.wire.send(
            "POST", url, [("Content-Type", "application/json")], encode({"access_token": token})),
    }.items():
        room.check(answer.status in REFUSED, f"{text}: answered {answer.status}")


@ATTACKS.module("token-types")
def token_types(room):
    """Every token where it does not belong."""
    client, api = room.client(), room.client("api")
    out = offline(room, client)
    own = api.call("token_endpoint", {"grant_type": "client_credentials", "scope": "api"})
    room.need(own.status == 200, f"client_credentials answered {own}")
    request = client.request()
    code = flow.callback(room, client, client.authorize(client.browser(), room.person(), request), request)
    misplaced = {"the ID token": out.id_token, "the refresh token": out.refresh, "a code": code,
                 "a token of nobody": own.json["access_token"], "a broken token": out.token[:-4] + "AAAA", "nothing": ""}
    for text, token in misplaced.items():
        answer = client.userinfo(token)
        room.check(answer.status in ((400, 401) if token == "" else (401, 403)), f"userinfo answered {answer.status} to {text}")
        room.check("sub" not in answer.json, f"userinfo told {text} a sub")
    for text in ("the ID token", "a code", "a broken token"):
        answer = client.call("introspection_endpoint", {"token": misplaced[text]})
        room.check(answer.status == 200 and answer.json == {"active": False}, f"introspection of {text}: {answer}")
    for text, token in {"the access token": out.token, "the ID token": out.id_token, "a code": code}.items():
        flow.token_error(room, client.refresh(token), {"invalid_grant"})
    for text, token in {"the access token": out.token, "the refresh token": out.refresh}.items():
        flow.token_error(room, client.redeem(token), {"invalid_grant"})
    claims = jose.peek(out.id_token)[1]
    forged = [], {"client_id": "fapi-1", "client_assertion": out.id_token,
                  "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    fapi = room.client("fapi-1")
    flow.token_error(room, fapi.redeem(code, authentication=forged), {"invalid_client"})
    room.check(claims["aud"] in (client.id, [client.id]), "the ID token is for somebody else")


@ATTACKS.module("client-assertions")
def assertions(room):
    """RFC 7523 and rfc7523bis: whose key, which algorithm, for whom, and once."""
    client = room.client("fapi-1")
    other = jose.Key()

    def push(assertion, client_id=client.id):
        return client.call("pushed_authorization_request_endpoint", client.request(**pkce()[1]), authentication=([], {
            "client_id": client_id, "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}))

    good = jose.client_assertion(client.id, room.issuer, client.key)
    room.need(push(good).status == 201, "a right assertion was refused")
    header, claims = jose.peek(good)

    def made(head=None, body=None, key=client.key, algorithm="ES256"):
        return jose.compact(header | (head or {}), claims | {"jti": jose.random()} | (body or {}), key, algorithm)

    wrong = {
        "the same again": good,
        "alg none": made({"alg": "none"}, algorithm="none"),
        "another key": made(key=other),
        "another key in jwk": made({"jwk": other.public, "kid": other.kid}, key=other),
        "another key in jku": made({"jku": "https://rp.example/jwks", "kid": other.kid}, key=other),
        "a critical extension": made({"crit": ["https://rp.example/must"], "https://rp.example/must": True}),
        "a broken signature": jose.tampered(made()),
        "no jti": made(body={"jti": None}),
        "no exp": jose.compact(header, {k: v for k, v in claims.items() if k != "exp"} | {"jti": jose.random()}, client.key),
        "a day long": made(body={"exp": claims["iat"] + 86400}),
        "another sub": made(body={"sub": "fapi-2"}),
        "another iss": made(body={"iss": "fapi-2"}),
        "the issuer with a slash": made(body={"aud": room.issuer + "/"}),
        "the issuer in a list of one": made(body={"aud": [room.issuer]}),
        "an access token's type": made({"typ": "at+jwt"}),
    }
    for text, assertion in wrong.items():
        answer = push(assertion)
        if text == "a day long":
            room.should(answer.status in REFUSED, f"{text}: answered {answer.status}")
        else:
            room.check(answer.status in REFUSED and answer.error in ("invalid_client", "invalid_request"),
                       f"{text}: answered {answer}")
    room.check(push(jose.client_assertion(client.id, room.issuer, client.key), "fapi-2").status in REFUSED,
               "client_id beside an assertion of another")


@ATTACKS.module("introspection-oracle")
def introspection(room):
    """Who is not concerned learns nothing, and in the same words as of a token that never was."""
    client, api, foreign = room.client(), room.client("api"), room.client("foreign")
    out = offline(room, client)
    mine = client.call("introspection_endpoint", {"token": out.token})
    room.check(mine.json.get("active") is True, f"the client was not told about its own token: {mine}")
    for stranger in (api, foreign, room.client("basic-2")):
        answer = stranger.call("introspection_endpoint", {"token": out.token})
        room.check(answer.status == 200 and answer.json == {"active": False}, f"{stranger.id} was told {answer}")
    given = api.call("token_endpoint", {"grant_type": "client_credentials", "scope": "api",
                                        "resource": "https://api.example.org"})
    room.need(given.status == 200, f"client_credentials answered {given}")
    answer = foreign.call("introspection_endpoint", {"token": given.json["access_token"]})
    room.check(answer.json == {"active": False}, f"a service that the token is not for was told {answer}")
    answer = client.wire.form(client.endpoint("introspection_endpoint"), {"token": out.token})
    room.check(answer.status == 401 and "active" not in answer.json, f"without authentication: {answer}")
    answer = client.call("introspection_endpoint", {"token": out.token}, authentication=([], {"client_id": "public"}))
    room.check(answer.status in REFUSED and "active" not in answer.json, f"as a public client: {answer}")


@ATTACKS.module("bound-tokens")
def bound(room):
    """RFC 9449 §6.2 and §7: whoever is told about a bound token is told to what, and it is no bearer token anywhere."""
    run = Run(room)
    run.tokens(run.authorized())
    known = run.client.call("introspection_endpoint", {"token": run.token}, authentication=run.assertion())
    room.check(known.json.get("active") is True, f"introspection: {known}")
    room.check(known.json.get("cnf", {}).get("jkt") == run.proof.key.thumbprint, f"cnf {known.json.get('cnf')!r}")
    room.check(known.json.get("token_type") == "DPoP", f"token_type {known.json.get('token_type')!r}")
    url = run.client.endpoint("userinfo_endpoint")
    for text, answer in {
            "as a bearer token": room.wire.get(url, [("Authorization", f"Bearer {run.token}")]),
            "as a bearer token beside a proof": room.wire.get(
                url, [("Authorization", f"Bearer {run.token}"), ("DPoP", run.proof.make("GET", url, run.token))]),
            "in the body": room.wire.form(url, {"access_token": run.token}),
            "in the body beside a proof": room.wire.form(
                url, {"access_token": run.token}, [("DPoP", run.proof.make("POST", url, run.token))])}.items():
        room.check(answer.status in REFUSED, f"{text}: answered {answer.status}")
    # A proof of the token endpoint is no proof of userinfo, and one of GET none of POST.
    token_url = run.client.endpoint("token_endpoint")
    for proof in (run.proof.make("POST", token_url), run.proof.make("POST", url, run.token)):
        answer = room.wire.send("GET", url, [("Authorization", f"DPoP {run.token}"), ("DPoP", proof)])
        room.check(answer.status in REFUSED, f"a proof of another request: answered {answer.status}")


@ATTACKS.module("other-tenant")
def other_tenant(room):
    """Each tenant is an issuer of its own: nothing of one is anything to another, though they share a host."""
    there, client = room.next_door(), room.client()
    address = there.metadata["issuer"]
    other = room.wire.get(address.replace("/t/second", "") + "/.well-known/oauth-authorization-server/t/second")
    room.check(other.status == 200 and other.json == there.metadata, "RFC 8414's address of another tenant's document")
    room.check(not {key["kid"] for key in client.key_set()["keys"]}
               & {key["kid"] for key in there.client("next-door").key_set()["keys"]}, "two tenants sign with one key")
    browser, stranger = client.browser(), there.client("next-door")
    out = offline(room, client, browser=browser)
    theirs = offline(there, stranger, person=room.world.neighbours[0])
    room.check(theirs.claims["iss"] == address, f"iss {theirs.claims['iss']}")
    for token, party in ((out.token, stranger), (theirs.token, client)):
        room.check(party.userinfo(token).status == 401, "a token of another tenant opened userinfo")
        known = party.call("introspection_endpoint", {"token": token})
        room.check(known.json == {"active": False}, f"introspection of another tenant's token: {known}")
        party.call("revocation_endpoint", {"token": token})
    room.check(client.userinfo(out.token).status == 200, "another tenant's client revoked a token")
    for token, party in ((out.refresh, stranger), (theirs.refresh, client)):
        flow.token_error(room, party.refresh(token), {"invalid_grant"})
    # A client is known where it was made, and nowhere else.
    client._metadata, stranger._metadata = stranger._metadata, client._metadata
    for party in (client, stranger):
        flow.token_error(room, party.redeem("any"), {"invalid_client"})
        landing = party.browser().open(party.url(party.request()))
        room.check(not landing.callback and landing.page.status == 400, f"a client of another tenant was taken: {landing}")
    client._metadata, stranger._metadata = stranger._metadata, client._metadata
    # Nor is a session: the same browser, signed in next door only.
    request = stranger.request(prompt="none")
    landing = browser.walk(browser.open(stranger.url(request)), None)
    flow.error_response(there, landing, request, flow.NEEDS_SOMEBODY)
    code_request = client.request()
    code = flow.callback(room, client, client.authorize(browser, None, code_request), code_request)
    flow.token_error(room, stranger.redeem(code), {"invalid_grant"})


@ATTACKS.module("revocation")
def revocation(room):
    client = room.client()
    out = offline(room, client)
    stranger = room.client("basic-2").call("revocation_endpoint", {"token": out.refresh})
    room.check(stranger.status in (200, 400), f"another client's revocation: {stranger}")
    room.check(client.userinfo(out.token).status == 200, "another client revoked it")
    room.check(client.call("revocation_endpoint", {"token": "never-was"}).status == 200, "a token that never was (RFC 7009 §2.2)")
    room.check(client.call("revocation_endpoint", {"token": out.refresh}).status == 200, "revoking")
    flow.token_error(room, client.refresh(out.refresh), {"invalid_grant"})
    room.check(client.userinfo(out.token).status == 401, "the access token outlived its refresh token (RFC 7009 §2.1)")


@ATTACKS.module("who-was-disabled")
def disabled(room):
    """Offboarding: what was given ends with the person, at once."""
    client, person = room.client(), room.person()
    browser = client.browser()
    out = offline(room, client, person, browser)
    room.world.gateway.command("user", "disable", person.login)
    room.check(client.userinfo(out.token).status == 401, "the access token of somebody who was disabled")
    flow.token_error(room, client.refresh(out.refresh), {"invalid_grant"})
    request = client.request(prompt="none")
    landing = client.authorize(browser, None, request, decision=None)
    flow.error_response(room, landing, request, flow.NEEDS_SOMEBODY)
    answer = client.call("introspection_endpoint", {"token": out.token})
    room.check(answer.json == {"active": False}, f"introspection: {answer}")


@ATTACKS.module("logout-tells-every-client")
def every_client(room):
    """One session, two clients that listen: each is told once, for itself, and another person's session goes on."""
    session = Session(room, "hearing")
    other = room.client("hearing-too")
    second = flow.run(room, other, None, session.browser, decision=None)
    bystander = Session(room, "hearing")
    # From a page of the gateway itself: no client asked for it.
    landing = session.browser.open(session.client.endpoint("end_session_endpoint"), cross_site=False)
    if not landing.callback and landing.page.forms:
        if confirmation(landing.page):
            session.browser.submit(landing.page, *confirmation(landing.page))
    first_told = logout_token(room, session.client, session.out.claims, "/backchannel_logout")
    second_told = logout_token(room, other, second.claims, "/backchannel_logout/too")
    room.check(first_told["jti"] != second_told["jti"], "two clients were sent one jti")
    bystander.check_alive()


@ATTACKS.module("logout-csrf")
def logout_csrf(room):
    """A page elsewhere that leads a browser to the end session endpoint ends nothing."""
    client = room.client()
    for fields in ({}, {"state": "x"}, {"client_id": client.id}):
        session = Session(room)
        session.browser.open(client.logout_url(**fields))
        session.check_alive()


@ATTACKS.module("registration")
def registration(room):
    """RFC 7591 §3, RFC 7592 §2: who may register, what a stranger gets at most, and whose registration it is."""
    wish = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_basic"}
    for token in (None, "gh_k_" + "A" * 43, "x"):
        answer = room.register(wish, token)
        room.check(answer.status == 401 and "client_id" not in answer.json, f"with the initial token {token}: {answer}")
    for text, changes in {
            "http": {"redirect_uris": ["http://app.example/cb"]}, "javascript": {"redirect_uris": ["javascript:alert(1)"]},
            "a wildcard": {"redirect_uris": ["https://*.example/cb"]}, "implicit": {"response_types": ["token"]},
            "a grant of its own": {"grant_types": ["client_credentials"]}, "no address": {"redirect_uris": []},
            "an unsigned token": {"id_token_signed_response_alg": "none"},
            "a symmetric token": {"id_token_signed_response_alg": "HS256"},
            "a private key": {"token_endpoint_auth_method": "private_key_jwt",
                              "jwks": {"keys": [jose.Key().with_private_part | {"kid": "a"}]}},
            "an inner address": {"jwks_uri": "https://127.0.0.1/jwks", "token_endpoint_auth_method": "private_key_jwt"},
            "the metadata service": {"sector_identifier_uri": "http://169.254.169.254/latest", "subject_type": "pairwise"},
    }.items():
        answer = room.register(wish | changes)
        if text == "an inner address" and answer.status == 201:
            continue  # Read when it is needed, and then not fetched; registering it is no call yet.
        room.check(answer.status == 400, f"{text}: {answer}")
    first, second = room.registered(), room.registered(scope="openid profile orders:write")
    room.check("orders:write" not in second.registration.get("scope", ""), "a scope that strangers may not have")
    for privilege in ("profile", "consent", "answers_for", "may_impersonate"):
        room.check(second.registration.get(privilege) in (None, "standard"), f"{privilege} was registered by a stranger")
    place, token = first.registration["registration_client_uri"], second.registration["registration_access_token"]
    for method in ("GET", "PUT", "DELETE"):
        for shown in (token, room.world.initial_token, first.secret, None):
            headers = [("Authorization", f"Bearer {shown}")] if shown else []
            answer = room.wire.send(method, place, [*headers, ("Content-Type", "application/json")], b"{}")
            room.check(answer.status == 401, f"{method} of another's registration: {answer.status}")
    out = flow.run(room, first, room.person(), with_pkce=True)
    gone = room.wire.send("DELETE", place, [("Authorization", "Bearer " + first.registration["registration_access_token"])])
    room.check(gone.status == 204, f"taking it back: {gone}")
    room.check(first.userinfo(out.token).status == 401, "a token outlived its client")
    flow.token_error(room, first.redeem("any"), {"invalid_client"})


# Of devices

@ATTACKS.module("device-code")
def device(room):
    """RFC 8628: nobody confirms by a link alone, codes are not guessed, and belong to who asked."""
    if not room.metadata.get("device_authorization_endpoint"):
        room.skip("no device_authorization_endpoint")
    client = room.client("device")
    asked = client.call("device_authorization_endpoint", {"scope": "openid profile"})
    room.need(asked.status == 200, f"device authorization answered {asked}")
    given = asked.json
    letters = re.sub("[^A-Za-z0-9]", "", given.get("user_code", ""))
    room.check(len(letters) >= 8, f"user_code {given.get('user_code')!r}")
    room.check(len(given.get("device_code", "")) >= 22, "device_code is short")
    room.check(isinstance(given.get("expires_in"), int) and given["expires_in"] <= 1800, f"expires_in {given.get('expires_in')!r}")

    def poll(by=client):
        return by.call("token_endpoint", {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": given["device_code"]})

    flow.token_error(room, poll(), {"authorization_pending"})
    flow.token_error(room, poll(), {"slow_down"})
    flow.token_error(room, poll(room.client("public")), {"invalid_grant", "unauthorized_client"})
    person, browser = room.person(), client.browser()
    start = given.get("verification_uri_complete") or given["verification_uri"]
    landing = browser.walk(browser.open(start), person, decision=None)
    room.check(not landing.callback and landing.page.status == 200, f"the page for the code: {landing}")
    room.pause((given.get("interval") or 5) * 2 + 1)
    flow.token_error(room, poll(), {"authorization_pending"})
    landing = enter(browser, landing, given["user_code"], person)
    room.check(client.registration["client_name"] in landing.page.text, "the page does not name the client")
    form = landing.page.form("decision")
    room.need(form, f"nothing to allow: {landing}")
    browser.submit(landing.page, form, button=("decision", "allow"))
    room.pause((given.get("interval") or 5) * 2 + 1)
    answer = poll()
    room.need(answer.status == 200, f"after allowing: {answer}")
    room.confide(device_code=given["device_code"], access_token=answer.json.get("access_token"))
    info = client.userinfo(answer.json["access_token"])
    room.check(info.status == 200 and info.json.get("name"), f"userinfo answered {info}")
    flow.token_error(room, poll(), {"invalid_grant", "expired_token"})


def enter(browser, landing, user_code, person, times=4):
    """Types the code where it is asked for, and signs in where that is."""
    for _ in range(times):
        if landing.page.form("decision"):
            break
        form = landing.page.form("user_code")
        if not form:
            break
        landing = browser.walk(browser.submit(landing.page, form, {"user_code": user_code}), person, decision=None)
    return landing


@ATTACKS.module("device-code-guessing")
def device_guessing(room):
    if not room.metadata.get("device_authorization_endpoint"):
        room.skip("no device_authorization_endpoint")
    client = room.client("device")
    given = client.call("device_authorization_endpoint", {"scope": "openid"}).json
    browser, person = client.browser(), room.person()
    landing = browser.walk(browser.open(given["verification_uri"]), person, decision=None)
    for _ in range(25):
        if landing.callback or not landing.page.form("user_code"):
            break
        landing = enter(browser, landing, "BCDF-GHJK", person, times=1)
    # However it says so: from now on even the right code opens nothing.
    landing = enter(browser, browser.open(given["verification_uri"], cross_site=False), given["user_code"], person)
    room.check(not landing.page.form("decision"), "after 25 wrong codes the next one was still taken (RFC 8628 §5.1)")


# Alone, at the end

@ATTACKS.module("reuse-after-a-restart", alone=True)
def after_restart(room):
    """What was used up stays used up, and what was granted stays granted."""
    client = room.client()
    out = offline(room, client)
    kept = offline(room, client)
    second = client.refresh(out.refresh)
    room.need(second.status == 200, f"refreshing answered {second}")
    room.world.gateway.restart()
    room.check(client.userinfo(kept.token).status == 200, "an access token did not survive a restart")
    answer = client.refresh(kept.refresh)
    room.check(answer.status == 200, f"a refresh token did not survive a restart: {answer}")
    flow.token_error(room, client.refresh(out.refresh), {"invalid_grant"})
    flow.token_error(room, client.refresh(second.json["refresh_token"]), {"invalid_grant"})
    flow.token_error(room, client.redeem(kept.code, kept.verifier), {"invalid_grant"})


@ATTACKS.module("secrets-nowhere", alone=True)
def secrets_nowhere(room):
    """After everything: no password, secret, code or token in what was logged or stored."""
    world = room.world
    found = {}
    for folder, _, names in os.walk(world.scratch.folder):
        for name in names:
            path = os.path.join(folder, name)
            if ("/data/" not in path and not name.startswith("serve")) or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                content = file.read()
            for secret, what in list(world.confidential.items()):
                if secret.encode() in content:
                    found.setdefault(os.path.basename(path), set()).add(what)
    room.need(len(world.confidential) > 25, f"only {len(world.confidential)} secrets to look for")
    for name, kinds in sorted(found.items()):
        room.fail(f"{name} holds {', '.join(sorted(kinds))}")
