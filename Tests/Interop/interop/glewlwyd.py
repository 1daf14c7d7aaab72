"""glewlwyd, an OpenID Provider in C, set up by its administration's own API and with a database of its own. Its pages are a
program of JavaScript that calls its API; here the calls are made as that makes them."""
import gzip
import http.server
import json
import os
import sqlite3
import subprocess
import threading
import urllib.parse

from harness import jose
from harness.gateway import ROOT
from harness.scratch import free_port

from .relay import Relay
from .stage import until
from .upstream import HOST, ROLE, House, Somebody, again, distrusts, first_sign_in, refuses

NAME = "glewlwyd"
UNPACKED = os.environ.get("GLEWLWYD_FOLDER") or os.path.join(ROOT, ".build-glewlwyd")
SCOPES = ["openid", "profile", "email"]
SCHEMA = "/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz"


def place():
    """Where it is: unpacked by .ci/glewlwyd, else the system's."""
    for folder in (UNPACKED, ""):
        if os.access(folder + "/usr/bin/glewlwyd", os.X_OK):
            return folder
    return None


def missing():
    folder = place()
    if folder is None:
        return "Debian's glewlwyd is not here (.ci/glewlwyd .build-glewlwyd)"
    linked = subprocess.run(["ldd", folder + "/usr/bin/glewlwyd"], capture_output=True, text=True).stdout
    absent = [line.split()[0] for line in linked.splitlines() if "not found" in line]
    return f"glewlwyd needs {', '.join(absent)} (.ci/packages interop)" if absent else None


def clients(_stage):
    return []


class Glewlwyd:
    def __init__(self, stage, relay):
        self.stage, self.relay, self.cookie = stage, relay, None
        self.unpacked, self.folder = place(), stage.scratch.path("glewlwyd")
        os.makedirs(self.folder, mode=0o700)
        os.makedirs(self.folder + "/none")
        database = sqlite3.connect(self.folder + "/glewlwyd.db")
        with gzip.open(self.unpacked + SCHEMA, "rt", encoding="utf-8") as schema:
            database.executescript(schema.read())
        database.close()
        modules = self.unpacked + "/usr/lib/glewlwyd"
        stage.scratch.write("glewlwyd/glewlwyd.conf", "\n".join([
            f"port={relay.behind}", 'bind_address="127.0.0.1"', f'external_url="{relay.url}"', 'api_prefix="api"',
            'login_url="login.html"', f'static_files_path="{self.folder}"', 'log_mode="console"', 'log_level="WARNING"',
            'cookie_domain="localhost"', "cookie_secure=1", 'session_key="GLEWLWYD2_SESSION_ID"', "session_expiration=3600",
            'admin_scope="g_admin"', 'profile_scope="g_profile"', 'hash_algorithm="SHA512"',
            f'user_module_path="{modules}/user"', f'user_middleware_module_path="{self.folder}/none"',
            f'client_module_path="{modules}/client"', f'user_auth_scheme_module_path="{modules}/scheme"',
            f'plugin_module_path="{modules}/plugin"',
            f'database = {{ type = "sqlite3"; path = "{self.folder}/glewlwyd.db"; }};', ""]))
        self.process = stage.scratch.start(
            [self.unpacked + "/usr/bin/glewlwyd", "-c", self.folder + "/glewlwyd.conf"], "glewlwyd.log",
            env={"PATH": "/usr/bin:/bin", "HOME": self.folder}, cwd=self.folder)
        if not until(lambda: self.process.poll() is not None or stage.wire.get(relay.url + "/api/").status != 502):
            raise AssertionError(f"it did not start: {self.log[-1500:]}")

    @property
    def log(self):
        return self.stage.scratch.logged("glewlwyd.log")

    @property
    def version(self):
        said = subprocess.run([self.unpacked + "/usr/bin/glewlwyd", "--version"], capture_output=True, text=True)
        return (said.stdout + said.stderr).strip().splitlines()[-1]

    def stop(self):
        self.stage.scratch.stop(self.process)

    def call(self, method, path, body=None):
        """As its administrator."""
        headers = [("Content-Type", "application/json")] + ([("Cookie", self.cookie)] if self.cookie else [])
        answer = self.stage.wire.send(
            method, self.relay.url + "/api" + path, headers, None if body is None else json.dumps(body))
        assert answer.status == 200, f"{method} {path}: {answer} {self.log[-800:]}"
        if given := answer.header("Set-Cookie"):
            self.cookie = given.split(";")[0]
        return json.loads(answer.body or b"{}")

    def set_up(self, client, callbacks, secret, people, **more):
        self.call("POST", "/auth/", {"username": "admin", "password": "password"})
        for name in SCOPES:
            scope = {"name": name, "display_name": name, "description": name, "password_required": True, "scheme": {}}
            self.call(*(("PUT", "/scope/openid") if name == "openid" else ("POST", "/scope/")), scope)
        # What it keeps of people beyond a name and an address.
        kept = {"multiple": False, "read": True, "write": True, "profile-read": True, "profile-write": False}
        users = self.call("GET", "/mod/user/database")
        users["parameters"]["data-format"] |= {"groups": kept | {"multiple": True}, "mail_verified": kept, "section": kept}
        self.call("PUT", "/mod/user/database", users)
        self.call("PUT", "/mod/user/database/reset")
        # Discovery's name of it, which its sample of a database lacks.
        known = self.call("GET", "/mod/client/database")
        single = {"multiple": False, "read": True, "write": True}
        known["parameters"]["data-format"] |= {
            "post_logout_redirect_uris": {"multiple": True, "read": True, "write": True},
            "backchannel_logout_uri": single, "backchannel_logout_session_required": single}
        self.call("PUT", "/mod/client/database", known)
        self.call("PUT", "/mod/client/database/reset")
        key = jose.Key("EC", "glewlwyd-1")
        key = key.with_private_part | {"kid": key.kid, "alg": "ES256"}
        self.call("POST", "/mod/plugin/", {
            "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "order_rank": 0, "parameters": {
                "iss": self.relay.url + "/api/oidc", "jwks-private": json.dumps({"keys": [key]}), "jwks-show": True,
                "allowed-scope": SCOPES, "access-token-duration": 3600, "refresh-token-duration": 1209600,
                "code-duration": 600, "refresh-token-rolling": True, "allow-non-oidc": False,
                "auth-type-code-enabled": True, "auth-type-refresh-enabled": True, "auth-type-client-enabled": False,
                "auth-type-token-enabled": False, "auth-type-implicit-enabled": False,
                "auth-type-password-enabled": False, "auth-type-device-enabled": False, "subject-type": "public",
                "pkce-allowed": True, "pkce-required": True, "name-claim": "mandatory", "email-claim": "mandatory",
                "claims": [
                    {"name": "preferred_username", "user-property": "username", "type": "string", "mandatory": True},
                    {"name": "groups", "user-property": "groups", "type": "string", "mandatory": True},
                    {"name": "section", "user-property": "section", "type": "string", "mandatory": True},
                    {"name": "email_verified", "user-property": "mail_verified", "type": "boolean",
                     "boolean-value-true": "yes", "boolean-value-false": "no", "mandatory": True}],
                "session-management-allowed": True, "back-channel-logout-allowed": True, "session-cookie-name": "GLEWLWYD2_OIDC_SID",
                "session-cookie-expiration": 3600}})
        self.call("POST", "/client/?source=database", {
            "client_id": client, "name": client, "confidential": True, "enabled": True, "client_secret": secret,
            "redirect_uri": callbacks, "authorization_type": ["code", "refresh_token"], "scope": [],
            "token_endpoint_auth_method": ["client_secret_basic"], **more})
        for person in people:
            self.call("POST", "/user/?source=database", person | {"scope": SCOPES, "enabled": True})


class Carrier:
    """Takes logout tokens and carries them on, one at a time: glewlwyd believes the system's authorities and no other."""

    def __init__(self, stage, target):
        self.tokens, self.answers = [], []
        carrier = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                carrier.tokens.append(urllib.parse.parse_qs(body)["logout_token"][0])
                answer = stage.wire.send("POST", target, [("Content-Type", "application/x-www-form-urlencoded")], body)
                carrier.answers.append(answer.status)
                self.send_response(answer.status)
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


def run(stage, told):
    relay, port = Relay(stage), free_port()
    carrier = Carrier(stage, f"https://{HOST}:{port}/login/backchannel-logout/glewlwyd")
    provider = Glewlwyd(stage, relay)
    try:
        told.steps.append("glewlwyd " + provider.version)
        secret = jose.random(32)
        callbacks = [f"https://{HOST}:{port}/login/callback/{key}" for key in ("glewlwyd", "wrong")]
        ada = {"username": "ada", "name": "Ada Lovelace", "email": "ada@glewlwyd.example", "password": jose.random(),
               "groups": ["keepers", "readers"], "mail_verified": "yes", "section": "engines"}
        provider.set_up(
            "house", callbacks, secret, [ada], post_logout_redirect_uris=[f"https://{HOST}:{port}/logout"],
            backchannel_logout_uri=carrier.url, backchannel_logout_session_required="true")
        house = House(stage, "g", port, {
            "id": "glewlwyd", "name": "Glewlwyd", "issuer": relay.url + "/api/oidc", "client_id": "house",
            "groups_claim": "groups", "attributes": {"section": "section"},
            # Its auth_time is 0.
            "says_sign_in_time": False, "sign_out_upstream": True}, secret, "keepers")
        try:
            story(told, house, relay, ada)
            signed_out_there(told, house, relay, ada, carrier)
        except AssertionError as error:
            raise AssertionError(f"{error}; {provider.log[-600:]}") from error
        finally:
            house.stop()
    finally:
        provider.stop()
        relay.stop()
        carrier.stop()


def call(browser, method, url, body=None):
    """What its page does behind a person's back."""
    headers = [("Content-Type", "application/json")]
    if cookie := browser._cookie_header(url, method, False):
        headers.append(("Cookie", cookie))
    answer = browser.wire.send(method, url, headers, None if body is None else json.dumps(body))
    assert answer.status == 200, f"{method} {url}: {answer}"
    for line in answer.all("Set-Cookie"):
        browser._keep(line, url)


def by_password(relay, person):
    """A password, the consent, and on."""
    def at(browser, address):
        browser.homes.append(relay.url)
        landing = browser.away(lambda: browser.open(address))
        if not landing.callback:
            assert "/login.html?" in landing.page.url, f"no login page: {landing}"
            who = {"username": person["username"], "password": person["password"]}
            call(browser, "POST", relay.url + "/api/auth/", who)
            call(browser, "PUT", relay.url + "/api/auth/grant/house", {"scope": " ".join(SCOPES)})
            landing = browser.away(lambda: browser.open(address + "&g_continue"))
        return landing
    return at


def story(told, house, relay, ada):
    somebody, at = Somebody("ada", ada["name"], ada["email"]), by_password(relay, ada)
    browser, _, person = first_sign_in(told, house, somebody, at)
    told.proves(house.may("ada"), f"a mapping of its group gives the role {ROLE}")
    told.proves(person["attributes"] == {"section": "engines"}, "a claim becomes an attribute")
    page = browser.alone(lambda: browser.open(house.url + "/account/unlink/glewlwyd", cross_site=False)).page
    told.proves(page and "Unlink your account" in page.text,
                f"who has just signed in has a fresh proof, whatever its auth_time says ({page})")
    told.steps[-1] = "who has just signed in has a fresh proof, whatever its auth_time says"
    again(told, house, somebody, at, person)
    refuses(told, house, at)
    distrusts(told, house, relay, at)

    leaving = browser.signs_out()
    told.proves(
        leaving.callback and leaving.url.startswith(relay.url + "/api/oidc/end_session?"),
        f"signing out leads on to it ({leaving})")
    # Its page is told which session to end, and where to go then.
    page = browser.away(lambda: browser.open(leaving.url)).page
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query))
    assert asked.get("prompt") == "end_session" and asked.get("sid"), page.url
    call(browser, "DELETE", f"{relay.url}/api/oidc/session/{asked['sid']}/")
    told.proves(asked.get("callback_url") == house.url + "/logout" and not browser.account(), f"and back ({asked})")
    told.steps[-2:] = ["signing out leads on to it, ends its session by the ID token, and leads back"]


def signed_out_there(told, house, relay, ada, carrier):
    """A sign-out that begins there. Its logout tokens have no `exp`, as in drafts of the specification."""
    hints = []

    def look(path, status, body):
        if path.endswith("/token") and status == 200:
            hints.append(json.loads(body)["id_token"])
        return status, body
    relay.tamper = look
    browser = again(told, house, Somebody("ada", ada["name"], ada["email"]), by_password(relay, ada),
                    house.tell("user", "show", "ada"))
    told.steps.pop()
    relay.tamper, before = None, len(carrier.answers)
    page = browser.away(lambda: browser.open(relay.url + "/api/oidc/end_session?id_token_hint=" + hints[-1])).page
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query))
    assert browser.account() and asked.get("sid"), page.url
    call(browser, "DELETE", f"{relay.url}/api/oidc/session/{asked['sid']}/")
    gone = until(lambda: len(carrier.answers) > before and not browser.account())
    _, claims = jose.peek(carrier.tokens[-1])
    told.proves(gone and "exp" not in claims and carrier.answers[-1] == 200,
                f"a sign-out there ends the session here, by a logout token without `exp` ({claims}, {carrier.answers})")
    told.steps[-1] = "a sign-out there ends the session here, by a logout token without `exp`"
