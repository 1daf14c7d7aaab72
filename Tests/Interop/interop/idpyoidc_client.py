"""idpyoidc: the relying party of those who write the conformance suite's Python forerunner, strict about what it reads."""
import importlib.metadata
import logging
import warnings

from .stage import lacks

NAME = "idpyoidc"
CALLBACK = "https://rp.example/idpyoidc"
AFTER = "https://rp.example/idpyoidc/bye"


def missing():
    return lacks("idpyoidc")


def clients(_stage):
    return [{
        "client_id": "idpyoidc", "client_name": "idpyoidc", "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [AFTER], "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email offline_access"}]


def run(stage, told):
    from idpyoidc.client.defaults import DEFAULT_OIDC_SERVICES
    from idpyoidc.client.rp_handler import RPHandler

    logging.getLogger("idpyoidc").setLevel(logging.CRITICAL)
    # Of "localhost" it verifies no certificate when it reads keys, whatever it is told; urllib3 says so.
    warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    told.steps.append("idpyoidc " + importlib.metadata.version("idpyoidc"))
    handler = RPHandler(
        base_url="https://rp.example",
        services={**DEFAULT_OIDC_SERVICES, "end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"}},
        httpc_params={"verify": stage.authority, "timeout": 20},
        client_configs={"gatehouse": {
            "client_type": "oidc", "issuer": stage.issuer, "client_id": "idpyoidc", "client_secret": stage.secrets["idpyoidc"],
            "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [AFTER],
            "response_types_supported": ["code"], "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "client_authn_methods": ["client_secret_basic", "bearer_header"],
            "add_ons": {"pkce": {
                "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
                "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"}}},
        }})
    url = handler.begin("gatehouse", req_args={"prompt": "consent"})
    url = url if isinstance(url, str) else url["url"]
    browser = stage.browser()
    landing = stage.sign_in(url, browser=browser)
    finished = handler.finalize(stage.issuer, landing.params)
    told.proves("error" not in finished, f"signs in by code and PKCE ({finished.get('error')})")
    told.steps[-1] = "signs in by code and PKCE"
    told.proves(finished["id_token"]["iss"] == stage.issuer, "takes the ID token")
    told.proves(finished["userinfo"]["sub"] == finished["id_token"]["sub"] and finished["userinfo"]["email"], "reads userinfo")
    state = finished["state"]
    fresh = handler.refresh_access_token(state)
    told.proves(fresh["access_token"] and fresh["access_token"] != finished["token"], "refreshes")
    away = handler.logout(state, post_logout_redirect_uri=AFTER)
    url = away if isinstance(away, str) else away["url"]
    left = browser.open(url)
    told.proves(left.callback and left.url.startswith(AFTER), f"signs out ({left})")
    told.steps[-1] = "signs out, and is led back"
