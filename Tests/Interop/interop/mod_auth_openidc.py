"""mod_auth_openidc, a certified relying party: discovery, PKCE, userinfo, logout both ways."""
from harness import jose

from . import apache as httpd
from .apache import Apache, version
from .stage import until

NAME = "mod_auth_openidc"


def missing():
    return httpd.missing(NAME)


def clients(stage):
    return [{
        "client_id": "apache", "client_name": "Apache", "redirect_uris": [stage.site + "/secure/redirect_uri"],
        "post_logout_redirect_uris": [stage.site + "/open/"], "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email", "backchannel_logout_uri": stage.local + "/secure/redirect_uri?logout=backchannel",
        "backchannel_logout_session_required": True, "consent": False}]


def run(stage, told):
    folder = stage.scratch.path("mod_auth_openidc")
    apache = Apache(stage, "mod_auth_openidc", "mod_auth_openidc", [
        f"OIDCProviderMetadataURL {stage.issuer}/.well-known/openid-configuration",
        "OIDCClientID apache", f"OIDCClientSecret {stage.secrets['apache']}",
        f"OIDCRedirectURI {stage.site}/secure/redirect_uri", f"OIDCCryptoPassphrase {jose.random()}",
        'OIDCScope "openid profile email"', "OIDCPKCEMethod S256", "OIDCProviderTokenEndpointAuth client_secret_basic",
        "OIDCIDTokenSignedResponseAlg ES256", f"OIDCCABundlePath {folder}/ca.pem", "OIDCSSLValidateServer On",
        "OIDCSessionType server-cache", "OIDCCacheType shm", f"OIDCRedirectURLsAllowed ^{stage.site}/",
        "OIDCRemoteUserClaim sub", "<Location /secure>", "AuthType openid-connect", "Require valid-user",
        'Header always set X-Sub "%{OIDC_CLAIM_sub}e"', 'Header always set X-Email "%{OIDC_CLAIM_email}e"',
        'Header always set X-Sid "%{OIDC_CLAIM_sid}e"', "</Location>"], stage.port)
    told.steps.append("libapache2-mod-auth-openidc " + version("libapache2-mod-auth-openidc"))
    person, browser = stage.person(), stage.browser(stage.site)

    def opened(browser):
        landing = browser.open(stage.site + "/secure/", cross_site=False)
        return landing, not landing.callback and landing.page.url.startswith(stage.site + "/secure/")

    try:
        landing = browser.walk(browser.open(stage.site + "/secure/", cross_site=False), person)
        shown = not landing.callback and landing.page.status == 200 and "This is secure" in landing.page.text
        told.proves(shown, f"signs in ({landing}; {apache.log[-1200:]})")
        told.steps[-1] = "signs in by discovery, code and PKCE, over verified TLS"
        answer = landing.page.answer
        told.proves(answer.header("X-Email") == person.details["mail"], "tells the application who it is, from userinfo")
        told.proves(answer.header("X-Sid") not in (None, "", "(null)"), "knows the session by its sid")
        landing, inside = opened(browser)
        told.proves(inside and landing.page.status == 200, "keeps a session of its own")
        another = stage.browser(stage.site)
        landing = another.walk(another.open(stage.site + "/secure/", cross_site=False), stage.person())
        told.proves("This is secure" in landing.page.text, "signs somebody else in")

        # The person signs out at the gateway: a logout token ends Apache's session, which nobody visited.
        page = browser.open(stage.issuer + "/account", cross_site=False).page
        form = next(form for form in page.forms if form.action.endswith("/logout"))
        browser.submit(page, form)
        gone = until(lambda: not opened(browser)[1])
        told.proves(gone, f"ends its session when told by the back channel ({apache.log[-1200:]})")
        told.steps[-1] = "ends its session when told by the back channel"
        told.proves(opened(another)[1], "and nobody else's")

        # And from its own side: mod_auth_openidc sends the browser to the end session endpoint.
        landing = another.open(
            stage.site + "/secure/redirect_uri?logout=" + stage.site.replace(":", "%3A").replace("/", "%2F") + "%2Fopen%2F",
            cross_site=False)
        told.proves(not landing.callback and landing.page.url.startswith(stage.site + "/open/"), f"signs out ({landing})")
        told.steps[-1] = "signs out at the gateway, and is led back"
        told.proves(not opened(another)[1], "then asks for a sign-in again")
        silent = another.open(stage.issuer + "/account", cross_site=False).page
        told.proves(silent.form("identifier"), "as the gateway does")
    finally:
        apache.stop()
