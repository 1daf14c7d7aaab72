"""The gateways of a run: one a peer, so that what one does to it troubles no other."""
import json
import os
import subprocess
import types

from harness.gateway import ROOT
from harness.wire import Wire
from interop.upstream import HOST, Home, Somebody, Visitor


class Stage:
    """One authority for everybody, and the folder of the run."""

    def __init__(self, scratch, program):
        self.scratch, self.program, self.logs = scratch, program, []
        folder = scratch.path("certs")
        subprocess.run([os.path.join(ROOT, ".ci", "certs"), folder], check=True, capture_output=True)
        self.authority = os.path.join(folder, "ca.pem")
        # What relays and other servers show.
        self.gateway = types.SimpleNamespace(
            certificate=os.path.join(folder, "server.pem"), key=os.path.join(folder, "server.key"))
        self.wire = Wire(self.authority)


class House(Home):
    """A gateway that speaks SAML."""

    def __init__(self, stage, name, key=None, providers=(), keys=(), people=(), host=HOST, more=None, port=None):
        super().__init__(stage, name, key)
        extra = {
            "providers": [self.LOCAL, *({"type": "saml", "tenant": "main", **row} for row in providers)], **(more or {})}
        if keys or "saml" in extra:
            extra["saml"] = {**extra.get("saml", {}), "keys": rows(keys)}
        self.serve(extra, people, host=host, port=port)
        self.entity = self.url + "/saml/metadata"

    def reconfigure(self, change):
        """Another configuration, and a new start with it."""
        with open(self.gateway.configuration, encoding="utf-8") as file:
            settings = json.load(file)
        change(settings)
        with open(self.gateway.configuration, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        self.stage.logs.append(self.gateway.log)
        self.gateway.restart()

    @property
    def metadata(self):
        answer = self.stage.wire.get(self.entity)
        assert answer.status == 200, f"no metadata: {answer}"
        return answer.text

    def browser(self, address, *others):
        return Caller(self, address, *others)


class Caller(Visitor):
    """A browser that posts the request itself where the gateway has it do so."""

    def depart(self, key=None):
        return self.carried(super().depart(key))

    def steps_up(self):
        """Asked to prove anew who they are."""
        return self.carried(self.elsewhere(f"{self.house.url}/login?provider={self.house.key}&max_age=0"))

    def carried(self, landing):
        if landing.callback or not landing.page.form("SAMLRequest"):
            return landing
        return self.alone(lambda: self.submit(landing.page, landing.page.form("SAMLRequest")))

    def sends(self, method, url, headers, body=None):
        """As a client that is no browser and keeps cookies like one."""
        cookie = self._cookie_header(url, method, False)
        answer = self.wire.send(method, url, [*headers, *([("Cookie", cookie)] if cookie else [])], body)
        for line in answer.all("Set-Cookie"):
            self._keep(line, url)
        return answer

    def arrives(self, back):
        """Brings the gateway what somebody sends it."""
        if back.method == "POST":
            return self.alone(lambda: self.post(back.url, back.pairs))
        return self.alone(lambda: self.open(back.url))


def rows(keys):
    return [{"key_file": pair.key, "certificate_file": pair.certificate} for pair in keys]


__all__ = ["HOST", "Caller", "House", "Somebody", "Stage", "rows"]
