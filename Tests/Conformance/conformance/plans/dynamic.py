"""Dynamic OP, as far as the gateway goes: clients that register themselves."""
from harness import jose

from .. import flow
from ..suite import Plan
from ..world import CALLBACK

DYNAMIC = Plan(
    "dynamic", "Registered clients (parts of Dynamic OP)", "oidcc-",
    reproduced="from the modules themselves, with an initial access token; PKCE is added, which is asked of such clients",
    left_out=[
        ("request-uri-unsigned, request-uri-signed-rs256", "request_uri is not offered, so the profile cannot be claimed"),
        ("registration-jwks-uri, refresh-token-rp-key-rotation, registration-sector-uri, registration-sector-bad",
         "the gateway fetches nothing from loopback for strangers, which is where this judge is"),
        ("registration-logo-uri", "logos of strangers are not shown"),
        ("ensure-request-object-with-redirect-uri", "see Basic OP"),
    ])


@DYNAMIC.module("server")
def server(room):
    client = room.registered()
    given = client.registration
    room.check(given.get("registration_client_uri", "").startswith("https://"), "no registration_client_uri")
    room.check(given.get("client_secret_expires_at") == 0, f"client_secret_expires_at {given.get('client_secret_expires_at')!r}")
    room.check(len(given["client_secret"]) * 6 >= 128, "a short secret")
    flow.run(room, client, room.person(), with_pkce=True)


@DYNAMIC.module("idtoken-rs256")
def idtoken_rs256(room):
    out = flow.run(room, room.registered(id_token_signed_response_alg="RS256"), room.person(), with_pkce=True)
    room.check(out.header["alg"] == "RS256", f"alg {out.header['alg']}")


@DYNAMIC.module("userinfo-rs256")
def userinfo_rs256(room):
    room.check(room.advertises("userinfo_signing_alg_values_supported", "RS256"), "RS256 is not offered for userinfo")
    client = room.registered(userinfo_signed_response_alg="RS256")
    out = flow.run(room, client, room.person(), userinfo_too=False, with_pkce=True)
    answer = client.userinfo(out.token)
    room.need(answer.status == 200, f"userinfo answered {answer}")
    room.need(answer.content_type == "application/jwt", f"content type {answer.content_type}")
    room.check(jose.peek(answer.text)[0].get("alg") == "RS256", "not signed with RS256")
    claims = jose.verify(answer.text, client.key_set())
    room.check(claims.get("sub") == out.claims["sub"], "another sub")
    room.should(claims.get("iss") == room.metadata["issuer"] and claims.get("aud") in (client.id, [client.id]), "iss or aud")
    room.check("nonce" not in claims, "a nonce at userinfo")


@DYNAMIC.module("ensure-redirect-uri-in-authorization-request")
def no_redirect_uri(room):
    client = room.registered(redirect_uris=[CALLBACK, CALLBACK + "/other"])
    flow.refused_at_page(room, client.authorize(client.browser(), room.person(), client.request(redirect_uri=None)))


@DYNAMIC.module("redirect-uri-query-OK")
def query_ok(room):
    client = room.registered(redirect_uris=[CALLBACK + "?foo=bar"])
    flow.run(room, client, room.person(), with_pkce=True)


@DYNAMIC.module("redirect-uri-query-mismatch")
def query_mismatch(room):
    client = room.registered(redirect_uris=[CALLBACK + "?foo=bar"])
    request = client.request(redirect_uri=CALLBACK + "?bar=foo")
    flow.refused_at_page(room, client.authorize(client.browser(), room.person(), request))


@DYNAMIC.module("redirect-uri-query-added")
def query_added(room):
    client = room.registered()
    request = client.request(redirect_uri=CALLBACK + "?foo=bar")
    flow.refused_at_page(room, client.authorize(client.browser(), room.person(), request))


@DYNAMIC.module("redirect-uri-regfrag")
def fragment(room):
    answer = room.register({"redirect_uris": [CALLBACK + "#foobar"]})
    room.check(answer.status == 400, f"registering with a fragment answered {answer}")
    room.check(answer.content_type == "application/json", f"content type {answer.content_type}")
    room.should(answer.error in ("invalid_redirect_uri", "invalid_client_metadata"), f"error {answer.error!r}")


def shows(member):
    """The suite asks for a picture of the page; here its text is looked at."""
    def module(room):
        address = "https://rp.example/" + member
        client = room.registered(**{member: address})
        room.check(client.registration.get(member) == address, f"{member} was not registered")
        landing = client.authorize(client.browser(), room.person(), client.request(
            code_challenge=jose.challenge(jose.random(48)), code_challenge_method="S256"), decision=None)
        room.need(not landing.callback and landing.page.form("decision"), f"no page that asks: {landing}")
        room.should(address in landing.page.text, f"the page that asks does not lead to {member}")
    return module


DYNAMIC.module("registration-policy-uri")(shows("policy_uri"))
DYNAMIC.module("registration-tos-uri")(shows("tos_uri"))


@DYNAMIC.module("refresh-token")
def refresh_token(room):
    client = room.registered()
    out = flow.run(room, client, room.person(), scope="openid offline_access", prompt="consent", with_pkce=True)
    room.need(out.refresh, "no refresh token")
    answer = client.refresh(out.refresh)
    room.check(answer.status == 200 and answer.json["access_token"] != out.token, f"refreshing answered {answer}")
    flow.token_error(room, room.registered().refresh(answer.json.get("refresh_token") or out.refresh), {"invalid_grant"})


@DYNAMIC.module("ensure-client-assertion-with-iss-aud-succeeds")
def assertion(room):
    key = jose.Key()
    client = room.registered(token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.exported]})
    client.key = key
    room.check("client_secret" not in client.registration, "a secret for a client with a key")
    flow.run(room, client, room.person(), with_pkce=True)


@DYNAMIC.module("server-rotate-keys", alone=True)
def rotate(room):
    """The new key is published, and the old one is still there for what it signed."""
    client = room.client()
    before = {key["kid"] for key in client.key_set()["keys"]}
    out = flow.run(room, client, room.person())
    for algorithm in ("RS256", "ES256"):
        room.world.gateway.command("client", "rotate", algorithm)
    after = {key["kid"] for key in client.key_set()["keys"]}
    room.check(after - before, "no new key in the set")
    room.should(before <= after, "a key that has signed is gone from the set")
    room.check(jose.verify(out.id_token, client.key_set())["sub"] == out.claims["sub"], "an older token is not believed")
    flow.run(room, client, room.person())
