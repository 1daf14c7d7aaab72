"""pyFF, which federations publish their metadata with: signed, whole or an entity at a time (MDQ)."""
import json
import os
import subprocess

from harness.gateway import ROOT
from interop.relay import Relay
from interop.stage import until

from .keys import KeyPair
from .peer import Peer

ENVIRONMENT = os.environ.get("PYFF_ENVIRONMENT") or os.path.join(ROOT, ".build-pyff")


class Federation(Peer):
    KEY, TITLE = "pyff", "pyFF"

    @classmethod
    def missing(cls):
        if os.path.exists(ENVIRONMENT + "/bin/pyffd") and cls.version():
            return None
        return "PyPI's pyFF is not installed (.ci/python-venv .build-pyff pyff)"

    @classmethod
    def version(cls):
        done = subprocess.run(
            [ENVIRONMENT + "/bin/python", "-c", "import importlib.metadata as m; print(m.version('pyFF'))"],
            capture_output=True, text=True)
        return done.stdout.strip() and done.stdout.strip() + " of PyPI"

    def __init__(self, stage):
        self.stage, self.relay, self.process = stage, Relay(stage), None
        self.url, self.folder = self.relay.url, stage.scratch.path("pyff")
        self.signer = KeyPair(self.folder, "federation")

    def publish(self, files, fetched=()):
        """Starts with metadata of files, and with those of addresses, each of which are signed by the key of a certificate."""
        self.stop_server()
        sources = [*files, *(f"{address} verify {certificate}" for address, certificate in fetched)]
        served = [
            "first", {"finalize": {"cacheDuration": "PT12H", "validUntil": "P10D"}},
            {"sign": {"key": self.signer.key, "cert": self.signer.certificate}},
            {"emit": "application/samlmetadata+xml"}, "break"]
        # YAML contains JSON.
        pipeline = self.stage.scratch.write("pyff/federation.fd", json.dumps([
            {"when update": [{"load": sources}, "break"]},
            {"when request": [
                "select", {"pipe": [{"when accept application/samlmetadata+xml application/xml": served}]}]}]))
        self.process = self.stage.scratch.start(
            [ENVIRONMENT + "/bin/pyffd", "-f", "--loglevel=INFO", "-H", "127.0.0.1", "-P", str(self.relay.behind), "-p",
             self.folder + "/pyff.pid", "--frequency=600", pipeline], "pyff.log", cwd=self.folder,
            env={"PATH": ENVIRONMENT + "/bin:/usr/bin:/bin", "HOME": self.folder,
                 "REQUESTS_CA_BUNDLE": self.stage.authority})
        # What is asked for before it has read them it remembers to have none of.
        if not until(lambda: self.process.poll() is not None or self.known() == len(sources), 40):
            raise AssertionError(f"it knows {self.known()} entities of {len(sources)}: {self.log[-2500:]}")

    def known(self):
        """How many entities it has."""
        answer = self.stage.wire.get(self.url + "/api/status")
        return answer.json["store"]["size"] if answer.status == 200 else 0

    @property
    def log(self):
        return self.stage.scratch.logged("pyff.log")

    def stop_server(self):
        if self.process:
            self.stage.scratch.stop(self.process)

    def stop(self):
        self.stop_server()
        self.relay.stop()
