"""Authlib: a session of `requests` that does the code flow, and ID tokens read by its own rules."""
import importlib.metadata

from harness import jose

from .stage import lacks

NAME = "authlib"
CALLBACK = "https://rp.example/authlib"
AFTER = "https://rp.example/authlib/bye"


def missing():
    return lacks("authlib", "requests", "joserfc")


def clients(_stage):
    return [{
        "client_id": "authlib", "client_name": "Authlib", "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [AFTER],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email offline_access"}]


def run(stage, told):
    from authlib.integrations.requests_client import OAuth2Session
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwk, jwt

    told.steps.append("Authlib " + importlib.metadata.version("authlib"))
    session = OAuth2Session(
        "authlib", stage.secrets["authlib"], scope="openid profile email offline_access", redirect_uri=CALLBACK,
        code_challenge_method="S256", token_endpoint_auth_method="client_secret_basic")
    session.verify = stage.authority
    server = session.get(stage.issuer + "/.well-known/openid-configuration", withhold_token=True).json()
    verifier, nonce = jose.random(48), jose.random()
    url, state = session.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, nonce=nonce, prompt="consent")
    browser = stage.browser()
    landing = stage.sign_in(url, browser=browser)
    token = session.fetch_token(
        server["token_endpoint"], authorization_response=landing.url, code_verifier=verifier, state=state)
    told.proves(token["access_token"] and token["id_token"], "signs in by code and PKCE")

    keys = jwk.KeySet.import_key_set(session.get(server["jwks_uri"], withhold_token=True).json())

    def read(text, **more):
        decoded = jwt.decode(text, keys, algorithms=server["id_token_signing_alg_values_supported"])
        claims = CodeIDToken(decoded.claims, decoded.header, {
            "iss": {"essential": True, "value": server["issuer"]}, "aud": {"essential": True, "value": "authlib"}},
            {"client_id": "authlib", **more})
        claims.validate(leeway=5)
        return claims

    claims = read(token["id_token"], nonce=nonce, access_token=token["access_token"])
    told.proves(claims["sub"], "takes the ID token, with nonce and at_hash")
    info = session.get(server["userinfo_endpoint"])
    told.proves(info.status_code == 200 and info.json()["sub"] == claims["sub"] and info.json().get("email"), "reads userinfo")
    fresh = session.refresh_token(server["token_endpoint"])
    told.proves(fresh["access_token"] != token["access_token"], "refreshes")
    if fresh.get("id_token"):
        told.proves(read(fresh["id_token"])["sub"] == claims["sub"], "takes the refreshed ID token")
    known = session.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()
    told.proves(known["active"] is True, "introspects its token")
    told.proves(session.revoke_token(server["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200, "revokes")
    gone = session.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()
    told.proves(gone == {"active": False}, "sees that it is gone")
    party = stage.party("authlib")
    left = browser.open(party.logout_url(
        id_token_hint=token["id_token"], post_logout_redirect_uri=AFTER, state="bye"))
    told.proves(left.callback and left.url.startswith(AFTER) and left.params == {"state": "bye"}, f"signs out ({left})")
    told.steps[-1] = "signs out, and is led back"
