"""LemonLDAP::NG with SAML, which it leaves to Lasso: the portal of the other suite, told other things."""
import html
import json
import os
import re
import subprocess
import urllib.parse

from interop import lemonldap
from interop.relay import Relay

from . import messages
from .keys import KeyPair
from .served import ServedIdentityProvider, ServedServiceProvider
from .service_provider import Refused, SignedIn
from .stage import Somebody

URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
# Whether it has to be there; the name, its format, and the name for people.
TOLD = {{"displayName": "cn"}.get(name, name): f"1;{oid};{URI};{name}" for name, oid in messages.OIDS.items()}


def missing():
    if reason := lemonldap.missing():
        return reason
    loaded = subprocess.run(
        ["perl", "-MLasso", "-MXML::Simple", "-e1"], capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "PERL5LIB": lemonldap.libraries()})
    return None if loaded.returncode == 0 else "Debian's liblasso-perl or libxml-simple-perl is not installed (.ci/packages saml)"


def version():
    return lemonldap.version() + " of Debian"


def own_keys(pair, encryption=None):
    encryption = encryption or pair
    return {
        "samlServicePrivateKeySig": pair.private_text, "samlServicePublicKeySig": pair.certificate_text,
        "samlServicePrivateKeyEnc": encryption.private_text, "samlServicePublicKeyEnc": encryption.certificate_text,
        "samlServiceSignatureMethod": "RSA_SHA256", "samlServiceUseCertificateInResponse": 0}


class IdentityProvider(ServedIdentityProvider):
    KEY, TITLE, FIELDS, FRESH = "lemonldap", "LemonLDAP::NG", ("user", "password"), 3
    LEAVES = "/?logout=1"
    LACKS = {
        "gcm": "Lasso encrypts by CBC only", "response": "Lasso signs every assertion"}
    # Of its demonstration's people the password is the name.
    PEOPLE = [
        Somebody("dwho", "Doctor Who", "dwho@badwolf.org"), Somebody("rtyler", "Rose Tyler", "rtyler@badwolf.org"),
        Somebody("msmith", "Mickey Smith", "msmith@badwolf.org")]
    missing, version = staticmethod(missing), staticmethod(version)

    def __init__(self, stage):
        self.stage, self.relay = stage, Relay(stage)
        self.url, self.houses, self.how = self.relay.url, [], {}
        self.keys = [KeyPair(stage.scratch.path("lemonldap-keys"), name) for name in ("old", "new")]
        self.signing, self.published = self.keys[0], self.keys[:1]
        self.portal = lemonldap.Portal(stage, self.relay, "lemonldap-idp")
        self.serve()

    def password_of(self, person):
        return person.login

    def serve(self):
        options = {
            "samlSPMetaDataOptionsNameIDFormat": "persistent", "samlSPMetaDataOptionsSignSSOMessage": 1,
            "samlSPMetaDataOptionsCheckSLOMessageSignature": 1, "samlSPMetaDataOptionsSignSLOMessage": 1,
            "samlSPMetaDataOptionsEncryptionMode": "assertion" if self.how.get("encrypt") else "none",
            "samlSPMetaDataOptionsSignatureMethod": "RSA_SHA256",
            "samlSPMetaDataOptionsCheckSSOMessageSignature": int(bool(self.how.get("wants_signed")))}
        if "sign" in self.how:
            options["samlSPMetaDataOptionsSignSSOMessage"] = int("response" in self.how["sign"])
        names = [f"house{index}" for index, _ in enumerate(self.houses)]
        self.portal.serve({
            "issuerDBSAMLActivation": 1, "issuerDBSAMLPath": "^/saml/", "issuerDBSAMLRule": 1,
            "samlIDPSSODescriptorWantAuthnRequestsSigned": 0, **own_keys(self.signing),
            "samlSPMetaDataXML": {
                name: {"samlSPMetaDataXML": metadata} for name, metadata in zip(names, self.houses)},
            "samlSPMetaDataOptions": dict.fromkeys(names, options),
            "samlSPMetaDataExportedAttributes": dict.fromkeys(names, TOLD)}, "/saml/metadata")

    @property
    def metadata(self):
        answer = self.stage.wire.get(self.url + "/saml/metadata")
        assert answer.status == 200, f"{answer} {self.log[:1800]}"
        # It publishes one signing key; who looks after it announces the next by hand.
        return messages.with_keys(answer.text, "IDPSSODescriptor", [pair.text for pair in self.published])

    @property
    def log(self):
        return self.portal.log

    def meet(self, houses):
        self.houses = [messages.changed(house.metadata, lambda root: None) for house in houses]
        self.serve()

    def settle(self, **how):
        if how != self.how:
            self.how = how
            self.serve()

    def roll(self, stage):
        self.published = [self.keys, self.keys, self.keys[1:]][stage]
        self.signing = self.keys[min(stage, 1)]
        self.serve()

    def old_again(self):
        self.signing = self.keys[0]
        self.serve()

    def told(self, browser, landing):
        # It tells service providers within its own page.
        for place in re.findall(r'<iframe[^>]*src="([^"]+)"', landing.page.text) if not landing.callback else ():
            return browser.open(urllib.parse.urljoin(landing.page.url, html.unescape(place)), cross_site=False)
        return landing

    def going_on(self, page):
        # Whoever is known and asked for a fresh proof says on a page of its own that they go on.
        return super().going_on(page) or (page.forms[0] if page.forms and page.status == 200 else None)

    def stop(self):
        self.portal.stop()
        self.relay.stop()


class ServiceProvider(ServedServiceProvider):
    """The portal itself, whose people sign in at the gateway; what it knows of them stands in its session."""
    KEY, TITLE = "lemonldap", "LemonLDAP::NG"
    LACKS = {"ecp": "LemonLDAP::NG is asked by browsers only"}
    missing, version = staticmethod(missing), staticmethod(version)

    def __init__(self, stage):
        self.stage, self.relay = stage, Relay(stage)
        self.url, self.house, self.how, self.wants = self.relay.url, None, {}, "either"
        self.keys = KeyPair(stage.scratch.path("lemonldap-sp-keys"), "portal")
        self.portal = lemonldap.Portal(stage, self.relay, "lemonldap-sp")
        self.serve()

    @property
    def entity(self):
        return self.url + "/saml/metadata"

    @property
    def metadata(self):
        answer = self.stage.wire.get(self.entity)
        assert answer.status == 200, f"{answer} {self.log}"
        return messages.by_browser_only(messages.unpromising(answer.text))

    @property
    def log(self):
        return self.portal.log[-1800:]

    def meet(self, house):
        self.house = house
        self.serve()

    def answered_by(self, binding):
        super().answered_by(binding)
        self.serve()

    def serve(self):
        settings = {
            "authentication": "SAML", "userDB": "SAML", **own_keys(self.keys), "samlSPSSODescriptorAuthnRequestsSigned": 0,
            "samlSPSSODescriptorWantAssertionsSigned": 0, "lwpSslOpts": {"SSL_ca_file": self.stage.authority},
            **{"samlSPSSODescriptorAssertionConsumerServiceHTTP" + kind:
               f"{int(kind.lower() == self.answers)};{index};{messages.BINDING}HTTP-{told};"
               f"#PORTAL#/saml/proxySingleSignOn{kind}"
               for index, (kind, told) in enumerate((("Post", "POST"), ("Artifact", "Artifact")))}}
        if self.house:
            settings |= {
                "samlIDPMetaDataXML": {"house": {
                    "samlIDPMetaDataXML": messages.changed(self.house.metadata, lambda _: None)}},
                "samlIDPMetaDataOptions": {"house": {
                    "samlIDPMetaDataOptionsNameIDFormat": "persistent", "samlIDPMetaDataOptionsSSOBinding":
                        "http-post" if self.how.get("binding") == "post" else "http-redirect",
                    "samlIDPMetaDataOptionsSLOBinding": "http-redirect",
                    "samlIDPMetaDataOptionsForceAuthn": int(bool(self.how.get("force"))),
                    "samlIDPMetaDataOptionsIsPassive": int(bool(self.how.get("passive"))),
                    "samlIDPMetaDataOptionsSignSSOMessage": int(bool(self.how.get("signed"))),
                    "samlIDPMetaDataOptionsSignSLOMessage": 1, "samlIDPMetaDataOptionsSignatureMethod": "RSA_SHA256",
                    "samlIDPMetaDataOptionsCheckSSOMessageSignature": 1,
                    "samlIDPMetaDataOptionsCheckSLOMessageSignature": 1, "samlIDPMetaDataOptionsCheckTime": 1,
                    "samlIDPMetaDataOptionsCheckAudience": 1, "samlIDPMetaDataOptionsStoreSAMLToken": 1,
                    "samlIDPMetaDataOptionsEncryptionMode": "none", "samlIDPMetaDataOptionsRequestedAuthnContext": ""}},
                "samlIDPMetaDataExportedAttributes": {"house": {
                    name: TOLD[told].replace("1;", "0;", 1) for name, told in (
                        ("uid", "uid"), ("mail", "mail"), ("displayName", "cn"))}}}
        self.portal.serve(settings, "/saml/metadata")

    def begins(self, browser, how):
        how = {name: value for name, value in how.items() if value}
        if how != self.how:
            self.how = how
            self.serve()
        landing = browser.open(self.url + "/", cross_site=False)
        # With one identity provider it only says where it is going, and goes on by itself.
        while not landing.callback and (form := self.going(browser, landing.page)):
            landing = browser.submit(landing.page, form)
        return landing

    @staticmethod
    def going(browser, page):
        return browser._leading_away(page) or next(
            (form for form in page.forms if {"SAMLRequest", "idp", "confirm"} & form.names), None)

    def forgets(self, browser):
        for key in [key for key in browser.cookies if key[0].startswith("lemonldap") and key[2] == "localhost"]:
            del browser.cookies[key]

    def read(self, landing):
        raise NotImplementedError

    def consumes(self, browser, asked, back):
        self.arrives(browser, back)
        session = self.session(browser)
        if not session.get("_user"):
            raise Refused(self.log)
        name = re.search(r"<saml:NameID[^>]*>([^<]+)<", session.get("_samlToken", ""))
        return SignedIn(
            name[1] if name else session["_user"],
            {attribute: [session[attribute]] for attribute in ("uid", "mail", "displayName") if attribute in session})

    def session(self, browser):
        cookie = next((held["value"] for key, held in browser.cookies.items() if key[0] == "lemonldap"), None)
        path = f"{self.portal.folder}/sessions/{cookie}"
        if not cookie or not os.path.exists(path):
            return {}
        with open(path, encoding="utf-8", errors="replace") as file:
            return json.loads(file.read())

    def leaves(self, browser):
        landing = browser.open(self.url + "/?logout=1", cross_site=False)
        while not landing.callback and (form := self.going(browser, landing.page)):
            landing = browser.submit(landing.page, form)
        return landing

    def is_signed_in(self, browser):
        return bool(self.session(browser).get("_user"))

    def stop(self):
        self.portal.stop()
        self.relay.stop()
