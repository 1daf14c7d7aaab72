"""The gateway as service provider, held to each identity provider."""
import time

from . import messages
from .check import Check
from .keys import KeyPair
from .matrix import Skip
from .stage import House

# The gateway looks at a file of metadata again after five seconds, behind whoever asks next.
FILE_AGE = 5.5


class AtIdentityProvider(Check):
    """One peer, and the two gateways that it meets: one signs its requests, the other has no key at all."""
    ROLE = "sp"

    def begin(self):
        key = self.kind.KEY
        self.peer = peer = self.started(self.kind(self.stage))
        self.file = self.stage.scratch.write(f"{key}-idp.xml", peer.metadata)
        post = self.stage.scratch.write(f"{key}-idp-post.xml", messages.by_post_only(peer.metadata))
        own = KeyPair(self.stage.scratch.path(key + "-own"), "gatehouse")
        row = {"id": key, "name": peer.TITLE, "metadata_file": self.file, **peer.ROW}
        by_post = {**row, "id": key + "-post", "name": "By POST", "metadata_file": post}
        by_artifact = {
            **row, "id": key + "-artifact", "name": "By artifact", "answer_binding": "artifact", "ca_file": self.stage.authority,
            "allow_private_addresses": True}
        rows = [row, by_post, *([] if "artifact" in peer.LACKS else [by_artifact])]
        self.keyed = self.started(House(self.stage, key, key, rows, [own]))
        self.plain = self.started(House(self.stage, key + "-plain", key, [row]))
        peer.meet([self.keyed, self.plain])

    # What every check is made of

    def signs_in(self, house=None, person=0, key=None, browser=None, **how):
        """All the way; the browser, what it carried there, and what it carried back."""
        house, person = house or self.keyed, self.peer.PEOPLE[person]
        browser = browser or house.visitor()
        request = browser.depart(key)
        assert request.callback, f"the button leads nowhere: {request} {house.gateway.log[-800:]}"
        back = self.peer.answer(browser, request, person, **how)
        assert back.callback and back.url.startswith(house.url), f"not sent back: {back}"
        house.news()
        landing = browser.arrives(back)
        assert browser.account(), f"no session: {landing} {house.refusals()}"
        return browser, request, back

    def is_refused(self, reasons, person=0, **how):
        house = self.keyed
        browser = house.visitor()
        back = self.peer.answer(browser, browser.depart(), self.peer.PEOPLE[person], **how)
        house.news()
        landing = browser.arrives(back)
        said = house.refusals()
        assert not browser.account() and said and set(said) <= set(reasons), f"{landing} {said}"
        return back

    # The cells

    def redirect(self):
        _, request, back = self.signs_in()
        assert request.method == "GET" and "SAMLRequest" in request.params, str(request)
        self.signs_in()

    def attributes(self):
        self.signs_in()
        person = self.peer.PEOPLE[0]
        found = self.keyed.tell("user", "show", person.login)
        assert found.get("display_name") == person.name and found.get("mail") == person.mail, found

    def post(self):
        _, request, _ = self.signs_in(person=1, key=self.peer.KEY + "-post")
        assert request.method == "POST" and "SAMLRequest" in request.params, str(request)
        assert messages.is_signed(request), "the request in the form has no signature"

    def signed(self):
        self.peer.settle(wants_signed=True)
        try:
            key = self.peer.KEY + ("-post" if self.peer.SIGNED_BY_POST else "")
            browser, request, _ = self.signs_in(key=key, person=int(self.peer.SIGNED_BY_POST))
            assert messages.is_signed(request), str(request)
            browser = self.keyed.visitor()
            request = browser.depart(key)
            assert self.peer.refuses(browser, messages.tampered(request)), "it takes a request that was changed on the way"
        finally:
            self.peer.settle()

    def unsigned(self):
        _, request, _ = self.signs_in(house=self.plain)
        assert not messages.is_signed(request), str(request)

    def response(self):
        self.signed_by("response")

    def assertion(self):
        self.signed_by("assertion")

    def both(self):
        self.signed_by("response", "assertion")

    def signed_by(self, *parts):
        self.peer.settle(sign=list(parts))
        try:
            _, _, back = self.signs_in()
        finally:
            self.peer.settle()
        assert messages.signed_parts(back) == set(parts), messages.signed_parts(back)

    def gcm(self):
        self.peer.settle(encrypt="gcm")
        try:
            _, _, back = self.signs_in()
        finally:
            self.peer.settle()
        algorithm = messages.content_algorithm(back)
        assert algorithm and algorithm.endswith("-gcm"), f"encrypted by {algorithm}"

    def cbc(self):
        """Refused, and in no other way than what cannot be decrypted is."""
        self.peer.settle(encrypt="cbc")
        try:
            back = self.is_refused({"saml.enc_alg", "saml.decrypt"})
        finally:
            self.peer.settle()
        algorithm = messages.content_algorithm(back)
        assert algorithm and algorithm.endswith("-cbc"), f"encrypted by {algorithm}"
        return "refused"

    def force(self):
        browser, _, _ = self.signs_in()
        time.sleep(self.peer.FRESH)
        request = browser.steps_up()
        assert request.callback, f"not asked anew: {request}"
        assert messages.request_of(request).get("ForceAuthn") == "true", messages.request_of(request).attrib
        back = self.peer.answer(browser, request, self.peer.PEOPLE[0])
        assert self.peer.is_asked_again(back), "it did not ask again"
        self.keyed.news()
        landing = browser.arrives(back)
        assert browser.account() and not self.keyed.refusals(), f"no fresh proof: {landing}"
        if self.peer.CAN_LIE:
            back = self.peer.answer(
                browser, browser.steps_up(), self.peer.PEOPLE[0], authenticated_at=time.time() - 3600)
            browser.arrives(back)
            said = self.keyed.refusals()
            assert said == ["saml.authn_not_fresh"], f"a proof of an hour ago is taken for a fresh one: {said}"

    def passive(self):
        raise Skip("the gateway asks so only for an application behind it that wants nobody to be asked, and here is none")

    def rollover(self):
        """The identity provider's key: announced, used, and the old one forgotten, while the gateway runs."""
        for stage in range(3):
            self.peer.roll(stage)
            self.renew()
            self.signs_in()
        self.peer.old_again()
        self.is_refused({"saml.sig_invalid", "saml.key"})
        self.peer.roll(2)

    def renew(self):
        """Other metadata, and a browser that makes the gateway look at them."""
        self.stage.scratch.write(f"{self.peer.KEY}-idp.xml", self.peer.metadata)
        time.sleep(FILE_AGE)
        self.keyed.visitor().depart()
        time.sleep(0.5)

    def slo_sp(self):
        self.needs_logout()
        browser, _, _ = self.signs_in()
        leaving = browser.signs_out()
        assert leaving.callback, f"signing out here leads nowhere: {leaving}"
        back = self.peer.is_signed_out(browser, leaving)
        landing = browser.arrives(back)
        assert not landing.callback and landing.page.status < 400, f"the answer of the logout: {landing}"
        assert not browser.account(), "the session is still there"
        if not self.peer.CAN_LIE:
            again = self.peer.answer(browser, browser.depart(), self.peer.PEOPLE[0])
            assert again.asked, "the identity provider's session is still there"

    def slo_idp(self):
        self.needs_logout()
        browser, other = self.signs_in()[0], self.signs_in(person=1, key=self.peer.KEY + "-post")[0]
        self.peer.signs_out(browser)
        assert not browser.account(), "the session is still there"
        assert other.account(), "somebody else's session is gone"

    def artifact(self):
        _, request, back = self.signs_in(person=2, key=self.peer.KEY + "-artifact")
        assert messages.request_of(request).get("ProtocolBinding").endswith("HTTP-Artifact"), "it is not asked for"
        assert "SAMLart" in back.params, str(back)

    def needs_logout(self):
        self.needs(
            self.keyed, "SPSSODescriptor", "SingleLogoutService", "the gateway does not serve logout as service provider")
