"""A relying party: it asks for authorization, redeems codes, and shows tokens. All addresses are the provider's own words."""
import base64
import urllib.parse

from . import jose
from .browser import Browser
from .wire import with_query


class RelyingParty:
    """What one registered client knows: its id, how it authenticates, its addresses."""

    def __init__(self, gateway, registration, secret=None, key=None, metadata=None, certificate=None):
        self.gateway, self.wire = gateway, gateway.wire
        self.registration = registration
        self.id = registration["client_id"]
        self.secret, self.key, self.certificate = secret, key, certificate
        self.method = registration.get("token_endpoint_auth_method", "client_secret_basic")
        self.redirect_uri = (registration.get("redirect_uris") or [None])[0]
        self._metadata = metadata
        # Parameters that every request of this party has.
        self.standing = {}

    @property
    def metadata(self):
        if self._metadata is None:
            self._metadata = self.gateway.metadata
        return self._metadata

    def endpoint(self, name):
        """An endpoint by its member of the discovery document; for a client with a certificate, where that is asked for
        (RFC 8705 §5)."""
        url = self.metadata.get(name)
        if self.certificate:
            url = (self.metadata.get("mtls_endpoint_aliases") or {}).get(name) or url
        assert url, f"discovery has no {name}"
        return url

    def key_set(self):
        return self.wire.get(self.metadata["jwks_uri"]).json

    def browser(self):
        return Browser(self.wire, self.metadata["issuer"])

    # Authorization

    def request(self, **changes):
        """The parameters of a request; a change to None takes one away. A verifier of PKCE is kept where it is needed."""
        parameters = {
            "response_type": "code", "client_id": self.id, "redirect_uri": self.redirect_uri, "scope": "openid",
            "state": jose.random(), "nonce": jose.random(), **self.standing,
        }
        parameters |= changes
        return {name: value for name, value in parameters.items() if value is not None}

    def url(self, request):
        return with_query(self.endpoint("authorization_endpoint"), request)

    def authorize(self, browser, person, request, decision="allow", post=False, stop=None):
        if post:
            landing = browser.post(self.endpoint("authorization_endpoint"), request)
        else:
            landing = browser.open(self.url(request))
        return browser.walk(landing, person, decision, stop)

    # Tokens

    def authentication(self, audience=None, algorithm="ES256", **claims):
        """The headers and fields by which the client proves itself."""
        if self.method == "client_secret_basic":
            # RFC 6749 §2.3.1: both are form-encoded first.
            pair = f"{urllib.parse.quote_plus(self.id)}:{urllib.parse.quote_plus(self.secret)}"
            return [("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())], {}
        if self.method == "client_secret_post":
            return [], {"client_id": self.id, "client_secret": self.secret}
        if self.method == "private_key_jwt":
            assertion = jose.client_assertion(
                self.id, audience or self.metadata["issuer"], self.key, algorithm, **claims)
            return [], {
                "client_id": self.id, "client_assertion": assertion,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
        return [], {"client_id": self.id}

    def call(self, name, fields, proof=None, authentication=None, headers=(), certificate="own"):
        """Posts to an endpoint as this client; with a proof of DPoP, and again with the nonce that the server asks for.

        :param certificate: the client's own, another one, or None for a connection without."""
        certificate = self.certificate if certificate == "own" else certificate
        url, answer = self.endpoint(name), None
        for nonce in (None, "asked"):
            proven, more = authentication or self.authentication()
            sent = [*proven, *headers]
            if proof:
                value = answer.header("DPoP-Nonce") if nonce else None
                sent.append(("DPoP", proof(url, value) if callable(proof) else proof.make("POST", url, nonce=value)))
            answer = self.wire.form(url, {**fields, **more}, sent, certificate)
            if not (proof and answer.error == "use_dpop_nonce"):
                break
        return answer

    def redeem(self, code, verifier=None, redirect_uri=None, proof=None, authentication=None, certificate="own", **more):
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri or self.redirect_uri,
            "code_verifier": verifier, **more}
        return self.call("token_endpoint", fields, proof, authentication, certificate=certificate)

    def refresh(self, token, proof=None, authentication=None, certificate="own", **more):
        return self.call("token_endpoint", {"grant_type": "refresh_token", "refresh_token": token, **more}, proof,
                         authentication, certificate=certificate)

    def userinfo(self, token, method="GET", headers=None):
        return self.wire.send(
            method, self.endpoint("userinfo_endpoint"),
            headers if headers is not None else [("Authorization", f"Bearer {token}")],
            b"" if method == "POST" else None)

    def logout_url(self, **fields):
        return with_query(self.endpoint("end_session_endpoint"), fields) if fields else self.endpoint(
            "end_session_endpoint")


def pkce():
    """A verifier and the parameters that announce it."""
    verifier = jose.random(48)
    return verifier, {"code_challenge": jose.challenge(verifier), "code_challenge_method": "S256"}
