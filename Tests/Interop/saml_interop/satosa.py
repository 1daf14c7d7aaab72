"""SATOSA, a proxy: an identity provider to those before it, and a service provider to those behind. Here it stands between
the gateway and pysaml2, in either direction."""
import json
import os
import subprocess

from harness.gateway import ROOT
from interop.relay import Relay
from interop.stage import until

from . import messages
from .identity_provider import PySAML2
from .keys import KeyPair
from .served import ServedIdentityProvider, ServedServiceProvider
from .service_provider import PySAML2 as LibraryServiceProvider
from .service_provider import Refused

ENVIRONMENT = os.environ.get("SATOSA_ENVIRONMENT") or os.path.join(ROOT, ".build-satosa")
REDIRECT, POST = (messages.BINDING + name for name in ("HTTP-Redirect", "HTTP-POST"))
SHA256 = {
    "signing_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "digest_algorithm": "http://www.w3.org/2001/04/xmlenc#sha256"}


def missing():
    if os.path.exists(ENVIRONMENT + "/bin/python") and version():
        return None
    return "PyPI's satosa is not installed (.ci/python-venv .build-satosa satosa)"


def version():
    done = subprocess.run(
        [ENVIRONMENT + "/bin/python", "-c", "import importlib.metadata as m; print(m.version('satosa'))"],
        capture_output=True, text=True)
    return done.stdout.strip() and done.stdout.strip() + " of PyPI"


class Proxy:
    """One SATOSA, its settings in a folder."""

    def __init__(self, stage, name):
        self.stage, self.name, self.relay, self.process = stage, name, Relay(stage), None
        self.url, self.folder = self.relay.url, stage.scratch.path(name)
        self.keys = {part: KeyPair(self.folder, part) for part in ("frontend", "backend")}
        # The entity of each half, where its metadata are.
        self.front, self.back = self.url + "/Saml2IDP/proxy.xml", self.url + "/Saml2/proxy_saml2_backend.xml"

    def serve(self, before, behind, front=None, back=None):
        """Starts between service providers and identity providers, given by their metadata.

        :param front: what its identity provider half is told beside the usual; `back` the other."""
        self.stop()

        def files(kind, documents):
            return [self.stage.scratch.write(f"{self.name}/{kind}-{index}.xml", text) for index, text in enumerate(documents)]

        def entity(part, name, documents):
            pair = self.keys[part]
            return {"key_file": pair.key, "cert_file": pair.certificate, "entityid": name, "accepted_time_diff": 60,
                    "metadata": {"local": files(part, documents)}, "xmlsec_binary": "/usr/bin/xmlsec1",
                    "encryption_keypairs": [{"key_file": pair.key, "cert_file": pair.certificate}], **SHA256}

        policy = {"attribute_restrictions": None, "fail_on_missing_requested": False, "lifetime": {"minutes": 5},
                  "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri", **SHA256, **(front or {})}
        settings = {
            "frontend": {"module": "satosa.frontends.saml2.SAMLFrontend", "name": "Saml2IDP", "config": {
                "entityid_endpoint": True, "idp_config": {**entity("frontend", self.front, before), "service": {"idp": {
                    "endpoints": {"single_sign_on_service": [], "single_logout_service": []}, "name": "SATOSA", **SHA256,
                    "name_id_format": [messages.PERSISTENT], "policy": {"default": policy},
                    "want_authn_requests_signed": bool((front or {}).get("wants_signed"))}}},
                "acr_mapping": {"": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"},
                "endpoints": {"single_sign_on_service": {POST: "sso/post", REDIRECT: "sso/redirect"}}}},
            "backend": {"module": "satosa.backends.saml2.SAMLBackend", "name": "Saml2", "config": {
                "mirror_force_authn": True, "entityid_endpoint": True,
                "sp_config": {**entity("backend", self.back, behind), "service": {"sp": {
                    "name": "SATOSA", **SHA256, "authn_requests_signed": True, "want_response_signed": False,
                    "want_assertions_signed": False, "want_assertions_or_response_signed": True,
                    "allow_unsolicited": True, "name_id_format": [messages.PERSISTENT],
                    "endpoints": {"assertion_consumer_service": [[f"{self.url}/Saml2/acs/post", POST]],
                                  "discovery_response": []}, **(back or {})}}}}},
            "attributes": {"attributes": {
                "uid": {"saml": ["uid"]}, "mail": {"saml": ["mail", "email"]}, "displayname": {"saml": ["displayName"]}}},
        }
        paths = {name: self.stage.scratch.write(f"{self.name}/{name}.yaml", json.dumps(value))
                 for name, value in settings.items()}
        proxy = self.stage.scratch.write(f"{self.name}/proxy_conf.yaml", json.dumps({
            "BASE": self.url, "COOKIE_STATE_NAME": "SATOSA", "STATE_ENCRYPTION_KEY": os.urandom(16).hex(),
            "INTERNAL_ATTRIBUTES": paths["attributes"], "BACKEND_MODULES": [paths["backend"]],
            "FRONTEND_MODULES": [paths["frontend"]], "MICRO_SERVICES": []}))
        self.process = self.stage.scratch.start(
            [ENVIRONMENT + "/bin/python", "-m", "satosa.wsgi", str(self.relay.behind), "--host", "127.0.0.1"],
            f"{self.name}.log", env={"PATH": "/usr/bin:/bin", "HOME": self.folder, "SATOSA_CONFIG": proxy}, cwd=self.folder)
        if not until(lambda: self.process.poll() is not None or self.stage.wire.get(self.front).status == 200):
            raise AssertionError(f"it did not start: {self.stage.wire.get(self.front)} {self.log[-1500:]}")

    def metadata(self, half):
        answer = self.stage.wire.get(self.front if half == "frontend" else self.back)
        assert answer.status == 200, f"{answer} {self.log[-1200:]}"
        return answer.text

    @property
    def log(self):
        return self.stage.scratch.logged(f"{self.name}.log")

    def stop(self):
        if self.process:
            self.stage.scratch.stop(self.process)


class Home:
    """The proxy's service provider half, as the library behind it is told of it."""

    def __init__(self, proxy):
        self.house = self
        self.url, self.metadata = proxy.url, proxy.metadata("backend")


class IdentityProvider(ServedIdentityProvider):
    """The chain gateway, SATOSA, pysaml2: who signs in at the last signs in at the first."""
    KEY, TITLE = "satosa", "SATOSA, then pysaml2"
    # It does not hand pysaml2 the signature of a redirected request, which then is none that holds.
    SIGNED_BY_POST = True
    LACKS = {
        "gcm": "pysaml2 encrypts by triple DES, and SATOSA has no setting for it",
        "slo_sp": "SATOSA's identity provider has no logout", "slo_idp": "SATOSA's identity provider has no logout",
        "artifact": "SATOSA speaks Redirect and POST only"}
    missing, version = staticmethod(missing), staticmethod(version)

    def __init__(self, stage):
        self.stage, self.proxy, self.last = stage, Proxy(stage, "satosa-idp"), PySAML2(stage)
        self.url, self.houses, self.how = self.proxy.url, [], {}
        self.keys = [self.proxy.keys["frontend"], KeyPair(self.proxy.folder, "next")]
        self.published = self.keys[:1]
        self.serve()

    def serve(self):
        front = {"sign_response": "response" in self.how.get("sign", self.SIGNS),
                 "sign_assertion": "assertion" in self.how.get("sign", self.SIGNS),
                 "encrypt_assertion": bool(self.how.get("encrypt")), "wants_signed": self.how.get("wants_signed", False)}
        self.proxy.serve([house.metadata for house in self.houses], [self.last.metadata], front)

    @property
    def metadata(self):
        # It publishes the key it signs with; who looks after it announces the next by hand.
        return messages.with_keys(
            self.proxy.metadata("frontend"), "IDPSSODescriptor", [pair.text for pair in self.published])

    @property
    def log(self):
        return self.proxy.log

    def meet(self, houses):
        self.houses = houses
        self.serve()

    def settle(self, **how):
        if how != self.how:
            self.how = how
            self.serve()

    def roll(self, stage):
        self.published = [self.keys, self.keys, self.keys[1:]][stage]
        self.sign(self.keys[min(stage, 1)])

    def old_again(self):
        self.sign(self.keys[0])

    def sign(self, pair):
        self.proxy.keys["frontend"] = pair
        self.serve()

    def walk(self, browser, request, person):
        self.reach(browser)
        asked = browser.away(lambda: self._walk(browser, request, None))
        if not asked.callback or not asked.url.startswith(self.last.base["sso"]):
            return asked
        library = Home(self.proxy)
        said = self.last.answer(library, asked, person)
        landing = browser.away(lambda: self._walk(browser, said, None))
        landing.asked = int(said.asked["forced"])
        return landing

    def complaint(self, landing):
        return f"{landing.page} {self.log[-1800:]}"

    def stop(self):
        self.proxy.stop()
        self.proxy.relay.stop()


class ServiceProvider(ServedServiceProvider):
    """The chain pysaml2, SATOSA, gateway: an application behind another proxy."""
    KEY, TITLE = "satosa", "SATOSA, before it pysaml2"
    LACKS = {
        "passive": "SATOSA passes no IsPassive on", "slo_sp": "SATOSA's service provider has no logout",
        "slo_idp": "SATOSA's service provider has no logout",
        "artifact": "SATOSA speaks Redirect and POST only", "ecp": "SATOSA speaks Redirect and POST only"}
    missing, version = staticmethod(missing), staticmethod(version)

    def __init__(self, stage):
        self.stage, self.proxy, self.first = stage, Proxy(stage, "satosa-sp"), LibraryBefore(stage)
        self.url, self.house, self.wants, self.how = self.proxy.url, None, "either", None
        self.proxy.serve([self.first.metadata], [])

    @property
    def entity(self):
        return self.proxy.back

    @property
    def metadata(self):
        return messages.unpromising(self.proxy.metadata("backend"))

    @property
    def log(self):
        return self.proxy.log[-2500:]

    def meet(self, house):
        self.house, self.how = house, None

    def serve(self, how):
        if how == self.how:
            return
        self.how = dict(how)
        metadata = self.house.metadata
        if how["binding"] == "post":
            metadata = messages.by_post_only(metadata)
        wants = {"authn_requests_signed": how["signed"], "want_response_signed": how["wants"] in ("response", "both"),
                 "want_assertions_signed": how["wants"] in ("assertion", "both")}
        self.proxy.serve([self.first.metadata], [metadata], back=wants)

    def begins(self, browser, how):
        self.serve({"binding": how.get("binding"), "signed": how.get("signed", True), "wants": self.wants})
        self.first.peer = self.proxy.metadata("frontend")
        asked = self.first.asks(browser, signed=False, **({"force": True} if how.get("force") else {}))
        browser.first = asked
        return browser.open(asked.url)

    def forgets(self, browser):
        pass

    def consumes(self, browser, asked, back):
        landing = browser.away(lambda: self.on(browser, browser.post(back.url, back.pairs)))
        if not landing.callback:
            raise Refused(f"{landing} {self.log}")
        somebody = self.first.consumes(browser, browser.first, landing)
        # It says when it was asked itself.
        somebody.instant = None
        return somebody

    @staticmethod
    def on(browser, landing):
        while not landing.callback and (form := browser._leading_away(landing.page)):
            landing = browser.submit(landing.page, form)
        return landing

    def stop(self):
        self.proxy.stop()
        self.proxy.relay.stop()


class LibraryBefore(LibraryServiceProvider):
    KEY = "pysaml2-before-satosa"
