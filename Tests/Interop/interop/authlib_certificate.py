"""Authlib and `requests` as a client that has a certificate (RFC 8705): it names itself, and TLS proves the rest."""
import importlib.metadata

from harness import jose

from .stage import lacks

NAME = "authlib-certificate"
CALLBACK = "https://rp.example/certificate"


def missing():
    return lacks("authlib", "requests")


def clients(_stage):
    return [{
        "client_id": NAME, "client_name": "Authlib with a certificate", "redirect_uris": [CALLBACK], "consent": False,
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile offline_access",
        "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": f"CN={NAME},O=Judged",
        "tls_client_certificate_bound_access_tokens": True}]


def run(stage, told):
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.requests_client import OAuth2Session

    told.steps.append("Authlib " + importlib.metadata.version("authlib"))
    session = OAuth2Session(
        NAME, scope="openid profile offline_access", redirect_uri=CALLBACK, code_challenge_method="S256",
        token_endpoint_auth_method="none")
    session.verify = stage.authority
    server = session.get(stage.issuer + "/.well-known/openid-configuration", withhold_token=True).json()
    aliases = server["mtls_endpoint_aliases"]
    told.proves("tls_client_auth" in server["token_endpoint_auth_methods_supported"], "finds where certificates are asked for")
    browser = stage.browser()

    def attempt():
        verifier = jose.random(48)
        url, state = session.create_authorization_url(
            server["authorization_endpoint"], code_verifier=verifier, prompt="consent")
        landing = stage.sign_in(url, browser=browser)
        return session.fetch_token(
            aliases["token_endpoint"], authorization_response=landing.url, code_verifier=verifier, state=state)

    def refused(work):
        try:
            work()
        except OAuthError as error:
            return error.error == "invalid_client"
        return False

    told.proves(refused(attempt), "gets nothing without its certificate")
    session.cert = stage.clients.issue(NAME, "Somebody else")
    told.proves(refused(attempt), "gets nothing with a certificate of another subject")
    session.cert = own = stage.clients.issue(NAME)
    token = attempt()
    told.proves(token["access_token"] and token["id_token"], "signs in by code, PKCE and its certificate")
    told.proves(session.get(aliases["userinfo_endpoint"]).status_code == 200, "reads userinfo with its certificate")
    told.proves(session.get(server["userinfo_endpoint"]).status_code == 401, "and not where nobody asks for one")
    session.cert = stage.clients.issue("another")
    told.proves(session.get(aliases["userinfo_endpoint"]).status_code == 401, "nor with another certificate")
    session.cert = own
    fresh = session.refresh_token(aliases["token_endpoint"])
    told.proves(fresh["access_token"] != token["access_token"], "refreshes")
    known = session.introspect_token(aliases["introspection_endpoint"], token=fresh["access_token"]).json()
    told.proves(known["active"] is True and "x5t#S256" in known["cnf"], "is told which certificate its token is bound to")
