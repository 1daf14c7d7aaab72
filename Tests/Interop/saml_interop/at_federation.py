"""The gateway in a federation: whose metadata it believes, and who believes its own."""
from harness.gateway import Person

from . import identity_provider, messages, service_provider
from .check import Check
from .keys import KeyPair
from .matrix import METADATA
from .stage import House


class AtFederation(Check):
    """A responder, an identity provider and an application that stand in it, and a gateway that knows all of them by it alone."""
    ROLE, FEATURES = "md", tuple(METADATA)

    def begin(self):
        stage, write = self.stage, self.stage.scratch.write
        self.peer = federation = self.started(self.kind(stage))
        self.provider = self.started(identity_provider.PySAML2(stage))
        self.application = self.started(service_provider.PySAML2(stage))
        # Somebody who stands in it as well.
        other = messages.renamed(self.provider.metadata, "https://idp.example/somebody-else")
        files = [write(f"pyff/{name}.xml", text) for name, text in (
            ("idp", self.provider.metadata), ("sp", self.application.metadata), ("other", other))]
        federation.publish(files)
        stranger = KeyPair(stage.scratch.path("pyff"), "stranger")
        trusted = {"ca_file": stage.authority, "allow_private_addresses": True, "entity_id": self.provider.base["entity"],
                   "metadata_key_files": [federation.signer.certificate]}
        asked = {**trusted, "metadata_query_url": federation.url}
        rows = {
            "mdq": asked, "aggregate": {**trusted, "metadata_url": federation.url + "/entities"},
            "stranger": {**asked, "metadata_key_files": [stranger.certificate]}, "forged": asked, "other": asked}
        self.person = Person("ada", {"display_name": "Ada Lovelace", "mail": "ada@people.example"})
        own = KeyPair(stage.scratch.path("pyff"), "gatehouse")
        self.house = self.started(House(
            stage, "pyff-house", "mdq", [{"id": key, "name": key, **row} for key, row in rows.items()], [own], [self.person],
            more={"saml": {"metadata_ca_file": stage.authority, "applications": [{
                "entity_id": self.application.entity, "title": "Of the federation", "tenant": "main",
                "metadata_query_url": federation.url, "metadata_key_files": [federation.signer.certificate],
                "attributes": list(messages.OIDS), "name_id_format": "persistent"}]}}))
        self.provider.meet([self.house])
        self.application.meet(self.house)
        federation.publish(files, [(self.house.entity, own.certificate)])

    # The cells

    def mdq_idp(self):
        self.signs_in_at("mdq", 2)
        assert any("/entities/" in path for _, path in self.peer.relay.asked), self.peer.relay.asked[-5:]

    def aggregate(self):
        self.signs_in_at("aggregate", 1)

    def signs_in_at(self, key, person):
        browser = self.house.visitor()
        request = browser.depart(key)
        assert request.callback, f"the button leads nowhere: {request} {self.house.gateway.log[-800:]}"
        landing = browser.arrives(self.provider.answer(browser, request, self.provider.PEOPLE[person]))
        assert browser.account(), f"no session: {landing} {self.house.refusals()}"

    def mdq_sp(self):
        self.application_signs_in()

    def own(self):
        """pysaml2 asks for the gateway's metadata by MDQ, and verifies the federation's signature."""
        self.application.base["responder"] = {
            "url": f"http://127.0.0.1:{self.peer.relay.behind}", "cert": self.peer.signer.certificate,
            "entity": self.house.entity}
        self.application.peer = None
        try:
            self.application_signs_in()
        finally:
            del self.application.base["responder"]
            self.application.meet(self.house)

    def application_signs_in(self):
        browser = self.house.visitor()
        asked = self.application.asks(browser, signed=True)
        back = browser.alone(lambda: browser.walk(browser.open(asked.url), self.person))
        assert back.callback and "SAMLResponse" in back.params, f"no answer: {back} {self.house.gateway.log[-1200:]}"
        assert self.application.consumes(browser, asked, back).name

    def stranger(self):
        return self.is_refused("stranger", "SIG_INVALID", None)

    def forged(self):
        def change(path, status, body):
            made = body.replace(b"/sso", b"/elsewhere")
            return status, made
        return self.is_refused("forged", "SIG_INVALID", change)

    def other(self):
        """Rightly signed, and about another entity than was asked for."""
        other = self.stage.wire.send(
            "GET", self.peer.url + "/entities/https%3A%2F%2Fidp.example%2Fsomebody-else",
            [("Accept", "application/samlmetadata+xml")], None)
        assert other.status == 200 and "somebody-else" in other.text, str(other)
        return self.is_refused("other", "saml.metadata_other_entity", lambda _path, _status, _body: (200, other.text.encode()))

    def is_refused(self, key, reason, change):
        """Nobody is sent to an identity provider whose metadata are not believed."""
        self.peer.relay.tamper = change
        try:
            landing = self.house.visitor().depart(key)
        finally:
            self.peer.relay.tamper = None
        assert not landing.callback, f"somebody is sent there: {landing}"
        said = self.house.gateway.log[-3000:]
        assert reason in said, said
        return "refused"
