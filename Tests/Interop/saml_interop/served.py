"""Peers that are a server: behind a relay with TLS, and a browser that goes there."""
from . import messages
from .identity_provider import IdentityProvider
from .service_provider import Refused, ServiceProvider


class ServedIdentityProvider(IdentityProvider):
    """One whose pages a browser walks through."""
    # What a person types into its form.
    FIELDS = ("username", "password")

    def password_of(self, person):
        return person.login + "-password"

    def answer(self, browser, request, person, **how):
        assert not how, f"it cannot be told {how}"
        landing = self.walk(browser, request, person)
        if not landing.callback:
            raise AssertionError(f"it does not answer: {landing} {self.complaint(landing)}")
        return landing

    def complaint(self, landing):
        return f"{landing.page.text[-1500:]} {self.log[-1500:]}"

    def reach(self, browser):
        if self.url not in browser.homes:
            browser.homes.append(self.url)

    def walk(self, browser, request, person):
        self.reach(browser)
        return browser.away(lambda: self._walk(browser, request, person))

    def _walk(self, browser, request, person):
        landing = browser.post(request.url, request.pairs) if request.method == "POST" else browser.open(request.url)
        asked = 0
        for _ in range(12):
            if landing.callback:
                break
            page = landing.page
            if away := browser._leading_away(page):
                landing = browser.submit(page, away)
            elif (form := page.form(self.FIELDS[1])) and asked < 2 and person:
                asked += 1
                landing = browser.submit(page, form, dict(zip(self.FIELDS, (person.login, self.password_of(person)))))
            elif form := self.going_on(page):
                landing = browser.submit(page, form)
            else:
                break
        landing.asked = asked
        return landing

    def going_on(self, page):
        """A form that only waits to be sent."""
        return next((form for form in page.forms if {"SAMLRequest", "SAMLResponse"} & form.names), None)

    def is_asked_again(self, landing):
        return landing.asked == 1

    # Logout

    def is_signed_out(self, browser, asked):
        return self.walk(browser, asked, None)

    # Where its own logout begins.
    LEAVES = ""

    def signs_out(self, browser):
        self.reach(browser)
        landing = browser.away(lambda: self.told(browser, browser.open(self.url + self.LEAVES, cross_site=False)))
        for _ in range(4):
            if not landing.callback:
                break
            there = landing
            landing = browser.arrives(there)
            if landing.callback:
                landing = browser.away(lambda landing=landing: self.told(browser, browser.open(landing.url)))
        assert not landing.callback and landing.page.status < 400, f"the logout does not end: {landing}"

    def told(self, browser, landing):
        """What it does with a page on the way to a service provider."""
        return landing

    def refuses(self, browser, request):
        landing = self.walk(browser, request, self.PEOPLE[0])
        return not landing.callback or "Success" not in messages.statuses(landing)


class ServedServiceProvider(ServiceProvider):
    """One whose protected page a browser opens."""

    def reach(self, browser):
        if self.url not in browser.homes:
            browser.homes.append(self.url)

    def begins(self, browser, how):
        """Opens what sends the browser to the gateway."""
        raise NotImplementedError

    def read(self, landing):
        """Whom the page takes the browser for; raises `Refused`."""
        raise NotImplementedError

    def asks(self, browser, **how):
        self.reach(browser)
        self.forgets(browser)

        def work():
            landing = self.begins(browser, how)
            while not landing.callback and (form := landing.page.form("SAMLRequest")):
                landing = browser.submit(landing.page, form)
            return landing
        landing = browser.away(work)
        if not landing.callback:
            raise AssertionError(f"it does not ask: {landing} {landing.page.text[:800]} {self.log[-1500:]}")
        return landing

    # Logout

    def leaves(self, browser):
        """Opens what ends its session."""
        raise NotImplementedError

    def signs_out(self, browser, somebody):
        landing = browser.away(lambda: self.leaves(browser))
        if not landing.callback:
            raise AssertionError(f"it tells the gateway nothing: {landing} {self.log[-1200:]}")
        return landing

    def is_signed_out(self, browser, asked, back):
        landing = browser.away(lambda: browser.open(back.url))
        assert not landing.callback and landing.page.status < 400, f"it does not take the answer: {landing} {self.log[-1200:]}"
        assert not self.is_signed_in(browser), "its own session is still there"

    def answers_logout(self, browser, asked, somebody):
        landing = browser.away(lambda: browser.open(asked.url))
        assert landing.callback, f"it does not answer: {landing} {self.log[-1200:]}"
        assert not self.is_signed_in(browser), "its own session is still there"
        return landing

    @staticmethod
    def arrives(browser, back):
        """Brings it what the gateway sends it."""
        return browser.away(
            lambda: browser.post(back.url, back.pairs) if back.method == "POST" else browser.open(back.url))

    def consumes(self, browser, asked, back):
        landing = self.arrives(browser, back)
        if landing.callback:
            raise Refused(f"it sends the browser away again: {landing}")
        try:
            return self.read(landing)
        except Refused as refused:
            raise Refused(f"{refused} {self.log[-1200:]}") from refused
