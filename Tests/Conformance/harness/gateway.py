"""A gateway of our own, served as an operator serves it: TLS by a throw-away authority, people, clients."""
import base64
import hashlib
import json
import os
import secrets
import subprocess
import time

from .scratch import free_port
from .wire import Wire

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Person:
    def __init__(self, login, details=None):
        self.login = login
        self.password = "correct-horse-" + secrets.token_urlsafe(12)
        self.details = details or {}

    @property
    def row(self):
        """A row of `gatehouse user import`, with a salted digest such as a directory has: cheap to make, and replaced at the
        first sign-in."""
        salt = secrets.token_bytes(16)
        digest = hashlib.sha512(self.password.encode() + salt).digest()
        return {"login": self.login, "password_hash": "{SSHA512}" + base64.b64encode(digest + salt).decode(),
                **self.details}


def well_known_person(login):
    """Somebody of whom everything is known that scopes of OpenID Connect ask for and the gateway keeps."""
    return Person(login, {
        "display_name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace",
        "mail": f"{login}@people.example",
        "attributes": {
            "phone_number": "+44 20 7946 0000", "phone_number_verified": True, "email_verified": True,
            "address": {"formatted": "12 St James's Square, London", "locality": "London", "country": "GB"},
            "zoneinfo": "Europe/London", "locale": "en-GB", "nickname": "ada",
        },
    })


class Gateway:
    """Makes everything in the folder of a `Scratch`, and serves until that is closed."""

    def __init__(self, scratch, program, clients, people, secrets_of=None, oauth=None, extra=None, started=True,
                 host=None, port=None, proxies=()):
        self.scratch = scratch
        self.program = os.path.abspath(program)
        self.port = port or free_port()
        # With a host of its own it is at the default port as far as everybody can tell, as behind a proxy; unless it is
        # given both.
        self.issuer = f"https://{host}" if host and not port else f"https://{host or 'localhost'}:{self.port}"
        self.people = {person.login: person for person in people}
        self._make_authority()
        self.wire = Wire(self.authority)
        if host and not port:
            self.wire.ports[host, 443] = self.port
        self.proxies = list(proxies)
        self._configure(clients, secrets_of or {}, oauth or {}, extra or {})
        self._import(people)
        self.process = None
        if started:
            self.serve()

    # What tests ask

    @property
    def metadata(self):
        """The discovery document of OpenID Connect, or while there is none that of RFC 8414."""
        for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
            answer = self.wire.get(self.issuer + path)
            if answer.status == 200:
                return answer.json
        raise AssertionError(f"no discovery document: {answer}")

    def command(self, *arguments, check=True):
        done = subprocess.run(
            [self.program, *arguments, "--config", self.configuration], env=self.environment, capture_output=True,
            text=True, timeout=120)
        if check and done.returncode != 0:
            raise RuntimeError(f"gatehouse {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def serve(self):
        self.process = self.scratch.start([self.program, "serve", "--config", self.configuration], "serve.log",
                                          env=self.environment)
        for _ in range(600):
            if '"message":"ready"' in self.log:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("gatehouse serve did not become ready: " + self.log[-3000:])

    def restart(self):
        self.scratch.stop(self.process)
        open(self.scratch.path("serve.log"), "w").close()
        self.serve()

    @property
    def log(self):
        return self.scratch.logged("serve.log")

    # How it is made

    def _make_authority(self):
        folder = self.scratch.path("certs")
        subprocess.run([os.path.join(ROOT, ".ci", "certs"), folder], check=True, capture_output=True)
        self.authority = os.path.join(folder, "ca.pem")
        self.certificate = os.path.join(folder, "server.pem")
        self.key = os.path.join(folder, "server.key")
        # For clients that know no authority of their own choosing: this one beside the system's.
        bundle = "/etc/ssl/certs/ca-certificates.crt"
        system = open(bundle, encoding="utf-8").read() if os.path.exists(bundle) else ""
        self.bundle = self.scratch.write("bundle.pem", system + open(self.authority, encoding="utf-8").read(), 0o644)

    @property
    def environment(self):
        return {
            "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GATEHOUSE_SHARE": os.path.join(ROOT, "config"),
        }

    def _configure(self, clients, secrets_of, oauth, extra):
        self.scratch.write("master.key", secrets.token_hex(32))
        os.makedirs(self.scratch.path("data"), mode=0o700)
        rows = []
        for client in clients:
            row = dict(client)
            if (secret := secrets_of.get(client["client_id"])) is not None:
                row["client_secret_file"] = self.scratch.write(f"secrets/{client['client_id']}", secret)
            rows.append(row)
        # YAML contains JSON.
        configuration = {
            "version": 1,
            "server": {"listen": f"127.0.0.1:{self.port}", "public_url": self.issuer,
                       "tls": {"certificate_file": self.certificate, "key_file": self.key},
                       "trusted_proxies": self.proxies},
            "storage": {"directory": self.scratch.path("data")},
            "keys": {"master_key_file": self.scratch.path("master.key")},
            "tenants": [{"slug": "main", "name": "Judged", "public_url": self.issuer}],
            "providers": [{"id": "local", "type": "local", "tenant": "main", "name": "Password"}],
            "oauth": {"client_ca_file": self.authority, **oauth},
            "clients": rows,
            # One address is everybody here, and wrong credentials are what many tests are about.
            "limits": {"requests_per_source": 100000, "failed_calls_per_source": 100000},
            "journal": {"erasure_log": self.scratch.path("erasures.jsonl")},
            "logging": {"level": "debug", "format": "json"},
            **extra,
        }
        self.configuration = self.scratch.write("gatehouse.yaml", json.dumps(configuration, indent=1))

    def _import(self, people, *more):
        file = self.scratch.write("people.json", json.dumps([person.row for person in people]))
        report = self.command("user", "import", file, "--json", *more).stdout
        refused = [row for row in json.loads(report).get("rows", []) if row.get("refused") or row.get("error")]
        if refused:
            raise RuntimeError(f"not imported: {refused[:3]}")
        os.remove(file)
