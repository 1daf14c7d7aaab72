"""SimpleSAMLphp, an identity provider and service provider in PHP: a folder of settings, PHP's own server, a relay with TLS."""
import json
import os
import secrets
import shutil
import subprocess

from harness.gateway import ROOT
from interop.relay import Relay
from interop.stage import until

from . import messages
from .keys import KeyPair
from .served import ServedIdentityProvider

UNPACKED = os.environ.get("SAML_PEERS_FOLDER") or os.path.join(ROOT, ".build-saml-peers")
SHARE = "/usr/share/simplesamlphp"
# An application of its own beside it: who is signed in, as JSON.
APPLICATION = """<?php
$_SERVER['HTTPS'] = 'on';
if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/application') {
    return false;
}
require '%s/lib/_autoload.php';
$source = new \\SimpleSAML\\Auth\\Simple('house');
if (isset($_GET['forget'])) {
    \\SimpleSAML\\Session::getSessionFromRequest()->doLogout('house');
    exit('forgotten');
}
if (isset($_GET['leave'])) {
    $source->logout('%s/application?left');
}
if (isset($_GET['left'])) {
    exit('left');
}
if (!isset($_GET['look'])) {
    $source->requireAuth(['ForceAuthn' => isset($_GET['force']), 'isPassive' => isset($_GET['passive'])]);
}
header('Content-Type: application/json');
$name = $source->getAuthData('saml:sp:NameID');
echo json_encode([
    'in' => $source->isAuthenticated(), 'name' => $name ? $name->getValue() : null,
    'attributes' => $source->getAttributes(), 'context' => $source->getAuthData('saml:sp:AuthnContext'),
]);
"""
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def place():
    """Where it is: unpacked by .ci/saml-peers, else the system's."""
    return next((folder for folder in (UNPACKED, "") if os.path.exists(folder + SHARE + "/www/module.php")), None)


def missing():
    if place() is None:
        return "Debian's simplesamlphp is not here (.ci/saml-peers .build-saml-peers)"
    if not shutil.which("php"):
        return "Debian's php-cli is not installed (.ci/packages saml)"
    needed = {"dom", "mbstring", "openssl", "pdo_sqlite", "curl", "soap", "xml"}
    absent = needed - set(subprocess.run(["php", "-m"], capture_output=True, text=True).stdout.split())
    return f"PHP lacks {', '.join(sorted(absent))} (.ci/packages saml)" if absent else None


def version():
    with open(f"{place()}{SHARE}/lib/SimpleSAML/Configuration.php", encoding="utf-8") as file:
        return file.read().split("public const VERSION = '", 1)[1].split("'", 1)[0] + " of Debian"


class Server:
    """One installation: what it is told stands in files that it reads at every request."""

    def __init__(self, stage, name):
        self.stage, self.name, self.relay = stage, name, Relay(stage)
        self.url, self.folder = self.relay.url, stage.scratch.path(name)
        for folder in ("config", "metadata", "data", "log", "sessions", "cert"):
            os.makedirs(f"{self.folder}/{folder}", mode=0o700)
        self.keys = [KeyPair(f"{self.folder}/cert", key) for key in ("old", "new")]
        self.write("config/config.php", "config", {
            "baseurlpath": self.url + "/", "certdir": self.folder + "/cert/", "loggingdir": self.folder + "/log/",
            "datadir": self.folder + "/data/", "tempdir": self.folder + "/data/tmp", "metadatadir": self.folder + "/metadata/",
            "application": {"baseURL": self.url}, "technicalcontact_name": "Nobody", "technicalcontact_email": "nobody@idp.example", "timezone": "UTC",
            "secretsalt": secrets.token_hex(16), "auth.adminpassword": secrets.token_hex(16),
            "logging.handler": "file", "logging.level": 7, "debug": {"saml": False, "backtraces": True}, "showerrors": True,
            "errorreporting": False, "enable.saml20-idp": True, "session.cookie.secure": True, "store.type": "sql",
            "store.sql.dsn": f"sqlite:{self.folder}/data/store.sqlite", "trusted.url.domains": None,
            "module.enable": {"exampleauth": True, "core": True, "saml": True}, "language.default": "en",
            "language.available": ["en"]})
        stage.scratch.write(f"{name}/application.php", APPLICATION % (place() + SHARE, self.url))
        # It has no setting for whose word counts when it asks by TLS itself, and PHP has. Its settings change under it.
        self.process = stage.scratch.start(
            ["php", "-d", f"session.save_path={self.folder}/sessions", "-d", f"openssl.cafile={stage.authority}",
             "-d", "opcache.enable=0", "-S", f"127.0.0.1:{self.relay.behind}", "-t", place() + SHARE + "/www",
             f"{self.folder}/application.php"], f"{name}.log",
            env={"PATH": "/usr/bin:/bin", "HOME": self.folder, "SIMPLESAMLPHP_CONFIG_DIR": self.folder + "/config",
                 "PHP_CLI_SERVER_WORKERS": "4"}, cwd=self.folder)

    def started(self, path):
        if not until(lambda: self.process.poll() is not None or self.stage.wire.get(self.url + path).status == 200):
            raise AssertionError(f"it did not start: {self.stage.wire.get(self.url + path)} {self.log[-1500:]}")

    def write(self, name, variable, value):
        """A file of its settings: PHP that reads JSON."""
        text = json.dumps(value).replace("\\", "\\\\").replace("'", "\\'")
        self.stage.scratch.write(f"{self.name}/{name}", f"<?php\n${variable} = json_decode('{text}', true);\n")

    def sources(self, sources):
        """Where it finds metadata."""
        path = f"{self.folder}/config/config.php"
        with open(path, encoding="utf-8") as file:
            text = file.read().split("$config['metadata.sources']")[0]
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + f"$config['metadata.sources'] = json_decode('{json.dumps(sources)}', true);\n")

    @property
    def log(self):
        return self.stage.scratch.logged(f"{self.name}.log", self.folder + "/log/simplesamlphp.log")

    def stop(self):
        self.stage.scratch.stop(self.process)
        self.relay.stop()


class IdentityProvider(ServedIdentityProvider):
    KEY, TITLE = "simplesamlphp", "SimpleSAMLphp"
    LEAVES = "/saml2/idp/initSLO.php?RelayState=%2Fapplication%3Fleft"
    LACKS = {"gcm": "SimpleSAMLphp before 2.0 encrypts by AES-128-CBC only"}
    missing, version = staticmethod(missing), staticmethod(version)

    def __init__(self, stage):
        self.server = Server(stage, "simplesamlphp-idp")
        self.url, self.stage, self.houses = self.server.url, stage, []
        self.how, self.signing, self.published = {}, self.server.keys[0], self.server.keys[:1]
        people = {
            f"{person.login}:{self.password_of(person)}": {
                "uid": [person.login], "mail": [person.mail], "displayName": [person.name]} for person in self.PEOPLE}
        self.server.write("config/authsources.php", "config", {"people": {"0": "exampleauth:UserPass", **people}})
        self.write()
        self.server.started("/saml2/idp/metadata.php")

    def write(self):
        hosted = {
            "host": "__DEFAULT__", "auth": "people", "privatekey": self.signing.key, "certificate": self.signing.certificate,
            "signature.algorithm": RSA_SHA256, "sign.logout": True, "redirect.validate": True,
            "validate.authnrequest": bool(self.how.get("wants_signed")),
            "SingleSignOnServiceBinding": [messages.BINDING + "HTTP-Redirect", messages.BINDING + "HTTP-POST"],
            "SingleLogoutServiceBinding": [messages.BINDING + "HTTP-Redirect", messages.BINDING + "HTTP-POST"],
            "NameIDFormat": [messages.PERSISTENT],
            "attributes.NameFormat": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
            "saml20.sign.response": "response" in self.how.get("sign", self.SIGNS),
            "saml20.sign.assertion": "assertion" in self.how.get("sign", self.SIGNS),
            "assertion.encryption": bool(self.how.get("encrypt")), "saml20.sendartifact": True,
            "authproc": {
                "3": {"class": "saml:PersistentNameID", "attribute": "uid"},
                "10": {"class": "core:AttributeMap", **messages.OIDS}}}
        others = [pair for pair in self.published if pair is not self.signing]
        if others:
            hosted |= {"new_privatekey": others[0].key, "new_certificate": others[0].certificate}
        self.server.write("metadata/saml20-idp-hosted.php", "metadata", {self.url + "/idp": hosted})
        self.server.sources([{"type": "flatfile"}, *({"type": "xml", "file": path} for path in self.houses)])

    @property
    def metadata(self):
        answer = self.stage.wire.get(self.url + "/saml2/idp/metadata.php")
        assert answer.status == 200, f"{answer} {self.server.log[-800:]}"
        if len(self.published) == 1:
            return messages.with_keys(answer.text, "IDPSSODescriptor", [self.published[0].text])
        return answer.text

    @property
    def log(self):
        return self.server.log

    def meet(self, houses):
        self.houses = [
            self.stage.scratch.write(f"{self.server.name}/metadata/house-{index}.xml", house.metadata)
            for index, house in enumerate(houses)]
        self.write()

    def settle(self, **how):
        self.how = how
        self.write()

    def roll(self, stage):
        self.published = [self.server.keys, self.server.keys, self.server.keys[1:]][stage]
        self.signing = self.server.keys[min(stage, 1)]
        self.write()

    def old_again(self):
        self.signing = self.server.keys[0]
        self.published = self.server.keys[:1]
        self.write()

    def stop(self):
        self.server.stop()
