#!/usr/bin/env python3
"""Starts Debian's glewlwyd on loopback, with a database of its own, as a peer to measure beside.

    glewlwyd.py --unpacked FOLDER --certificate FILE --key FILE [--key-type RS256]

Its package is unpacked into FOLDER, not installed: installed, it would be started at the machine's next boot, reachable from
everywhere, with a password that is in its manual. What it links against comes with `.ci/packages peers`.

Everything that is set is set by its own administration API: the OpenID Connect plugin with a fresh key and one confidential
client. Then one line of JSON tells where it is and with what, and it runs until standard input ends. Where there is no
glewlwyd, the line is {"unavailable": REASON}.
"""
import argparse
import base64
import glob
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time

CLIENT, SECRET, SCOPE = "bench", "a-secret-of-thirty-two-characters", "orders"


class Unavailable(Exception):
    pass


def unpack(folder):
    """The package's files, fetched where they are not there yet."""
    program = os.path.join(folder, "usr/bin/glewlwyd")
    if os.path.exists(program):
        return
    os.makedirs(folder, exist_ok=True)
    try:
        fetched = subprocess.run(
            ["apt-get", "-q", "download", "glewlwyd"], cwd=folder, capture_output=True, text=True)
        packages = glob.glob(os.path.join(folder, "glewlwyd_*.deb"))
        if fetched.returncode != 0 or not packages:
            raise Unavailable("its Debian package could not be fetched")
        subprocess.run(["dpkg", "-x", packages[0], folder], check=True)
    except FileNotFoundError:
        raise Unavailable("this is not a Debian system")
    linked = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    missing = [line.split()[0] for line in linked.splitlines() if "not found" in line]
    if missing:
        os.unlink(program)
        raise Unavailable("it needs " + ", ".join(missing))


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Glewlwyd:
    def __init__(self, unpacked, folder, certificate, key):
        self.unpacked, self.folder, self.port = unpacked, folder, free_port()
        self.secure = certificate is not None
        self.url = f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"
        self.cookie = None
        self.make_database()
        self.configure(certificate, key)
        self.log = open(os.path.join(folder, "log"), "wb")
        self.process = subprocess.Popen(
            [os.path.join(unpacked, "usr/bin/glewlwyd"), "-c", os.path.join(folder, "glewlwyd.conf")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def make_database(self):
        """Its package's schema, with the administrator whom that has."""
        schema = os.path.join(self.unpacked, "usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
        database = sqlite3.connect(os.path.join(self.folder, "glewlwyd.db"))
        database.executescript(gzip.open(schema, "rt").read())
        database.close()

    def configure(self, certificate, key):
        """Its sample's settings, as a service has them that only logs what goes wrong."""
        modules = os.path.join(self.unpacked, "usr/lib/glewlwyd")
        lines = [
            f"port={self.port}", 'bind_address="127.0.0.1"', f'external_url="{self.url}"', 'api_prefix="api"',
            'login_url="login.html"', f'static_files_path="{self.folder}"', 'log_mode="console"', 'log_level="ERROR"',
            'cookie_domain="127.0.0.1"', f"cookie_secure={int(self.secure)}", 'session_key="GLEWLWYD2_SESSION_ID"',
            "session_expiration=2419200", 'admin_scope="g_admin"', 'profile_scope="g_profile"', 'hash_algorithm="SHA512"',
            f'user_module_path="{modules}/user"', f'user_middleware_module_path="{self.folder}"',
            f'client_module_path="{modules}/client"', f'user_auth_scheme_module_path="{modules}/scheme"',
            f'plugin_module_path="{modules}/plugin"',
            f'database = {{ type = "sqlite3"; path = "{self.folder}/glewlwyd.db"; }};',
        ]
        if self.secure:
            lines += [
                "use_secure_connection=true", f'secure_connection_key_file="{key}"',
                f'secure_connection_pem_file="{certificate}"',
            ]
        with open(os.path.join(self.folder, "glewlwyd.conf"), "w") as file:
            file.write("\n".join(lines) + "\n")

    def wait(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
        self.log.flush()
        with open(os.path.join(self.folder, "log")) as log:
            raise Unavailable("it did not start: " + log.read()[-500:])

    def call(self, method, path, body=None, form=None, headers=()):
        """One request to it; what it answers, which has to be a success."""
        headers = dict(headers)
        if self.cookie:
            headers["Cookie"] = self.cookie
        if form is not None:
            body, headers["Content-Type"] = form, "application/x-www-form-urlencoded"
        elif body is not None:
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        if self.secure:
            # Our own child on loopback, with a certificate of an authority that nobody else knows.
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise Unavailable(f"{method} {path} was answered with {response.status}: {text[:300]}")
        given = response.getheader("Set-Cookie")
        if given:
            self.cookie = given.split(";")[0]
        connection.close()
        return text

    def set_up(self, key_type):
        self.call("POST", "/api/auth/", {"username": "admin", "password": "password"})
        self.call("POST", "/api/scope/", {
            "name": SCOPE, "display_name": SCOPE, "description": SCOPE, "password_required": False, "scheme": {}})
        private, public = make_key(self.folder, key_type)
        self.call("POST", "/api/mod/plugin/", {
            "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "order_rank": 0, "parameters": {
                "iss": self.url, "jwt-type": "ecdsa" if key_type == "ES256" else "rsa", "jwt-key-size": "256",
                "key": private, "cert": public, "jwks-show": True, "allowed-scope": ["openid", SCOPE],
                "access-token-duration": 3600, "refresh-token-duration": 1209600, "code-duration": 600,
                "refresh-token-rolling": True, "allow-non-oidc": True, "auth-type-client-enabled": True,
                "auth-type-code-enabled": True, "auth-type-refresh-enabled": True, "auth-type-token-enabled": False,
                "auth-type-implicit-enabled": False, "auth-type-password-enabled": False,
                "auth-type-device-enabled": False, "subject-type": "public", "introspection-revocation-allowed": True,
                "introspection-revocation-allow-target-client": True,
            }})
        # A secret is compared as it is; a password would cost it a hash.
        self.call("POST", "/api/client/?source=database", {
            "client_id": CLIENT, "name": CLIENT, "confidential": True, "enabled": True, "client_secret": SECRET,
            "scope": [SCOPE], "redirect_uri": ["https://app.example.org/callback"],
            "authorization_type": ["client_credentials", "code"],
            "token_endpoint_auth_method": ["client_secret_basic"]})
        self.cookie = None

    def token(self):
        answer = self.call(
            "POST", "/api/oidc/token", form=f"grant_type=client_credentials&scope={SCOPE}",
            headers={"Authorization": basic()})
        return json.loads(answer)["access_token"]

    def describe(self):
        token = self.token()
        seen = json.loads(
            self.call("POST", "/api/oidc/introspect", form="token=" + token, headers={"Authorization": basic()}))
        if seen.get("active") is not True:
            raise Unavailable(f"its own token is not active: {seen}")
        keys = json.loads(self.call("GET", "/api/oidc/jwks"))["keys"]
        return {
            "process": self.process.pid, "port": self.port, "isSecure": self.secure, "client": CLIENT, "secret": SECRET,
            "scope": SCOPE, "token": token, "algorithm": keys[0].get("alg", ""), "version": self.version(),
            "discovery": "/api/oidc/.well-known/openid-configuration", "keys": "/api/oidc/jwks",
            "tokenPath": "/api/oidc/token", "introspection": "/api/oidc/introspect",
        }

    def version(self):
        program = os.path.join(self.unpacked, "usr/bin/glewlwyd")
        said = subprocess.run([program, "--version"], capture_output=True, text=True)
        return (said.stdout + said.stderr).strip().splitlines()[-1:][0] if said.stdout + said.stderr else ""

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def basic():
    return "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()


def make_key(folder, key_type):
    private, public = os.path.join(folder, "private.pem"), os.path.join(folder, "public.pem")
    kind = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if key_type == "ES256" else ["RSA"]
    subprocess.run(["openssl", "genpkey", "-algorithm", *kind, "-out", private], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    with open(private) as first, open(public) as second:
        return first.read(), second.read()


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--unpacked", required=True)
    reader.add_argument("--certificate")
    reader.add_argument("--key")
    reader.add_argument("--key-type", default="ES256", choices=["ES256", "RS256"])
    arguments = reader.parse_args()
    folder = tempfile.mkdtemp(prefix="glewlwyd-")
    peer = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        unpacked = os.path.abspath(arguments.unpacked)
        unpack(unpacked)
        peer = Glewlwyd(unpacked, folder, arguments.certificate, arguments.key)
        peer.wait()
        peer.set_up(arguments.key_type)
        print(json.dumps(peer.describe()), flush=True)
        sys.stdin.read()
    except (Unavailable, OSError, subprocess.CalledProcessError) as reason:
        print(json.dumps({"unavailable": str(reason)}), flush=True)
    finally:
        if peer:
            peer.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
