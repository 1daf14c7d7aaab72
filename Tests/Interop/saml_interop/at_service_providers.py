"""The gateway as identity provider, held to each service provider."""
import contextlib
import re
import time

from harness.gateway import Person

from . import messages
from .check import Check
from .ecp import brings
from .keys import KeyPair
from .matrix import CLIENTS, FEATURES
from .service_provider import Refused
from .stage import HOST, House, rows

GCM, CBC = "http://www.w3.org/2009/xmlenc11#aes256-gcm", "http://www.w3.org/2001/04/xmlenc#aes256-cbc"


class AtServiceProvider(Check):
    """One peer, and the gateway that it has people signed in at."""
    ROLE, FEATURES = "idp", (*FEATURES, *CLIENTS)

    def begin(self):
        name = self.kind.KEY + "-at-house"
        self.people = [Person(login, {"display_name": title, "mail": f"{login}@people.example"})
                       for login, title in (("ada", "Ada Lovelace"), ("grace", "Grace Hopper"))]
        self.peer = peer = self.started(self.kind(self.stage))
        self.keys = [KeyPair(self.stage.scratch.path(name + "-own"), key) for key in ("old", "new")]
        self.row = {
            "entity_id": peer.entity, "title": peer.TITLE, "tenant": "main", "metadata_file": self.file(),
            "attributes": list(messages.OIDS), "name_id_format": "persistent", **peer.ROW}
        self.house = self.started(House(
            self.stage, name, keys=self.keys[:1], people=self.people, host=HOST,
            more={"saml": {"ecp": True, "applications": [self.row]}}))
        peer.meet(self.house)

    def file(self, metadata=None):
        """Where the gateway finds what the peer says of itself now."""
        return self.stage.scratch.write(self.kind.KEY + "-at-house.xml", metadata or self.peer.metadata)

    def settle(self, **row):
        """Tells the gateway otherwise of the peer, and starts it again."""
        def change(settings):
            settings["saml"]["applications"] = [{**self.row, **row}]
        self.house.reconfigure(change)

    # What every check is made of

    def goes(self, browser, asked, person):
        """Brings the request to the gateway, signs in where that is asked, and ends before the service provider."""
        def work():
            there = browser.post(asked.url, asked.pairs) if asked.method == "POST" else browser.open(asked.url)
            return browser.walk(there, person)
        return browser.alone(work)

    def shown(self, landing):
        if landing.callback:
            return str(landing)
        text = " ".join(re.sub("<[^>]+>", " ", landing.page.text).split())
        return f"{landing.page.status} {text[-500:]} {self.house.refusals()}"

    def signs_in(self, person=0, browser=None, **how):
        person = self.people[person]
        browser = browser or self.house.visitor()
        asked = self.peer.asks(browser, **how)
        assert asked.callback or asked.url, f"it sends the browser nowhere: {asked}"
        back = self.goes(browser, asked, person)
        assert back.callback and {"SAMLResponse", "SAMLart"} & set(back.params), f"no answer: {self.shown(back)}"
        somebody = self.peer.consumes(browser, asked, back)
        assert somebody.name, "nobody has a name"
        return browser, asked, back, somebody

    # The cells

    def redirect(self):
        _, asked, _, first = self.signs_in()
        assert asked.method == "GET", str(asked)
        _, _, _, again = self.signs_in()
        _, _, _, other = self.signs_in(1)
        assert first.name == again.name != other.name, "the persistent name is not the same, or somebody else's"

    def attributes(self):
        _, _, _, somebody = self.signs_in()
        person = self.people[0]
        told = {name: somebody.attributes.get(name) or somebody.attributes.get(oid) for name, oid in messages.OIDS.items()}
        expected = {"uid": [person.login], "mail": [person.details["mail"]], "displayName": [person.details["display_name"]]}
        assert told == expected, f"{somebody.attributes}"

    def post(self):
        _, asked, _, _ = self.signs_in(binding="post")
        assert asked.method == "POST", str(asked)

    def signed(self):
        self.settle(require_signed_requests=True)
        try:
            browser, asked, _, _ = self.signs_in(signed=True)
            assert messages.is_signed(asked), "it does not sign"
            back = self.goes(browser, messages.tampered(self.peer.asks(browser, signed=True)), self.people[0])
            assert not back.callback and back.page.status >= 400, f"a request that was changed on the way: {back}"
            if "unsigned" not in self.peer.LACKS:
                back = self.goes(browser, self.peer.asks(browser, signed=False), self.people[0])
                assert not succeeded(back), f"an unsigned request: {back}"
        finally:
            self.settle()

    def unsigned(self):
        _, asked, _, _ = self.signs_in(signed=False)
        assert not messages.is_signed(asked), "it signs"

    def response(self):
        self.signed_by("response")

    def assertion(self):
        self.signed_by("assertion")

    def both(self):
        self.signed_by("response", "assertion")

    def signed_by(self, *parts):
        self.settle(encryption="never", **{f"sign_{part}": part in parts for part in messages.BOTH})
        self.peer.wants = "both" if len(parts) == 2 else parts[0]
        try:
            browser, _, back, _ = self.signs_in()
            assert messages.signed_parts(back) == set(parts), messages.signed_parts(back)
            self.tampered(browser)
        finally:
            self.peer.wants = "either"
            self.settle()

    def tampered(self, browser):
        """The peer looks at what is signed: the same answer with another person in it is refused."""
        asked = self.peer.asks(browser)
        back = messages.with_other_name(self.goes(browser, asked, self.people[0]))
        self.refuses(browser, asked, back)

    def refuses(self, browser, asked, back):
        """The peer takes nobody to be signed in by this."""
        try:
            somebody = self.peer.consumes(browser, asked, back)
        except Refused:
            return
        raise AssertionError(f"it takes {somebody.name} to be signed in")

    def gcm(self):
        with self.encrypting(GCM):
            _, _, back, _ = self.signs_in()
        assert messages.content_algorithm(back) == GCM, f"encrypted by {messages.content_algorithm(back)}"

    def cbc(self):
        """Of a peer that can decrypt nothing but CBC, nobody is signed in rather than by that."""
        with self.encrypting(CBC):
            browser = self.house.visitor()
            asked = self.peer.asks(browser)
            back = self.goes(browser, asked, self.people[0])
            assert not back.callback and back.page.status == 400, self.shown(back)
        return "refused"

    @contextlib.contextmanager
    def encrypting(self, algorithm):
        """As if the peer said that it can decrypt this alone."""
        self.file(messages.encrypting_by(self.peer.metadata, algorithm))
        self.settle(encryption="always")
        try:
            yield
        finally:
            self.file()
            self.settle()

    def force(self):
        browser, _, _, first = self.signs_in()
        _, _, back, again = self.signs_in(browser=browser)
        assert back.passwords == 0, "who is signed in was asked again"
        time.sleep(1.1)
        _, _, back, fresh = self.signs_in(browser=browser, force=True)
        assert back.passwords == 1, "who is signed in was not asked again"
        if fresh.instant:
            assert fresh.instant > first.instant and again.instant == first.instant, (first.instant, fresh.instant)

    def passive(self):
        browser = self.house.visitor()
        asked = self.peer.asks(browser, passive=True)
        back = self.goes(browser, asked, None)
        assert back.callback and messages.statuses(back) == ["Responder", "NoPassive"], f"{back}"
        self.refuses(browser, asked, back)
        browser, _, _, _ = self.signs_in()
        _, _, back, _ = self.signs_in(browser=browser, passive=True)
        assert back.passwords == 0

    def rollover(self):
        """The gateway's key: the next is published while the old one signs, then it signs, then the old one is gone."""
        old, new = self.keys
        try:
            for number, keys in enumerate(([old, new], [new, old], [new])):
                if number:
                    # Whoever read the metadata before the change goes on.
                    self.rekey(keys)
                    self.signs_in()
                else:
                    self.rekey(keys)
                self.peer.meet(self.house)
                self.signs_in()
        finally:
            self.rekey([old])
            self.peer.meet(self.house)
        self.signs_in()

    def rekey(self, keys):
        def change(settings):
            settings["saml"]["keys"] = rows(keys)
        self.house.reconfigure(change)

    def slo_sp(self):
        self.needs_logout()
        browser, _, _, somebody = self.signs_in()
        asked = self.peer.signs_out(browser, somebody)
        back = browser.alone(lambda: browser.open(asked.url))
        if messages.waits_for_nothing(asked):
            # The Asynchronous Single Logout extension: whoever asked is told nothing, and the person reads that it is done.
            assert not back.callback and back.page.status == 200 and not self.peer.is_signed_in(browser), self.shown(back)
            assert not browser.account(), "the session here is still there"
            return
        assert back.callback, f"no answer to the logout: {self.shown(back)}"
        assert messages.statuses(back) == ["Success"], messages.statuses(back)
        self.peer.is_signed_out(browser, asked, back)
        assert not browser.account(), "the session here is still there"

    def slo_idp(self):
        self.needs_logout()
        # Without sessions of the same name from before, of which some peers find any.
        self.peer.meet(self.house)
        browser, _, _, somebody = self.signs_in()
        asked = browser.signs_out()
        assert asked.callback, f"signing out here tells nobody: {asked}"
        back = self.peer.answers_logout(browser, asked, somebody)
        landing = browser.arrives(back)
        assert not landing.callback and landing.page.status < 400, f"the answer of the logout: {landing}"
        assert not browser.account(), "the session here is still there"

    def artifact(self):
        self.peer.answered_by("artifact")
        try:
            self.file()
            self.settle()
            browser, asked, back, _ = self.signs_in()
            assert back.method == "GET" and "SAMLart" in back.params and "SAMLResponse" not in back.params, str(back)
            # An artifact is good once.
            self.peer.forgets(browser)
            self.refuses(browser, asked, back)
        finally:
            self.peer.answered_by("post")
            self.file()
            self.settle()

    def ecp(self):
        """A client carries the request to the gateway with somebody's password, and the answer back; with a wrong one, nothing."""
        self.peer.answered_by("paos")
        try:
            self.file()
            self.settle()
            place = next(
                found.get("Location")
                for found in messages.endpoints(self.house.metadata, "IDPSSODescriptor", "SingleSignOnService")
                if found.get("Binding").endswith(":SOAP"))
            # Whoever is tried with a wrong password has to wait, and is somebody else.
            (person, tried), browser = self.people, self.house.visitor()
            asked = self.peer.asks_by_client(browser)
            for login, password in ((None, None), (tried.login, "not-" + tried.password)):
                answer = brings(browser, place, asked, login, password)
                assert answer.status == 401 and "Basic" in answer.header("WWW-Authenticate"), f"{answer} {answer.text[:400]}"
            answer = brings(browser, place, asked, person.login, person.password)
            assert answer.status == 200, f"{answer} {answer.text[:1500]}"
            assert self.peer.consumes_by_client(browser, asked, answer.text).name, "nobody has a name"
        finally:
            self.peer.answered_by("post")
            self.file()
            self.settle()

    def needs_logout(self):
        self.needs(
            self.house, "IDPSSODescriptor", "SingleLogoutService", "the gateway does not serve logout as identity provider")


def succeeded(back):
    return back.callback and "SAMLResponse" in back.params and "Success" in messages.statuses(back)
