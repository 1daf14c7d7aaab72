"""Peers that are a server: behind a relay with TLS, and a browser that goes there."""
from . import messages
from .identity_provider import IdentityProvider


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

    def refuses(self, browser, request):
        landing = self.walk(browser, request, self.PEOPLE[0])
        return not landing.callback or "Success" not in messages.statuses(landing)
