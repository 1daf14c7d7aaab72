"""One gateway for all of them: each finds its client registered, and people to sign in."""
import importlib.util
import json
import random
import time

from harness import jose
from harness.browser import Browser
from harness.certificates import ClientAuthority
from harness.gateway import Gateway, well_known_person
from harness.relying_party import RelyingParty
from harness.scratch import free_port


def lacks(*packages):
    """Says which package of Python is not here; None when all are."""
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"PyPI's {', '.join(absent)} not installed (.ci/python-venv)" if absent else None


class Stage:
    def __init__(self, scratch, program, drivers):
        self.scratch, self.program = scratch, program
        # Of gateways that are gone.
        self.logs = []
        self.port = free_port()
        self.site = f"https://app.localhost:{self.port}"
        self.local = f"https://localhost:{self.port}"
        # oidc-agent takes no port above 49151.
        self.agent_port = free_port(random.sample(range(20_000, 32_000), 50))
        self.registrations, self.secrets = {}, {}
        for driver in drivers:
            for registration in driver.clients(self):
                self.registrations[registration["client_id"]] = registration
        for client_id, registration in self.registrations.items():
            if registration.get("token_endpoint_auth_method", "client_secret_basic").startswith("client_secret"):
                self.secrets[client_id] = jose.random(32)
        self.people = [well_known_person(f"person{index}") for index in range(20)]
        # Whose word on certificates of clients counts, and where they are asked for.
        self.clients = ClientAuthority(scratch.path("clients"))
        certified = free_port()
        self.gateway = Gateway(
            scratch, program, self.registrations.values(), self.people, self.secrets, oauth={"mtls": {
                "listen": f"127.0.0.1:{certified}", "public_url": f"https://localhost:{certified}",
                "certificate_header": "X-Client-Cert",
                "authorities": [{"file": self.clients.file}]}}, proxies=["127.0.0.1/32"])
        self.wire, self.issuer, self.authority = self.gateway.wire, self.gateway.issuer, self.gateway.authority
        self._rest = iter(self.people)

    def person(self):
        return next(self._rest)

    def tell(self, *arguments):
        """What the gateway's command line says."""
        return json.loads(self.gateway.command(*arguments, "--json").stdout)

    def party(self, client_id):
        return RelyingParty(self.gateway, self.registrations[client_id], self.secrets.get(client_id))

    def browser(self, *others):
        return Browser(self.wire, self.issuer, *others)

    def sign_in(self, url, person=None, browser=None):
        """Takes a browser through sign-in and consent to where the client wants it back."""
        browser = browser or self.browser()
        landing = browser.walk(browser.open(url), person or self.person())
        assert landing.callback, f"did not come back to the client: {landing}"
        assert landing.code, f"came back without a code: {landing}"
        return landing


class Told:
    """What one tool proved, in order."""

    def __init__(self, name):
        self.name, self.steps, self.result = name, [], "PASSED"

    def proves(self, held, text):
        assert held, text
        self.steps.append(text)

    @property
    def json(self):
        return {"client": self.name, "result": self.result, "steps": self.steps}


def until(work, seconds=15):
    """What `work` answers once it is true, or its last answer."""
    end = time.monotonic() + seconds
    while True:
        found = work()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.1)

