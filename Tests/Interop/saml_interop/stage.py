"""The gateways of a run: one a peer, so that what one does to it troubles no other."""
import json
import os
import shutil
import subprocess
import types

from harness.gateway import ROOT, Gateway, Person
from harness.scratch import free_port
from harness.wire import Wire
from interop.upstream import HOST, Corner, Somebody, Visitor, refusals


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


class House:
    """A gateway that speaks SAML."""

    def __init__(self, stage, name, key=None, providers=(), keys=(), people=(), host=HOST, more=None, port=None):
        self.stage, self.key = stage, key
        self.corner = Corner(stage.scratch, name)
        shutil.copytree(os.path.dirname(stage.authority), self.corner.path("certs"))
        self.port = port or free_port()
        url = f"https://{host}:{self.port}"
        local = {"id": "local", "type": "local", "tenant": "main", "name": "Password"}
        extra = {
            # Browsers say which address they have, as a proxy would: the journal folds what one source is refused.
            "server": {
                "listen": f"127.0.0.1:{self.port}", "public_url": url, "trusted_proxies": ["127.0.0.1/32"],
                "tls": {"certificate_file": self.corner.path("certs", "server.pem"),
                        "key_file": self.corner.path("certs", "server.key")}},
            "providers": [local, *({"type": "saml", "tenant": "main", **row} for row in providers)], **(more or {})}
        if keys or "saml" in extra:
            extra["saml"] = {**extra.get("saml", {}), "keys": rows(keys)}
        # Somebody of its own, with a password here.
        self.neighbour = Person("neighbour", {"display_name": "Neighbour", "mail": "neighbour@house.example"})
        self.gateway = Gateway(self.corner, stage.program, (), [self.neighbour, *people], host=host, port=self.port, extra=extra)
        self.url = self.gateway.issuer
        self.entity = self.url + "/saml/metadata"
        self._read, self._visitors = 0, 0

    def stop(self):
        self.corner.stop(self.gateway.process)
        self.stage.logs.append(self.gateway.log)

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
        return Caller(self, f"192.0.2.{self._visitors}", *others)


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

    def arrives(self, back):
        """Brings the gateway what somebody sends it."""
        if back.method == "POST":
            return self.alone(lambda: self.post(back.url, back.pairs))
        return self.alone(lambda: self.open(back.url))


def rows(keys):
    return [{"key_file": pair.key, "certificate_file": pair.certificate} for pair in keys]


__all__ = ["Caller", "House", "Somebody", "Stage", "rows"]
