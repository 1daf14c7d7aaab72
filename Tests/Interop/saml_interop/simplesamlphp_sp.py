"""SimpleSAMLphp as a service provider: its `saml:SP`, and an application in front of which it stands."""
from harness.wire import with_query

from . import messages
from .keys import text_of
from .served import ServedServiceProvider
from .service_provider import Refused, SignedIn
from .simplesamlphp import RSA_SHA256, Server, missing, version


class ServiceProvider(ServedServiceProvider):
    KEY, TITLE = "simplesamlphp", "SimpleSAMLphp"
    LACKS = {"ecp": "SimpleSAMLphp is asked by browsers only"}
    missing, version = staticmethod(missing), staticmethod(version)

    def __init__(self, stage):
        self.stage, self.server = stage, Server(stage, "simplesamlphp-sp")
        self.url, self.house, self.how, self.wants = self.server.url, None, {}, "either"
        self.entity = self.url + "/sp"
        self.write()
        self.server.started("/module.php/saml/sp/metadata.php/house")

    @property
    def log(self):
        return self.server.log

    def write(self):
        key = self.server.keys[0]
        self.server.write("config/authsources.php", "config", {"house": {
            "0": "saml:SP", "entityID": self.entity, "idp": self.house and self.house.entity, "privatekey": key.key,
            "certificate": key.certificate, "signature.algorithm": RSA_SHA256, "sign.logout": True,
            "redirect.sign": bool(self.how.get("signed")), "sign.authnrequest": bool(self.how.get("signed")),
            "WantAssertionsSigned": self.wants in ("assertion", "both"),
            "NameIDPolicy": {"Format": messages.PERSISTENT, "AllowCreate": True},
            "acs.Bindings": [self.consumer], "ProtocolBinding": self.consumer,
            "SingleLogoutServiceBinding": [messages.BINDING + "HTTP-Redirect"]}})
        if self.house:
            metadata = self.house.metadata
            if self.how.get("binding") == "post":
                metadata = messages.by_post_only(metadata)
            # It believes a server of TLS by the keys of its metadata, and by nothing else.
            path = self.stage.scratch.write(
                f"{self.server.name}/metadata/house.xml",
                messages.with_another_key(metadata, "IDPSSODescriptor", text_of(self.stage.authority)))
            self.server.sources([{"type": "flatfile"}, {"type": "xml", "file": path}])

    @property
    def consumer(self):
        return messages.BINDING + {"post": "HTTP-POST", "artifact": "HTTP-Artifact"}[self.answers]

    def answered_by(self, binding):
        super().answered_by(binding)
        self.write()

    @property
    def metadata(self):
        answer = self.stage.wire.get(self.url + "/module.php/saml/sp/metadata.php/house")
        assert answer.status == 200, f"{answer} {self.log[-800:]}"
        return messages.unpromising(answer.text)

    def meet(self, house):
        self.house = house
        self.write()

    def page(self, browser, **query):
        return browser.open(with_query(self.url + "/application", query), cross_site=False)

    def begins(self, browser, how):
        self.how = how
        self.write()
        return self.page(browser, **{name: "1" for name in ("force", "passive") if how.get(name)})

    def forgets(self, browser):
        browser.away(lambda: self.page(browser, forget="1"))

    def leaves(self, browser):
        return self.page(browser, leave="1")

    def is_signed_in(self, browser):
        return browser.away(lambda: self.page(browser, look="1")).page.answer.json["in"]

    def read(self, landing):
        said = landing.page.answer.json
        if not said.get("in"):
            raise Refused(f"{landing.page}")
        return SignedIn(said["name"], said["attributes"] or {}, said["context"])

    def stop(self):
        self.server.stop()
