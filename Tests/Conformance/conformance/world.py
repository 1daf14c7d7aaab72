"""The gateway that is judged: its clients and people, and what one module is given of them."""
import json
import os
import threading
import time

from harness import jose
from harness.certificates import ClientAuthority
from harness.gateway import ROOT, Gateway, well_known_person
from harness.relying_party import RelyingParty
from harness.scratch import free_port

from .receiver import LogoutReceiver

CODE = ["authorization_code", "refresh_token"]
SCOPES = "openid profile email address phone offline_access"
CALLBACK = "https://rp.example/conformance/callback"
AFTER_LOGOUT = "https://rp.example/conformance/post_logout_redirect"
HOST = "gate.localhost"
# Where certificates are asked for.
CERTIFIED_HOST = "app.localhost"
# People are many, so that no module's consents and sessions are another's.
PEOPLE = 900


def redirect_cases():
    with open(os.path.join(ROOT, "Tests", "Corpus", "rfc", "redirect-uris.json"), encoding="utf-8") as file:
        return json.load(file)


class World:
    def __init__(self, scratch, program, oauth=None):
        self.scratch = scratch
        self.keys = {"fapi-1": jose.Key(), "fapi-2": jose.Key("RSA"), "fapi-rsa": jose.Key("RSA")}
        self.keys |= {name + "-signed": key for name, key in self.keys.items()}
        authority = ClientAuthority(scratch.path("clients"))
        self.certificates = {name + "-mtls": authority.issue(name) for name in ("fapi-1", "fapi-2")}
        self.certificates["stranger"] = ClientAuthority(scratch.path("strangers")).issue("fapi-1")
        self.receiver = LogoutReceiver()
        scratch.closers.append(self.receiver.close)
        people = [well_known_person(f"person{index}") for index in range(PEOPLE)]
        clients = self._clients()
        self.secrets = {
            client["client_id"]: jose.random(32) for client in clients
            if client.get("token_endpoint_auth_method", "client_secret_basic").startswith("client_secret")}
        certified = free_port()
        self.gateway = Gateway(
            scratch, program, clients, people, self.secrets, started=False, host=HOST, extra={
                "sessions": {"per_person": 200},
                "tenants": [{"slug": "main", "name": "Judged", "public_url": f"https://{HOST}"},
                            {"slug": "second", "name": "Next door", "public_url": f"https://{HOST}/t/second"}],
                "providers": [{"id": f"local-{slug}", "type": "local", "tenant": slug, "name": "Password"}
                              for slug in ("main", "second")]},
            oauth={"registration": {"allowed": "token", "scopes": SCOPES.split()},
                   "mtls": {"listen": f"127.0.0.1:{certified}", "public_url": f"https://{CERTIFIED_HOST}",
                            "authorities": [{"file": authority.file}]}, **(oauth or {})})
        self.gateway.wire.ports[CERTIFIED_HOST, 443] = certified
        self.initial_token = self._initial_token()
        self.neighbours = [well_known_person(f"neighbour{index}") for index in range(5)]
        self.gateway._import(self.neighbours, "--tenant", "second")
        # The gateway's own certificate is for loopback, and its authority the one that everybody here trusts.
        self.receiver.start(self.gateway.certificate, self.gateway.key)
        self.gateway.serve()
        self.registrations = {client["client_id"]: client for client in clients}
        # What must be found nowhere afterwards: in no log, and in no file of the store.
        self.confidential = {secret: f"secret of {name}" for name, secret in self.secrets.items()}
        self.confidential[self.initial_token] = "initial token"
        self._people = iter(people)
        self._lock = threading.Lock()
        self._metadata = None

    def person(self):
        with self._lock:
            person = next(self._people)
            self.confidential[person.password] = "password"
            return person

    def _initial_token(self):
        """A key whose account may register clients."""
        command = self.gateway.command
        command("service-account", "add", "registrar")
        command("role", "assign", "Admin", "registrar", "--service-account")
        return json.loads(command("api-key", "add", "registrar", "first", "--json").stdout)["token"]

    @property
    def metadata(self):
        with self._lock:
            if self._metadata is None:
                self._metadata = self.gateway.metadata
            return self._metadata

    def forget(self):
        """Reads the metadata anew the next time."""
        with self._lock:
            self._metadata = None

    def client(self, client_id):
        return RelyingParty(
            self.gateway, self.registrations[client_id], self.secrets.get(client_id), self.keys.get(client_id),
            self.metadata, self.certificates.get(client_id))

    def room(self, verdict, plan):
        return Room(self, verdict, plan)

    def _clients(self):
        basic = {
            "grant_types": CODE, "scope": SCOPES, "require_pkce": False, "id_token_signed_response_alg": "RS256",
            "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [AFTER_LOGOUT]}
        fapi = {
            "grant_types": CODE, "scope": SCOPES, "profile": "fapi2_security",
            "token_endpoint_auth_method": "private_key_jwt", "dpop_bound_access_tokens": True,
            "require_pushed_authorization_requests": True}
        cases = redirect_cases()
        return [
            {"client_id": "basic-1", "client_name": "First", **basic},
            {"client_id": "basic-2", "client_name": "Second", **basic,
             "redirect_uris": [CALLBACK + "?dummy1=lorem&dummy2=ipsum"]},
            {"client_id": "post", "client_name": "Posting", **basic, "token_endpoint_auth_method": "client_secret_post"},
            {"client_id": "own", "client_name": "Of the house", **basic, "consent": False},
            # What a new client gets where nobody says otherwise: ES256, PKCE.
            {"client_id": "plain", "client_name": "Default", "grant_types": CODE, "scope": SCOPES,
             "redirect_uris": [CALLBACK], "consent": False},
            {"client_id": "public", "client_name": "On a phone", "application_type": "native", "grant_types": CODE,
             "token_endpoint_auth_method": "none", "scope": SCOPES, "redirect_uris": cases["registered"]},
            {"client_id": "hearing", "client_name": "Hearing", **basic, "consent": False,
             "backchannel_logout_uri": self.receiver.url, "backchannel_logout_session_required": True},
            {"client_id": "hearing-too", "client_name": "Hearing too", **basic, "consent": False,
             "backchannel_logout_uri": self.receiver.url + "/too", "backchannel_logout_session_required": True},
            *[{"client_id": name + suffix, "client_name": title, **fapi, **more,
               "redirect_uris": [address], "jwks": {"keys": [self.keys[name].exported]},
               "id_token_signed_response_alg": "ES256"}
              for name, title, address in (
                  ("fapi-1", "Careful", CALLBACK), ("fapi-2", "Careful too", CALLBACK + "?dummy1=lorem&dummy2=ipsum"),
                  ("fapi-rsa", "Careful with RSA", CALLBACK))
              for suffix, more in (("", {}), ("-signed", {"require_signed_request_object": True}))],
            *[{"client_id": name + "-mtls", "client_name": title, **fapi, "token_endpoint_auth_method": "tls_client_auth",
               "dpop_bound_access_tokens": False, "tls_client_certificate_bound_access_tokens": True, **known,
               "redirect_uris": [address], "id_token_signed_response_alg": "ES256"}
              for name, title, address, known in (
                  ("fapi-1", "Certified", CALLBACK, {"tls_client_auth_subject_dn": "CN=fapi-1,O=Judged"}),
                  ("fapi-2", "Certified too", CALLBACK + "?dummy1=lorem&dummy2=ipsum",
                   {"tls_client_auth_san_dns": "fapi-2.rp.example"}))],
            # Of another tenant, which is another issuer.
            {"tenant": "second", "client_id": "next-door", "client_name": "Next door", **basic},
            # A service that is shown tokens, and one that gets them in its own name.
            {"client_id": "api", "client_name": "Interface", "grant_types": ["client_credentials"],
             "service_account": "interface", "scope": "api", "answers_for": ["https://api.example.org"],
             "resources": ["https://api.example.org"]},
            {"client_id": "foreign", "client_name": "Elsewhere", "grant_types": ["client_credentials"],
             "service_account": "elsewhere", "scope": "api", "answers_for": ["https://other.example.org"],
             "resources": ["https://other.example.org"]},
            {"client_id": "device", "client_name": "Television", "application_type": "native",
             "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
             "token_endpoint_auth_method": "none", "scope": "openid profile"},
        ]


class Room:
    """What one module works with: people, clients and browsers of its own, and its verdict."""

    def __init__(self, world, verdict, plan):
        self.world, self.verdict, self.plan = world, verdict, plan
        self.wire = world.gateway.wire
        self.found = None
        for name in ("fail", "warn", "check", "should", "need", "skip"):
            setattr(self, name, getattr(verdict, name))

    @property
    def metadata(self):
        return self.found or self.world.metadata

    @property
    def issuer(self):
        return self.world.gateway.issuer

    def next_door(self):
        """The same room at another tenant, which is an issuer of its own."""
        room = Room(self.world, self.verdict, self.plan)
        address = self.issuer + "/t/second"
        answer = self.wire.get(address + "/.well-known/openid-configuration")
        self.need(answer.status == 200 and answer.json.get("issuer") == address, f"discovery of another tenant: {answer}")
        room.found = answer.json
        return room

    def client(self, client_id="basic-1"):
        if self.plan.signed and client_id.startswith("fapi-"):
            client_id += "-signed"
        if self.plan.certified and client_id.startswith("fapi-"):
            client_id += "-mtls"
        party = self.world.client(client_id)
        party._metadata = self.metadata
        party.standing = self.plan.standing
        return party

    def registered(self, **changes):
        """A client that registers itself (RFC 7591), with what the suite's clients say of themselves; a change to None
        takes a member away."""
        metadata = {
            "client_name": "Registered", "redirect_uris": [CALLBACK], "grant_types": CODE, "response_types": ["code"],
            "scope": SCOPES, "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": "RS256",
            **changes}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        answer = self.register(metadata)
        self.need(answer.status == 201, f"registering answered {answer}")
        given = answer.json
        self.confide(client_secret=given.get("client_secret"), registration_token=given["registration_access_token"])
        party = RelyingParty(self.world.gateway, given, given.get("client_secret"), None, self.metadata)
        party.standing = self.plan.standing
        return party

    def register(self, metadata, token="own"):
        token = self.world.initial_token if token == "own" else token
        headers = [("Content-Type", "application/json")]
        if token:
            headers.append(("Authorization", f"Bearer {token}"))
        url = self.metadata.get("registration_endpoint")
        self.need(url, "discovery has no registration_endpoint")
        return self.wire.send("POST", url, headers, json.dumps(metadata))

    def person(self):
        return self.world.person()

    def confide(self, **values):
        """Notes secrets that were handed over, by what they are."""
        for name, value in values.items():
            if value:
                self.world.confidential[value] = name.replace("_", " ")

    def advertises(self, member, value):
        return value in (self.metadata.get(member) or [])

    def pause(self, seconds):
        time.sleep(seconds)
