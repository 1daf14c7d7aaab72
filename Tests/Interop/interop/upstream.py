"""The gateway as a client of others: a second one, whose people sign in at a provider; and what each provider has to hold."""
import html
import json
import os
import re
import shutil
import time
import urllib.parse

from harness import jose
from harness.browser import Browser
from harness.gateway import Gateway, Person
from harness.scratch import free_port
from harness.wire import with_query

# Both gateways are on loopback, and browsers keep cookies by host name alone: this one is at another name.
HOST = "127.0.0.1"
ROLE = "Keeper"


class Corner:
    """A folder of its own within that of the run, for a second gateway."""

    def __init__(self, scratch, name):
        self.scratch, self.name = scratch, name
        self.folder = scratch.path(name)
        os.makedirs(self.folder, mode=0o700)

    def path(self, *parts):
        return self.scratch.path(self.name, *parts)

    def write(self, name, *rest):
        return self.scratch.write(os.path.join(self.name, name), *rest)

    def start(self, command, log, **more):
        return self.scratch.start(command, os.path.join(self.name, log), **more)

    def logged(self, *names, **more):
        return self.scratch.logged(*map(self.path, names), **more)

    def stop(self, process):
        return self.scratch.stop(process)


class Home:
    """A gateway in a corner of its own, with somebody who lives there, browsers that come to it, and what it wrote down."""
    LOCAL = {"id": "local", "type": "local", "tenant": "main", "name": "Password"}

    def __init__(self, stage, name, key):
        self.stage, self.key, self.corner = stage, key, Corner(stage.scratch, name)
        # Somebody of its own, with a password here.
        self.neighbour = Person("neighbour", {"display_name": "Neighbour", "mail": "neighbour@house.example"})
        # One authority for everybody.
        shutil.copytree(os.path.dirname(stage.authority), self.corner.path("certs"))
        self._read, self._visitors = 0, 0

    def serve(self, extra, people=(), clients=(), secrets_of=None, host=HOST, port=None):
        """Starts it, told these things beside the usual."""
        port = port or free_port()
        extra = {
            # Browsers say which address they have, as a proxy would: the journal folds what one source is refused.
            "server": {
                "listen": f"127.0.0.1:{port}", "public_url": f"https://{host}:{port}", "trusted_proxies": ["127.0.0.1/32"],
                "tls": {"certificate_file": self.corner.path("certs", "server.pem"),
                        "key_file": self.corner.path("certs", "server.key")}}, **extra}
        self.gateway = Gateway(
            self.corner, self.stage.program, clients, [self.neighbour, *people], secrets_of, host=host, port=port,
            extra=extra)
        self.url = self.gateway.issuer

    def stop(self):
        self.corner.stop(self.gateway.process)
        self.stage.logs.append(self.gateway.log)

    def tell(self, *arguments):
        """What its command line says about it."""
        return json.loads(self.gateway.command(*arguments, "--json").stdout)

    def news(self):
        """What the journal has since this was asked last."""
        events = self.tell("audit", "list", "--after", str(self._read), "--limit", "200")
        self._read = max([self._read, *(event["position"] for event in events)])
        return events

    def refusals(self):
        """Why logins came to nothing since the journal was asked last."""
        return refusals(self.news())

    def visitor(self, *others):
        self._visitors += 1
        return self.browser(f"192.0.2.{self._visitors}", *others)

    def browser(self, address, *others):
        return Visitor(self, address, *others)


class House(Home):
    """A gateway that sends its people to a provider. Beside the provider there is always `wrong`, the same one with a
    secret that is not its client's."""

    def __init__(self, stage, name, port, provider, secret, group=None, clients=(), secrets_of=None):
        super().__init__(stage, name, provider["id"])
        row = {
            "type": "oidc", "tenant": "main", "ca_file": stage.authority, "allow_private_addresses": True, **provider,
            "name": provider.get("name", "Elsewhere"), "client_secret_file": self.corner.write("secrets/upstream", secret)}
        wrong = row | {
            "id": "wrong", "name": "Wrong", "client_secret_file": self.corner.write("secrets/wrong", jose.random(32))}
        extra = {
            "providers": [self.LOCAL, row, wrong],
            "roles": [{"name": ROLE, "tenant": "main", "permissions": [{"action": "read", "type": "page"}]}]}
        if group:
            extra["mappings"] = [{"tenant": "main", "provider": self.key, "group": group, "role": ROLE}]
        self.serve(extra, clients=clients, secrets_of=secrets_of, port=port)

    def may(self, login):
        """Whether the role that the mapping gives is theirs."""
        done = self.gateway.command("decide", login, "read", "page:/handbook", "--json", check=False)
        return json.loads(done.stdout)["decision"]


class Visitor(Browser):
    """A browser that sees the gateway, and where it is sent."""

    def __init__(self, house, address, *others):
        super().__init__(house.stage.wire, house.url, *others)
        self.house, self.address = house, address

    def _request(self, method, url, fields, cross_site):
        wire, self.wire = self.wire, _Forwarded(self.wire, self.address)
        try:
            return super()._request(method, url, fields, cross_site)
        finally:
            self.wire = wire

    def depart(self, key=None):
        """From the gateway's first page to the address of the provider: the request that is made there."""
        return self.press(self.alone(lambda: self.open(self.house.url + "/account", cross_site=False)), key)

    def press(self, landing, key=None):
        """The button of a provider."""
        page = landing.page
        assert page, f"not at the gateway: {landing}"
        link = next(
            (html.unescape(found) for found in re.findall(r'href="([^"]+)"', page.text)
             if found.endswith(f"provider={key or self.house.key}")), None)
        assert link, f"no button for {key or self.house.key}: {page}"
        return self.elsewhere(urllib.parse.urljoin(page.url, html.unescape(link)))

    def elsewhere(self, url):
        """Opens an address, and stops where the browser is sent on to somebody else."""
        return self.alone(lambda: self.open(url, cross_site=False))

    def alone(self, work):
        """As if only the gateway could be reached."""
        homes, self.homes = self.homes, [self.house.url]
        try:
            return work()
        finally:
            self.homes = homes

    def away(self, work):
        """As if only the others could be reached: what they send the gateway ends here."""
        homes, self.homes = self.homes, [home for home in self.homes if home != self.house.url]
        try:
            return work()
        finally:
            self.homes = homes

    def account(self):
        """The text of /account, or None where a sign-in is asked for."""
        landing = self.alone(lambda: self.open(self.house.url + "/account", cross_site=False))
        page = landing.page
        return page.text if page and page.status == 200 and not page.form("identifier") else None

    def signs_out(self):
        """By the button here, and no farther than to where that leads."""
        page = self.alone(lambda: self.open(self.house.url + "/account", cross_site=False)).page
        form = next(form for form in page.forms if form.action.endswith("/logout"))
        return self.alone(lambda: self.submit(page, form))


def refusals(events):
    return [event["facts"].get("upstream_reason") or event["facts"].get("code")
            for event in events if event["type"] == "login.refused"]


class _Forwarded:
    def __init__(self, wire, address):
        self.wire, self.address = wire, address

    def send(self, method, url, headers, body):
        return self.wire.send(method, url, [*headers, ("X-Forwarded-For", self.address)], body)


class Somebody:
    """A person of the provider, and what the gateway is to know of them."""

    def __init__(self, login, name, mail):
        self.login, self.name, self.mail = login, name, mail


def first_sign_in(told, house, somebody, at, browser=None):
    """The whole way, looked at from close by. `at(browser, address)` signs somebody in there, and ends where the provider
    sends the browser back."""
    browser = browser or house.visitor()
    request = browser.depart()
    assert request.callback, f"the button leads nowhere: {request}"
    asked = request.params
    told.proves(
        asked.get("code_challenge_method") == "S256" and len(asked.get("code_challenge", "")) == 43
        and len(asked.get("state", "")) >= 43 and len(asked.get("nonce", "")) >= 43 and asked["response_type"] == "code"
        and asked["redirect_uri"] == f"{house.url}/login/callback/{house.key}",
        f"is offered on the first page, and sent a browser with PKCE, state and nonce ({sorted(asked)})")
    told.steps[-1] = "is offered on the first page, and sent a browser with PKCE, state and nonce"
    back = at(browser, request.url)
    assert back.callback and back.url.startswith(asked["redirect_uri"]), f"not sent back: {back}"
    landing = browser.alone(lambda: browser.open(back.url))
    page = browser.account()
    told.proves(page, f"signs somebody in ({landing}; {house.refusals()})")
    told.steps[-1] = "signs somebody in"
    person = house.tell("user", "show", somebody.login)
    told.proves(
        person.get("display_name") == somebody.name and person.get("mail") == somebody.mail
        and html.escape(somebody.name) in html.escape(html.unescape(page), quote=True),
        f"who is made with name and mail ({person})")
    told.steps[-1] = "who is made with name and mail"
    return browser, back, person


def again(told, house, somebody, at, person):
    """Another browser, the same person."""
    browser = house.visitor()
    back = at(browser, browser.depart().url)
    browser.alone(lambda: browser.open(back.url))
    found = house.tell("user", "show", somebody.login)
    told.proves(browser.account() and found["id"] == person["id"], f"and found a second time ({house.refusals()})")
    told.steps[-1] = "and found a second time"
    return browser


def steps_up(told, house, at, seconds):
    """A fresh proof: who signed in there so many seconds ago is asked again, and there is no session more than before."""
    browser = house.visitor()
    back = at(browser, browser.depart().url)
    browser.alone(lambda: browser.open(back.url))
    before = len(house.tell("session", "list"))
    time.sleep(seconds)
    request = browser.elsewhere(f"{house.url}/login?provider={house.key}&max_age=0")
    assert request.callback, f"not asked again: {request}"
    landing = browser.away(lambda: browser.open(request.url))
    told.proves(
        request.params.get("prompt") == "login" and request.params.get("max_age") == "0" and not landing.callback,
        f"asks again where a fresh proof is wanted ({request}, {landing})")
    told.steps[-1] = "asks again where a fresh proof is wanted"
    back = at(browser, request.url)
    assert back.callback, f"not sent back: {back}"
    browser.alone(lambda: browser.open(back.url))
    assert browser.account() and len(house.tell("session", "list")) == before, f"no fresh proof: {house.refusals()}"


def comes_to_nothing(house, work, reason=None):
    """Whether something done with a browser ends on a page of the gateway and in no session, for the reason that is
    expected: None, or what is wrong."""
    browser = house.visitor()
    house.news()
    landing = work(browser)
    events = house.news()
    if landing.callback or not landing.page.url.startswith(house.url):
        return f"it did not end on a page here: {landing}"
    if landing.page.status >= 500:
        return f"it ended in {landing}"
    if browser.account():
        return f"there is a session: {landing}"
    if reason and refusals(events) != [reason]:
        return f"it was refused because of {refusals(events)}, not {reason}"
    return None


def refuses(told, house, at):
    """A wrong secret, and answers that are not those to what was asked."""
    def wrong_secret(browser):
        back = at(browser, browser.depart("wrong").url)
        return browser.alone(lambda: browser.open(back.url))

    def changed(**fields):
        def work(browser):
            back = at(browser, browser.depart().url)
            pairs = {name: value for name, value in (back.params | fields).items() if value is not None}
            return browser.alone(lambda: browser.open(with_query(back.url.split("?")[0], pairs)))
        return work

    def somebody_elses(browser):
        other = house.visitor()
        back = at(other, other.depart().url)
        browser.depart()
        return browser.alone(lambda: browser.open(back.url))

    def a_second_time(browser):
        back = at(browser, browser.depart().url)
        browser.alone(lambda: browser.open(back.url))
        assert browser.account(), "did not sign in"
        browser.signs_out()
        return browser.alone(lambda: browser.open(back.url))

    def at_another(browser):
        # RFC 9700 §4.4: the answer of one provider, brought where another's is expected.
        back = at(browser, browser.depart().url)
        return browser.alone(lambda: browser.open(back.url.replace(f"/callback/{house.key}?", "/callback/wrong?")))

    # What names no login of this browser's is not looked at, and so not in the journal.
    ways = {
        "a wrong secret": (wrong_secret, "refused"), "another code": (changed(code=jose.random(32)), "refused"),
        "another issuer": (changed(iss="https://elsewhere.example"), "wrong_issuer"),
        "another state": (changed(state=jose.random(32)), None), "no state": (changed(state=None), None),
        "another browser's answer": (somebody_elses, None), "another provider's answer": (at_another, None),
        "an answer twice": (a_second_time, None)}
    for name, (work, reason) in ways.items():
        wrong = comes_to_nothing(house, work, reason)
        assert not wrong, f"{name}: {wrong}"
    told.steps.append("refuses " + ", ".join(ways))


def distrusts(told, house, relay, at):
    """What a provider might say to its client, each changed on the way."""
    def of(name, change):
        def tamper(path, status, body):
            if status != 200 or not path.endswith(name):
                return status, body
            return status, json.dumps(change(json.loads(body))).encode()
        return tamper

    def token(change):
        return of("/token", lambda said: said | {"id_token": change(*said["id_token"].split("."))})

    def claims(**changes):
        def work(head, body, signature):
            read = {name: value for name, value in (json.loads(jose.unb64(body)) | changes).items() if value is not None}
            return ".".join((head, jose.b64(json.dumps(read).encode()), signature))
        return work

    def unsigned(_head, body, _signature):
        return jose.b64(b'{"alg":"none"}') + "." + body + "."

    def by_us(head, body, _signature):
        algorithm = json.loads(jose.unb64(head))["alg"]
        key = jose.Key("EC" if algorithm == "ES256" else "RSA")
        return jose.compact({"alg": algorithm, "kid": key.kid}, json.loads(jose.unb64(body)), key)

    def without(said):
        return {name: value for name, value in said.items() if name != "id_token"}

    invalid = "invalid_id_token"
    lies = {
        "an ID token for somebody else": (token(claims(sub="somebody")), invalid),
        "with another nonce": (token(claims(nonce="another")), invalid), "without a signature": (token(unsigned), invalid),
        "by another key": (token(by_us), "unknown_key"), "no ID token": (of("/token", without), invalid),
        "userinfo of somebody else": (of("/userinfo", lambda said: said | {"sub": "somebody"}), "foreign_userinfo"),
    }
    for name, (lie, reason) in lies.items():
        seen = []

        def tamper(path, status, body, lie=lie, seen=seen):
            told_anew = lie(path, status, body)
            if told_anew != (status, body):
                seen.append(path)
            return told_anew

        def work(browser):
            back = at(browser, browser.depart().url)
            relay.tamper = tamper
            try:
                return browser.alone(lambda: browser.open(back.url))
            finally:
                relay.tamper = None

        wrong = comes_to_nothing(house, work, reason)
        assert seen, f"{name}: nobody asked for it ({relay.asked[-6:]})"
        assert not wrong, f"{name}: {wrong}"
    told.steps.append("believes none of " + ", ".join(lies))
