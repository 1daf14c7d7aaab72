"""What the gateway's checks ask of a service provider, and those that are a library."""
import shutil
import subprocess
import types

from harness.browser import Landing

from . import messages, scripts
from .keys import KeyPair
from .peer import Asked, LassoPackage, OfDebian, OfPyPI, Peer, PySAML2Package


class SignedIn:
    """Whom the service provider takes somebody for."""

    def __init__(self, name, attributes, context=None, instant=None, session=None):
        self.name, self.attributes, self.context, self.instant, self.session = name, attributes, context, instant, session


class Refused(AssertionError):
    """The service provider does not believe it, in its own words."""


class ServiceProvider(Peer):
    # What it calls itself, and how it wants to be answered.
    entity, answers = "", "post"

    def meet(self, house):
        """Is told of the gateway; again where its metadata have changed."""

    def answered_by(self, binding):
        """How it wants to be answered from now on, `post`, `artifact` or `paos`: its metadata and what it asks for say so."""
        self.answers = binding

    def asks(self, browser, **how):
        """Where it sends a browser that wants to be signed in: `binding`, `signed`, `force`, `passive`."""
        raise NotImplementedError

    def consumes(self, browser, asked, back):
        """What it makes of the answer; raises `Refused`."""
        raise NotImplementedError

    def asks_by_client(self, browser):
        """What a client that is no browser is to carry (`ecp.Asked`)."""
        raise NotImplementedError

    def consumes_by_client(self, browser, asked, answer):
        """What it makes of the gateway's envelope, brought by such a client; raises `Refused`."""
        raise NotImplementedError

    def forgets(self, browser):
        """Its session alone ends, as if the browser had never been there; libraries keep none."""

    def is_signed_in(self, browser):
        """Whether it still knows the browser's person; None where a library keeps no sessions."""
        return None


class Scripted(Asked, ServiceProvider):
    # Its other script, for the Enhanced Client or Proxy Profile: the client is the library's as well.
    ROLE, CLIENT = "SPSSODescriptor", None

    def __init__(self, stage):
        self.keys = KeyPair(stage.scratch.path(self.KEY + "-sp"), "sp")
        place = f"https://sp.example/{self.KEY}"
        self.base = {
            "entity": place, "acs": place + "/acs", "slo": place + "/slo", "key": self.keys.key,
            "certificate": self.keys.certificate, "signs_requests": False, "answers": "post", "authority": stage.authority}
        self.peer, self.wants, self.published = None, "either", [self.keys]

    def step(self, step, script=None, **more):
        try:
            return super().step(step, script, **more)
        except scripts.Failed as error:
            raise Refused(str(error)) from error

    @property
    def entity(self):
        return self.base["entity"]

    @property
    def metadata(self):
        return self.described(script=self.CLIENT if self.answers == "paos" else None)

    def meet(self, house):
        self.peer = house.metadata

    def answered_by(self, binding):
        super().answered_by(binding)
        self.base["answers"] = binding

    def asks(self, browser, **how):
        said = self.step("request", peer=self.peer, wants=self.wants, **{"signed": False, **how})
        if "fields" in said:
            landing = Landing(url=said["url"], method="POST", pairs=[tuple(pair) for pair in said["fields"]])
        else:
            landing = browser._left(said["url"], "GET")
        landing.request = said["request"]
        return landing

    def consumes(self, browser, asked, back):
        assert back.url.split("?")[0] == self.base["acs"], f"brought to {back.url}"
        assert back.params.get("RelayState") == "a-state", f"RelayState {back.params.get('RelayState')}"
        said = self.step("consume", peer=self.peer, wants=self.wants, request=asked.request, fields=back.params)
        return SignedIn(said["name"], said["attributes"], said.get("context"), said.get("instant"), said["session"])

    def asks_by_client(self, browser):
        said = self.step("ask", self.CLIENT, peer=self.peer)
        return types.SimpleNamespace(said=said, body=said["body"], media_type=said.get("type", "text/xml"))

    def consumes_by_client(self, browser, asked, answer):
        said = self.step("consume", self.CLIENT, peer=self.peer, **{**asked.said, "body": answer})
        assert said["url"] == self.base["acs"], f"brought to {said['url']}"
        return SignedIn(said["name"], {}, said["context"])

    # Logout

    def signs_out(self, browser, somebody):
        said = self.step("logout", peer=self.peer, session=somebody.session)
        landing = browser._left(said["url"], "GET")
        landing.request = said["request"]
        return landing

    def is_signed_out(self, browser, asked, back):
        self.step("logout_done", peer=self.peer, query=messages.query_of(back), request=asked.request)

    def answers_logout(self, browser, asked, somebody):
        said = self.step("logout_answer", peer=self.peer, query=messages.query_of(asked), session=somebody.session)
        return browser._left(said["url"], "GET")


class PySAML2(PySAML2Package, Scripted):
    KEY, TITLE, SCRIPT = "pysaml2", "pysaml2", "pysaml2_sp.py"
    CLIENT = "pysaml2_ecp.py"


class Python3SAML(OfPyPI, Scripted):
    KEY, TITLE, SCRIPT, PACKAGE, MODULE = "python3-saml", "python3-saml", "python3_saml_sp.py", "python3-saml", "onelogin"
    LACKS = {"post": "python3-saml sends requests by Redirect only", "artifact": "the library knows no artifacts",
             "ecp": "the library knows browsers only"}


class RubySAML(OfDebian, Scripted):
    KEY, TITLE, SCRIPT, PROGRAM, PACKAGE = "ruby-saml", "ruby-saml", "ruby_saml_sp.rb", "/usr/bin/ruby", "ruby-saml"
    LACKS = {"artifact": "the library knows no artifacts", "ecp": "the library knows browsers only"}

    @classmethod
    def is_there(cls):
        return bool(shutil.which("ruby", path="/usr/bin")) and subprocess.run(
            [cls.PROGRAM, "-e", "require 'onelogin/ruby-saml'"], capture_output=True).returncode == 0


class Lasso(LassoPackage, Scripted):
    KEY, TITLE, SCRIPT, PROGRAM = "lasso", "Lasso", "lasso_sp.py", scripts.SYSTEM_PYTHON
    CLIENT = "lasso_ecp.py"
