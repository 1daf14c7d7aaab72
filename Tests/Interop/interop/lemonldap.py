"""LemonLDAP::NG, a portal in Perl, as a provider: a file of settings, sessions in files, its demonstration's people, and one
process of Plack before it. Its form is a form, and is filled in as one."""
import glob
import json
import os
import re
import shutil
import subprocess

from cryptography.hazmat.primitives import serialization
from harness import jose
from harness.gateway import ROOT
from harness.scratch import free_port

from .relay import Relay
from .stage import until
from .upstream import HOST, ROLE, House, Somebody, again, distrusts, first_sign_in, refuses, steps_up

NAME = "lemonldap"
UNPACKED = os.environ.get("LEMONLDAP_FOLDER") or os.path.join(ROOT, ".build-lemonldap")
SHARE = "/usr/share/lemonldap-ng/portal/templates"
# It loads a module that draws letters even where nobody is shown any; and takes the place of its own file of settings.
PORTAL = """package NoLetters;
use Mouse;
extends 'Lemonldap::NG::Portal::Main::Plugin';
sub init { 1 }
$INC{'NoLetters.pm'} = __FILE__;
package main;
use Lemonldap::NG::Portal::Main;
Lemonldap::NG::Portal::Main->run({ configStorage => { confFile => '%s' } });
"""


def place():
    """Where it is: unpacked by .ci/lemonldap, else the system's."""
    for folder in (UNPACKED, ""):
        if os.path.exists(folder + "/usr/share/perl5/Lemonldap/NG/Portal/Main.pm"):
            return folder
    return None


def libraries():
    folder = place()
    return ":".join([folder + "/usr/share/perl5", *glob.glob(folder + "/usr/lib/*/perl5/5*")])


def missing():
    if place() is None:
        return "Debian's LemonLDAP::NG is not here (.ci/lemonldap .build-lemonldap)"
    loaded = subprocess.run(
        ["perl", "-MPlack", "-MString::Random", "-MIO::String", "-MCrypt::OpenSSL::RSA", "-e1"], capture_output=True,
        text=True, env={"PATH": "/usr/bin:/bin", "PERL5LIB": libraries()})
    return None if loaded.returncode == 0 else f"LemonLDAP::NG lacks modules of Perl: {loaded.stderr[:200]}"


def version():
    with open(place() + "/usr/share/perl5/Lemonldap/NG/Portal.pm", encoding="utf-8") as module:
        found = re.search(r"VERSION\s*=\s*'([^']+)'", module.read())
    return found[1] if found else "of unknown version"


def clients(_stage):
    return []


class Portal:
    """One portal, whatever it speaks: its settings stand in a file, and count when it starts."""

    def __init__(self, stage, relay, name="lemonldap"):
        self.stage, self.relay, self.name, self.folder = stage, relay, name, stage.scratch.path(name)
        self.process = None
        for folder in ("conf", "sessions", "locks", "cache"):
            os.makedirs(f"{self.folder}/{folder}", mode=0o700)
        cache = f"'cache_root' => '{self.folder}/cache', 'cache_depth' => 3, 'directory_umask' => '007'"
        local = stage.scratch.write(f"{name}/lemonldap-ng.ini", "\n".join([
            "[all]", "logLevel = warn", "[configuration]", "type = File", f"dirName = {self.folder}/conf",
            "localStorage = Cache::FileCache",
            f"localStorageOptions = {{ 'namespace' => 'conf', 'default_expires_in' => 600, {cache} }}",
            "[portal]", "staticPrefix = /static", f"templateDir = {place()}{SHARE}", "languages = en", ""]))
        self.program = stage.scratch.write(f"{name}/portal.psgi", PORTAL % local)
        self.base = {
            "cfgNum": 1, "cfgAuthor": "interop", "cfgDate": 1, "cfgVersion": "2.16.1", "key": jose.random(),
            "domain": "localhost", "portal": relay.url + "/", "cookieName": "lemonldap", "securedCookie": 1,
            # It asks nobody again who was there in these seconds.
            "portalForceAuthnInterval": 2, "authentication": "Demo", "userDB": "Same", "passwordDB": "Demo",
            "registerDB": "Null", "captcha": "NoLetters",
            "demoExportedVars": {"cn": "cn", "mail": "mail", "uid": "uid"}, "exportedVars": {}, "locationRules": {},
            "exportedHeaders": {}, "macros": {"verified": "1"},
            "groups": {"keepers": "$uid eq 'dwho'", "everybody": "1"}, "whatToTrace": "uid",
            "globalStorage": "Apache::Session::File", "globalStorageOptions": self.files("sessions"),
            "persistentStorage": "Apache::Session::File", "persistentStorageOptions": self.files("sessions"),
            "localSessionStorage": "Cache::FileCache", "localSessionStorageOptions": {
                "namespace": "sessions", "cache_root": f"{self.folder}/cache", "cache_depth": 3,
                "default_expires_in": 600, "directory_umask": "007"}}

    def files(self, name):
        return {"Directory": f"{self.folder}/{name}", "LockDirectory": f"{self.folder}/locks",
                "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"}

    def serve(self, settings, path):
        """Starts with what it is told beside the usual, and waits until it answers at a path."""
        self.stop()
        # It keeps a copy of its settings.
        shutil.rmtree(f"{self.folder}/cache")
        os.makedirs(f"{self.folder}/cache", mode=0o700)
        self.stage.scratch.write(f"{self.name}/conf/lmConf-1.json", json.dumps(self.base | settings))
        self.process = self.stage.scratch.start(
            ["perl", place() + "/usr/bin/plackup", "-E", "deployment", "-s", "HTTP::Server::PSGI", "--host", "127.0.0.1",
             "--port", str(self.relay.behind), self.program], f"{self.name}.log",
            env={"PATH": "/usr/bin:/bin", "HOME": self.folder, "PERL5LIB": libraries()}, cwd=self.folder)
        address = self.relay.url + path
        if not until(lambda: self.process.poll() is not None or self.stage.wire.get(address).status != 502):
            raise AssertionError(f"it did not start: {self.log[-1500:]}")

    @property
    def log(self):
        return self.stage.scratch.logged(f"{self.name}.log")

    def stop(self):
        if self.process:
            self.stage.scratch.stop(self.process)


class LemonLDAP(Portal):
    """As an OpenID Provider."""

    def __init__(self, stage, relay, client):
        super().__init__(stage, relay)
        self.serve(self.settings(relay, client), "/.well-known/openid-configuration")

    def settings(self, relay, client):
        key = jose.Key("RSA").private
        return {
            "issuerDBOpenIDConnectActivation": 1, "issuerDBOpenIDConnectPath": "^/oauth2/",
            "issuerDBOpenIDConnectRule": 1, "oidcServiceMetaDataIssuer": relay.url,
            "oidcServiceAllowAuthorizationCodeFlow": 1, "oidcServiceKeyIdSig": "lemonldap-1",
            "oidcServicePrivateKeySig": key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption()).decode(),
            "oidcServicePublicKeySig": key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
            "oidcServiceMetaDataAuthorizeURI": "authorize", "oidcServiceMetaDataTokenURI": "token",
            "oidcServiceMetaDataUserInfoURI": "userinfo", "oidcServiceMetaDataJWKSURI": "jwks",
            "oidcServiceMetaDataEndSessionURI": "logout", "oidcServiceMetaDataIntrospectionURI": "introspect",
            "oidcServiceMetaDataCheckSessionURI": "checksession.html", "oidcServiceMetaDataRegistrationURI": "register",
            "oidcServiceMetaDataBackChannelURI": "blogout", "oidcServiceMetaDataFrontChannelURI": "flogout",
            "oidcRPMetaDataOptions": {"house": {
                "oidcRPMetaDataOptionsIDTokenSignAlg": "RS256", "oidcRPMetaDataOptionsRequirePKCE": 1,
                "oidcRPMetaDataOptionsBypassConsent": 1, "oidcRPMetaDataOptionsLogoutBypassConfirm": 1,
                **{"oidcRPMetaDataOptions" + name: value for name, value in client.items()}}},
            "oidcRPMetaDataExportedVars": {"house": {
                "name": "cn", "preferred_username": "uid", "email": "mail", "email_verified": "verified;bool;auto",
                "groups": "groups;string;always"}},
            "oidcRPMetaDataOptionsExtraClaims": {"house": {"groups": "groups"}}}


def run(stage, told):
    relay, port, secret = Relay(stage), free_port(), jose.random(32)
    base = f"https://{HOST}:{port}"
    provider = LemonLDAP(stage, relay, {
        "ClientID": "house", "ClientSecret": secret, "PostLogoutRedirectUris": base + "/logout",
        "RedirectUris": f"{base}/login/callback/lemonldap {base}/login/callback/wrong"})
    try:
        house = House(stage, "l", port, {
            "id": "lemonldap", "name": "LemonLDAP", "issuer": relay.url, "client_id": "house", "sign_out_upstream": True,
            "scopes": ["openid", "profile", "email", "groups"], "groups_claim": "groups"}, secret, "keepers")
        try:
            told.steps.append("LemonLDAP::NG " + version())
            story(told, house, relay)
        except AssertionError as error:
            raise AssertionError(f"{error}; {provider.log[-900:]}") from error
        finally:
            house.stop()
    finally:
        provider.stop()
        relay.stop()


def by_password(relay, login):
    """Of its demonstration's people the password is the name."""
    def at(browser, address):
        browser.homes.append(relay.url)

        def there():
            landing = browser.open(address)
            # Whoever is known and asked for a fresh proof says on a page of its own that they go on.
            for _ in range(3):
                if landing.callback or not landing.page.forms:
                    break
                form = landing.page.form("password")
                filled = {"user": login, "password": login} if form else {}
                landing = browser.submit(landing.page, form or landing.page.forms[0], filled)
            return landing
        return browser.away(there)
    return at


def story(told, house, relay):
    who, at = Somebody("dwho", "Doctor Who", "dwho@badwolf.org"), by_password(relay, "dwho")
    browser, _, person = first_sign_in(told, house, who, at)
    told.proves(house.may("dwho"), f"a mapping of its group gives the role {ROLE}")
    again(told, house, who, at, person)
    steps_up(told, house, at, 3)
    refuses(told, house, at)
    distrusts(told, house, relay, at)

    leaving = browser.signs_out()
    told.proves(
        leaving.callback and leaving.url.startswith(relay.url + "/oauth2/logout?"), f"signing out leads on to it ({leaving})")
    back = browser.away(lambda: browser.open(leaving.url))
    told.proves(back.callback and back.url.split("?")[0] == house.url + "/logout", f"and back ({back})")
    page = browser.away(lambda: browser.open(relay.url + "/")).page
    told.proves(page and page.form("password") and not browser.account(), f"with no session at either ({page})")
    told.steps[-3:] = ["signing out leads on to it, and back, with no session left at either"]
