"""What the gateway's checks ask of an identity provider, and the two that are a library."""
from harness.browser import Landing, Page
from harness.wire import Answer

from . import messages, scripts
from .ear import Ear
from .keys import KeyPair
from .peer import Asked, LassoPackage, Peer, PySAML2Package
from .stage import Somebody

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


class IdentityProvider(Peer):
    # What it signs when nobody says what.
    SIGNS = messages.BOTH
    # Seconds after which it asks somebody again whom it just asked.
    FRESH = 0
    # Whether it says whatever it is told to.
    CAN_LIE = False
    # Where it looks at signatures of requests in forms alone.
    SIGNED_BY_POST = False
    PEOPLE = [
        Somebody("ada", "Ada Lovelace", "ada@corp.example"), Somebody("grace", "Grace Hopper", "grace@corp.example"),
        Somebody("edsger", "Edsger Dijkstra", "edsger@corp.example")]

    def meet(self, houses):
        """Is told of the gateways."""

    def settle(self, **how):
        """How it answers from now on: `sign`, `encrypt`, `wants_signed`."""

    def answer(self, browser, request, person, **how):
        """Signs somebody in as the request wants it; ends where the browser brings the gateway the answer."""
        raise NotImplementedError

    def refuses(self, browser, request):
        """Whether a request comes to nothing."""
        raise NotImplementedError

    def roll(self, stage):
        """0: the old key and the new one are published, the old one signs; 1: the new one signs; 2: the old one is gone."""
        raise NotImplementedError


class Scripted(Asked, IdentityProvider):
    ROLE, CAN_LIE = "IDPSSODescriptor", True

    def __init__(self, stage):
        self.folder = stage.scratch.path(self.KEY + "-idp")
        self.keys = [KeyPair(self.folder, name) for name in ("old", "new")]
        self.base = {
            "entity": f"https://idp.example/{self.KEY}", "sso": f"https://idp.example/{self.KEY}/sso",
            "slo": f"https://idp.example/{self.KEY}/slo", "key": self.keys[0].key, "certificate": self.keys[0].certificate}
        self.published, self.how, self.state, self.houses = self.keys[:1], {}, {}, {}
        # What waits to be fetched by its artifact.
        self.ear, self.kept = Ear(stage, self.gives), None
        self.base["artifact"] = self.ear.url + "/artifact"

    @property
    def metadata(self):
        return self.described(wants_signed=self.how.get("wants_signed", False))

    def meet(self, houses):
        self.houses = {house.url: house for house in houses}

    def settle(self, **how):
        self.how = how

    def peer_of(self, browser):
        return browser.house.metadata

    def answer(self, browser, request, person, **how):
        how = {"sign": list(self.SIGNS), "context": PASSWORD, **self.how, **how}
        carried = {"query": messages.query_of(request)} if request.method == "GET" else {"form": request.params}
        said = self.step(
            "answer", peer=self.peer_of(browser), name=person.login + "-1", attributes=self.attributes(person), **carried,
            **how)
        self.state[browser] = said.get("state")
        if "kept" in said:
            self.kept = {"peer": self.peer_of(browser), "kept": said["kept"]}
            return browser._left(said["url"], "GET")
        page = Page(Answer(self.base["sso"], 200, [], said["page"].encode()))
        form = page.form("SAMLResponse")
        landing = Landing(url=form.action, method="POST", pairs=form.fields)
        landing.asked = said
        return landing

    @staticmethod
    def attributes(person):
        return {"uid": [person.login], "mail": [person.mail], "displayName": [person.name]}

    def refuses(self, browser, request):
        try:
            self.answer(browser, request, self.PEOPLE[0])
        except scripts.Failed:
            return True
        return False

    def gives(self, envelope):
        """What somebody fetches by its artifact, once."""
        kept, self.kept = self.kept, None
        if not kept:
            raise scripts.Failed("nothing is kept")
        return self.step("resolve", envelope=envelope, **kept)["envelope"]

    def stop(self):
        self.ear.stop()

    # Logout

    def is_signed_out(self, browser, asked):
        """Takes the gateway's request, and says where it sends the browser with the answer."""
        said = self.step(
            "logout_answer", peer=self.peer_of(browser), query=messages.query_of(asked), state=self.state[browser])
        return browser._left(said["url"], "GET")

    def signs_out(self, browser):
        """Begins a logout, and sees it answered."""
        said = self.step("begin_logout", peer=self.peer_of(browser), state=self.state[browser])
        back = browser.alone(lambda: browser.open(said["url"]))
        assert back.callback, f"the gateway does not answer the logout: {back} {back.page.text[-400:]}"
        assert messages.statuses(back) == ["Success"], messages.statuses(back)
        self.step("logout_done", peer=self.peer_of(browser), query=messages.query_of(back), request=said["request"])

    def is_asked_again(self, landing):
        """Nobody is asked anything here: it counts that the library read what is wanted."""
        return landing.asked["forced"]

    def roll(self, stage):
        self.published = [self.keys, self.keys, self.keys[1:]][stage]
        pair = self.keys[min(stage, 1)]
        self.base |= {"key": pair.key, "certificate": pair.certificate}

    def old_again(self):
        """Signs with the key that it had first."""
        self.base |= {"key": self.keys[0].key, "certificate": self.keys[0].certificate}


class PySAML2(PySAML2Package, Scripted):
    KEY, TITLE, SCRIPT = "pysaml2", "pysaml2", "pysaml2_idp.py"


class Lasso(LassoPackage, Scripted):
    KEY, TITLE, SCRIPT, PROGRAM = "lasso", "Lasso", "lasso_idp.py", scripts.SYSTEM_PYTHON
    LACKS = {"gcm": "Lasso encrypts by CBC only", "response": "Lasso signs every assertion"}

    @staticmethod
    def attributes(person):
        told = {"uid": person.login, "mail": person.mail, "displayName": person.name}
        return {oid: [told[name]] for name, oid in messages.OIDS.items()}
