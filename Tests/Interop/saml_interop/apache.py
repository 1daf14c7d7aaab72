"""What modules of Apache that are service providers have in common, and mod_auth_mellon, which is Lasso's."""
import os

from interop import apache
from interop.apache import Apache

from harness.scratch import free_port
from harness.wire import with_query

from . import ecp, messages
from .keys import KeyPair
from .messages import OIDS
from .peer import OfDebian
from .served import ServedServiceProvider
from .service_provider import Refused, SignedIn


class BehindApache(ServedServiceProvider):
    """A page of Apache that only people who are signed in see; who they are stands in its headers."""
    MODULE = ""

    def __init__(self, stage):
        self.stage, self.name, self.port = stage, f"{self.KEY}-apache", free_port()
        self.url, self.apache = f"https://app.localhost:{self.port}", None
        self.keys = KeyPair(stage.scratch.path(self.name + "-keys"), "sp")
        # Apache's processes run as somebody else where we are root, and read its key before that.
        os.chmod(stage.scratch.folder, 0o711)
        self.house, self.how, self.wants, self.served = None, {}, "either", None

    @property
    def log(self):
        return self.apache.log if self.apache else ""

    def meet(self, house):
        self.house, self.served = house, None

    def answered_by(self, binding):
        super().answered_by(binding)
        self.served = None

    def given(self):
        """The gateway's metadata as the module is to see them."""
        return messages.by_post_only(self.house.metadata) if self.how.get("binding") == "post" else self.house.metadata

    def begins(self, browser, how):
        how = {name: value for name, value in how.items() if value}
        lasting = {name: value for name, value in how.items() if name in ("binding", "signed")}
        if self.served != lasting:
            self.how = lasting
            self.serve()
            self.served = lasting
        query = {name: "1" for name in ("force", "passive") if how.get(name)}
        return browser.open(self.login(query), cross_site=False)

    def asks_by_client(self, browser):
        if self.served is None:
            self.how = {}
            self.serve()
            self.served = {}
        return ecp.asks(browser, self.url + "/secure/")

    def consumes_by_client(self, browser, asked, answer):
        answered = browser.sends(
            "POST", asked.consumer, [("Content-Type", ecp.MEDIA_TYPE)], asked.package(answer).encode())
        if answered.status not in (302, 303):
            raise Refused(f"{answered} {answered.text[:600]} {self.log[-1200:]}")
        self.reach(browser)
        return self.read(browser.away(lambda: browser.open(self.url + "/secure/", cross_site=False)))

    def forgets(self, browser):
        for key in [key for key in browser.cookies if key[2] == "app.localhost"]:
            del browser.cookies[key]

    def is_signed_in(self, browser):
        landing = browser.away(lambda: browser.open(self.url + "/secure/", cross_site=False))
        return not landing.callback and "This is secure" in landing.page.text

    def read(self, landing):
        if "This is secure" not in landing.page.text:
            raise Refused(f"{landing.page} {landing.page.text[:600]}")
        answer = landing.page.answer
        told = {name: answer.header("X-" + name) for name in (*OIDS, "name", "context", "instant")}
        told = {name: value for name, value in told.items() if value not in (None, "", "(null)")}
        return SignedIn(
            told.get("name"), {name: [told[name]] for name in OIDS if name in told}, told.get("context"),
            told.get("instant"))

    def write(self, name, text, mode=0o644):
        path = self.stage.scratch.write(f"{self.name}-conf/{name}", text, mode)
        os.chmod(os.path.dirname(path), 0o755)
        return path

    def start(self, lines, **more):
        """Apache anew, in a folder of its own each time."""
        self.stop_apache()
        self.starts = getattr(self, "starts", 0) + 1
        self.apache = Apache(self.stage, f"{self.name}-{self.starts}", self.MODULE, lines, self.port, **more)

    def stop_apache(self):
        if self.apache:
            self.apache.stop()

    def stop(self):
        self.stop_apache()


class Mellon(OfDebian, BehindApache):
    KEY, TITLE, MODULE, PACKAGE = "mellon", "mod_auth_mellon", "mod_auth_mellon", "libapache2-mod-auth-mellon"
    LACKS = {"force": "mod_auth_mellon never asks for it"}

    @classmethod
    def missing(cls):
        return apache.missing(cls.MODULE)

    @property
    def entity(self):
        return self.url + "/mellon/metadata"

    @property
    def metadata(self):
        return self.described(False)

    def described(self, signs):
        bindings = messages.BINDING
        kind, path = {
            "post": ("HTTP-POST", "postResponse"), "artifact": ("HTTP-Artifact", "artifactResponse"),
            "paos": ("PAOS", "paosResponse")}[self.answers]
        return "".join([
            f'<md:EntityDescriptor xmlns:md="{messages.NAMES["md"]}" xmlns:ds="{messages.NAMES["ds"]}"',
            f' entityID="{self.entity}"><md:SPSSODescriptor AuthnRequestsSigned="{"true" if signs else "false"}"',
            f' protocolSupportEnumeration="{messages.NAMES["p"]}"><md:KeyDescriptor><ds:KeyInfo><ds:X509Data>',
            f"<ds:X509Certificate>{self.keys.text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
            f'<md:SingleLogoutService Binding="{bindings}HTTP-Redirect" Location="{self.url}/mellon/logout"/>',
            "<md:NameIDFormat>" + messages.PERSISTENT + "</md:NameIDFormat>",
            # It asks for the place that is its own default.
            f'<md:AssertionConsumerService Binding="{bindings}{kind}" Location="{self.url}/mellon/{path}"',
            ' index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>'])

    def serve(self):
        with open(self.keys.key, encoding="utf-8") as file:
            key = self.write("sp.key", file.read(), 0o600)
        self.start([
            f"MellonLockFile {self.stage.scratch.path(self.name + '-conf')}/lock",
            "<Location />", "MellonEnable info", "MellonEndpointPath /mellon",
            f"MellonSPMetadataFile {self.write('sp.xml', self.described(bool(self.how.get('signed'))))}",
            f"MellonSPPrivateKeyFile {key}", f"MellonSPCertFile {self.write('sp.pem', self.keys.certificate_text)}",
            f"MellonIdPMetadataFile {self.write('house.xml', messages.changed(self.given(), lambda _: None))}",
            "MellonVariable interop", "MellonSecureCookie On", "MellonCookieSameSite none", "MellonSignatureMethod rsa-sha256",
            *(f"MellonSetEnvNoPrefix {name} {oid}" for name, oid in OIDS.items()), "MellonSetEnvNoPrefix name NAME_ID",
            *([f"MellonIdPCAFile {self.stage.authority}"] if self.answers == "artifact" else []),
            "MellonUser NAME_ID", "</Location>", "<Location /secure>", "AuthType Mellon", "MellonEnable auth",
            "Require valid-user", *(f'Header always set X-{name} "%{{{name}}}e"' for name in OIDS),
            'Header always set X-name "%{name}e"', "</Location>"])

    def leaves(self, browser):
        back = {"ReturnTo": self.url + "/open/"}
        return browser.open(with_query(self.url + "/mellon/logout", back), cross_site=False)

    def login(self, query):
        if not query:
            return self.url + "/secure/"
        asked = {"ReturnTo": self.url + "/secure/", "IdP": self.house.entity, "IsPassive": "true"}
        return with_query(self.url + "/mellon/login", asked)
