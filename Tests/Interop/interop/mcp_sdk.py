"""The Python SDK of the Model Context Protocol: a server of its own behind nginx, which takes access tokens because the gateway
says who asks; and its client, which knows nothing but the server's address."""
import importlib.metadata
import json
import os
import shutil
import sys

from harness.browser import Browser
from harness.gateway import Gateway
from harness.scratch import free_port

from .stage import lacks, until
from .upstream import Corner

NAME = "mcp"
HOST = "127.0.0.1"
CALLBACK = "http://127.0.0.1:8976/callback"
NGINX = "/usr/sbin/nginx"

# It tells what it was told, and asks nobody for anything.
SERVER = """
import json, sys, uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.transport_security import TransportSecuritySettings

server = MCPServer("Notes")

@server.tool()
def received(context: Context) -> str:
    "The headers of the request."
    return json.dumps(dict(context.request_context.request.headers))

app = server.streamable_http_app(transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


def missing():
    if not os.path.exists(NGINX):
        return "nginx is not installed (.ci/packages run)"
    return lacks("mcp", "httpx2", "uvicorn")


def clients(_stage):
    return []


class Place:
    """The server, nginx before it, and a gateway that nginx asks."""

    def __init__(self, stage):
        self.stage = stage
        self.port, gate, server = free_port(), free_port(), free_port()
        self.resource = f"https://{HOST}:{self.port}/mcp"
        corner = Corner(stage.scratch, "mcp")
        shutil.copytree(os.path.dirname(stage.authority), corner.path("certs"))
        self.known = {
            "client_id": "known", "client_name": "Known", "redirect_uris": [CALLBACK], "application_type": "native",
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
            "scope": "mcp:read mcp:use offline_access", "resources": [self.resource], "access_token_format": "jwt"}
        extra = {
            "server": {
                "listen": f"127.0.0.1:{gate}", "public_url": f"https://localhost:{gate}",
                "trusted_proxies": ["127.0.0.1/32"],
                "tls": {"certificate_file": corner.path("certs", "server.pem"),
                        "key_file": corner.path("certs", "server.key")}},
            "applications": [{
                "id": "notes", "name": "Notes", "host": HOST, "public_url": f"https://{HOST}:{self.port}",
                "forward_auth": {"enabled": True},
                "access_tokens": {"resource": self.resource, "scopes": [
                    {"name": "mcp:read", "actions": ["read"]}, {"name": "mcp:use"}]}}],
            "roles": [{"name": "Writer", "tenant": "main", "permissions": [
                {"action": action, "type": "page", "resource": "/mcp"} for action in ("read", "write", "delete")]}]}
        oauth = {"registration": {
            "allowed": "everybody", "scopes": ["mcp:read", "mcp:use", "offline_access"], "resources": [self.resource]}}
        self.people = [stage.person(), stage.person()]
        self.gateway = Gateway(corner, stage.program, [self.known], self.people, oauth=oauth, extra=extra, host="localhost",
                               port=gate)
        self.gateway.command("role", "assign", "Writer", self.people[0].login)
        script = corner.write("server.py", SERVER)
        self.server = corner.start([sys.executable, script, str(server)], "server.log")
        self.nginx = corner.start(
            [NGINX, "-p", corner.folder, "-e", corner.path("error.log"), "-c",
             corner.write("nginx.conf", self._nginx(corner, gate, server), 0o644)], "nginx.log")
        self.corner = corner
        if not until(self._answers):
            raise AssertionError(f"no MCP server behind nginx: {self.log}")

    def _nginx(self, corner, gate, server):
        """docs/nginx.md."""
        forwarded = """proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
            proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;"""
        question = f"""proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_trusted_certificate {self.stage.authority};
            proxy_set_header X-Original-Method $request_method; proxy_set_header X-Original-URI $request_uri; {forwarded}"""
        headers = "\n".join(
            f"auth_request_set $x_{name} $upstream_http_x_gatehouse_{name}; "
            f"proxy_set_header X-Gatehouse-{name.capitalize()} $x_{name};"
            for name in ("user", "name", "mail", "roles", "subject", "client", "scope"))
        temporary = "\n".join(
            f"{name}_temp_path {corner.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""{"user root;" if os.geteuid() == 0 else ""} daemon off; worker_processes 1; pid {corner.folder}/nginx.pid;
        events {{ worker_connections 128; }}
        http {{
          access_log off; {temporary}
          ssl_certificate {corner.path("certs", "server.pem")}; ssl_certificate_key {corner.path("certs", "server.key")};
          upstream gatehouse {{ server 127.0.0.1:{gate}; keepalive 8; }}
          server {{
            listen 127.0.0.1:{self.port} ssl; server_name {HOST};
            location / {{
              auth_request /_gatehouse/verify;
              auth_request_set $gatehouse_location $upstream_http_location;
              {headers}
              auth_request_set $gatehouse_authorization $upstream_http_x_gatehouse_authorization;
              proxy_set_header Authorization $gatehouse_authorization; proxy_set_header DPoP "";
              error_page 401 = @gatehouse_login; error_page 403 = @gatehouse_denied;
              proxy_pass http://127.0.0.1:{server}; proxy_buffering off; {forwarded}
            }}
            location = /_gatehouse/verify {{
              internal; proxy_pass https://gatehouse/auth/verify; proxy_pass_request_body off;
              proxy_set_header Content-Length ""; {question}
            }}
            location @gatehouse_login {{
              if ($gatehouse_location = "") {{ return 401; }}
              return 302 $gatehouse_location;
            }}
            location @gatehouse_denied {{
              rewrite ^ /auth/denied break; proxy_method GET; proxy_pass https://gatehouse; proxy_pass_request_body off;
              proxy_set_header Content-Length ""; {question}
            }}
            location ^~ /.well-known/oauth-protected-resource {{ proxy_pass https://gatehouse; {question} }}
          }}
        }}
        """

    def _answers(self):
        for process in (self.server, self.nginx):
            if process.poll() is not None:
                return True
        try:
            return self.stage.wire.get(self.resource).status == 401 and b"404" in self._direct()
        except OSError:
            return False

    def _direct(self):
        """What the server itself says of a page that it does not have."""
        import urllib.error
        import urllib.request
        port = self.server.args[-1]
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing", timeout=5)
        except urllib.error.HTTPError as error:
            return str(error.code).encode()
        return b""

    @property
    def log(self):
        return self.corner.logged("server.log", "nginx.log", "error.log", last=1500)

    def stop(self):
        for process in (self.nginx, self.server, self.gateway.process):
            self.corner.stop(process)
        self.stage.logs.append(self.gateway.log)


def run(stage, told):
    import asyncio
    told.steps.append("mcp " + importlib.metadata.version("mcp"))
    place = Place(stage)
    try:
        asyncio.run(story(place, told))
    except Exception as error:
        raise AssertionError(f"{_inmost(error)!r}; {place.log}; {place.gateway.log[-1500:]}") from error
    finally:
        place.stop()


def _inmost(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class Kept:
    """What a client of the SDK keeps: nothing at first, or a registration that was made by hand."""

    def __init__(self, client=None):
        self.client, self.tokens = client, None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Program:
    """A client of the SDK, whose person walks through a browser, and every request that it makes."""

    def __init__(self, place, person, client=None):
        from mcp.client.auth import OAuthClientProvider
        from mcp.shared.auth import OAuthClientMetadata

        self.place, self.person, self.kept = place, person, Kept(client)
        self.browser = Browser(place.stage.wire, place.gateway.issuer)
        self.asked, self.visits, self.landing = [], [], None
        self.auth = OAuthClientProvider(
            place.resource, OAuthClientMetadata(
                redirect_uris=[CALLBACK], client_name="A program of the SDK", token_endpoint_auth_method="none"),
            self.kept, self.redirect, self.callback)

    async def redirect(self, address):
        import urllib.parse
        self.visits.append(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query)))
        self.landing = self.browser.walk(self.browser.open(address), self.person)

    async def callback(self):
        from mcp.shared.auth import AuthorizationCodeResult
        assert self.landing.callback and self.landing.code, f"came back without a code: {self.landing}"
        return AuthorizationCodeResult(**{
            name: self.landing.params[name] for name in ("code", "state", "iss") if name in self.landing.params})

    def http(self):
        import ssl

        import httpx2

        async def note(response):
            self.asked.append((response.request.method, str(response.request.url), response.status_code))
        return httpx2.AsyncClient(
            auth=self.auth, verify=ssl.create_default_context(cafile=self.place.stage.authority), timeout=20,
            event_hooks={"response": [note]}, trust_env=False)

    async def received(self):
        """What a tool of the server tells of the request that reached it."""
        from mcp.client.session import ClientSession
        from mcp.client.streamable_http import streamable_http_client
        async with self.http() as http, streamable_http_client(self.place.resource, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                answer = await session.call_tool("received", {})
                return json.loads(answer.content[0].text)


async def story(place, told):
    ada, grace = place.people
    program = Program(place, ada)
    headers = await program.received()
    asked = [address for method, address, status in program.asked if method == "GET" and status == 200]
    told.proves(
        f"https://{HOST}:{place.port}/.well-known/oauth-protected-resource/mcp" in asked,
        f"finds the resource's metadata by the challenge ({program.asked})")
    told.steps[-1] = "finds the resource's metadata by the challenge"
    told.proves(any("/.well-known/oauth-authorization-server" in address for address in asked), "and the issuer's")
    told.proves(
        program.kept.client.client_id and any(
            method == "POST" and address.endswith("/oauth2/register") and status == 201
            for method, address, status in program.asked), "registers itself")
    visit = program.visits[0]
    told.proves(
        len(program.visits) == 1 and visit["resource"] == place.resource and visit["code_challenge_method"] == "S256"
        and "mcp:use" in visit["scope"].split(), f"asks by code and PKCE for this resource, and the scope it was told ({visit})")
    told.steps[-1] = "asks by code and PKCE for this resource, and the scope it was told"
    told.proves(
        headers.get("x-gatehouse-user") == ada.login and headers["x-gatehouse-client"] == program.kept.client.client_id
        and "mcp:use" in headers["x-gatehouse-scope"].split(), f"gets in, and the server knows for whom ({headers})")
    told.steps[-1] = "initializes a session and calls a tool, and the server knows for whom"
    told.proves("authorization" not in headers, "and sees no token")

    # Later: the token that is kept is refreshed.
    before, program.auth.context.token_expiry_time, asked = program.kept.tokens.access_token, 1, len(program.asked)
    headers = await program.received()
    told.proves(
        headers["x-gatehouse-user"] == ada.login and len(program.visits) == 1
        and program.kept.tokens.access_token != before, f"refreshes its token ({program.asked[asked:]}, {program.visits})")
    told.steps[-1] = "refreshes its token for this resource, without a browser"

    # One that was registered by hand reads first, and is asked for more where it writes.
    from mcp.shared.auth import OAuthClientInformationFull
    known = Program(place, ada, OAuthClientInformationFull(**{
        name: place.known[name] for name in ("client_id", "redirect_uris", "token_endpoint_auth_method", "grant_types")}))
    async with known.http() as http:
        read = await http.get(place.resource, headers={"Accept": "text/event-stream"})
        scopes = [visit["scope"].split() for visit in known.visits]
        told.proves(len(scopes) == 1 and "mcp:read" in scopes[0] and "mcp:use" not in scopes[0] and read.status_code != 401,
                    f"asks for the least scope that will do ({known.visits}, {read.status_code})")
        told.steps[-1] = "asks for the least scope that will do"
        wrote = await http.post(place.resource, json={}, headers={"Accept": "application/json, text/event-stream"})
        scopes = [visit["scope"].split() for visit in known.visits]
        told.proves(len(scopes) == 2 and "mcp:use" in scopes[1] and wrote.status_code not in (401, 403),
                    f"and for more where that is missing ({known.visits}, {wrote.status_code})")
        told.steps[-1] = "and for more where that is missing"

    # Somebody whom no rule lets in has a token, and is told why it opens nothing.
    other = Program(place, grace)
    async with other.http() as http:
        refused = await http.post(place.resource, json={}, headers={"Accept": "application/json, text/event-stream"})
    told.proves(
        refused.status_code == 403 and refused.json()["code"] == "no_matching_rule" and "www-authenticate" not in
        refused.headers, f"policy refuses another's token ({refused.status_code} {refused.text})")
    told.steps[-1] = "policy refuses another's token, and says why"
