"""mod_oauth2, a resource server: signed access tokens by the key set, opaque ones by introspection."""
from harness import jose

from . import apache as httpd
from .apache import Apache, version
from .stage import until

NAME = "mod_oauth2"
RESOURCE = "https://api.example.org"


def missing():
    return httpd.missing(NAME)


def clients(_stage):
    service = {"grant_types": ["client_credentials"], "service_account": "orders", "scope": "orders:read",
               "resources": [RESOURCE]}
    return [
        {"client_id": "signed", **service, "access_token_format": "jwt"},
        {"client_id": "opaque", **service, "access_token_format": "opaque"},
        {"client_id": "resource", "grant_types": ["client_credentials"], "service_account": "interface", "scope": "api",
         "answers_for": [RESOURCE]},
    ]


def run(stage, told):
    server = stage.gateway.metadata
    # liboauth2 1.4 has no word for an authority of one's own; mod_auth_openidc, beside it, verifies.
    loose = "ssl_verify=false"
    apache = Apache(stage, "mod_oauth2", "mod_oauth2", [
        "<Location /secure>", "AuthType oauth2",
        f"OAuth2TokenVerify jwks_uri {server['jwks_uri']} jwks_uri.{loose}", "Require valid-user", "</Location>",
        "<Location /opaque>", "AuthType oauth2",
        f"OAuth2TokenVerify introspect {server['introspection_endpoint']} introspect.{loose}"
        f"&introspect.auth=client_secret_basic&client_id=resource&client_secret={stage.secrets['resource']}&expiry=1",
        "Require valid-user", "</Location>"], stage.port)
    told.steps.append("libapache2-mod-oauth2 " + version("libapache2-mod-oauth2"))
    try:
        for client_id, place, way in (("signed", "secure/", "by the key set"), ("opaque", "opaque/", "by introspection")):
            party = stage.party(client_id)
            answer = party.call("token_endpoint", {"grant_type": "client_credentials", "resource": RESOURCE})
            assert answer.status == 200, f"no token: {answer}"
            token = answer.json["access_token"]

            def status(value):
                headers = [("Authorization", f"Bearer {value}")] if value else []
                return stage.wire.get(f"{stage.site}/{place}", headers).status

            found = status(token)
            told.proves(found == 200, f"takes an access token {way} ({found}; {apache.log[-1500:]})")
            told.steps[-1] = f"takes an access token {way}"
            wrong = jose.tampered(token) if client_id == "signed" else token[:-4] + "AAAA"
            told.proves(status(wrong) == 401, f"refuses a tampered one {way}")
            told.proves(status(None) == 401, f"refuses none {way}")
            if client_id == "opaque":
                party.call("revocation_endpoint", {"token": token})
                told.proves(until(lambda: status(token) == 401, 5), "refuses a revoked one by introspection")
    finally:
        apache.stop()
