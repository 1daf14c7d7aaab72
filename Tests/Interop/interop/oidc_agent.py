"""oidc-agent: access tokens at a command line, kept fresh by an agent; by a refresh token, and by a device code."""
import os
import re
import shutil
import subprocess

from harness import jose
from harness.relying_party import pkce

from .stage import until

NAME = "oidc-agent"
TOOLS = ("oidc-agent", "oidc-gen", "oidc-token")


def missing():
    absent = [name for name in TOOLS if not shutil.which(name)]
    return f"{', '.join(absent)} of Debian's oidc-agent-cli not installed (.ci/packages interop)" if absent else None


def clients(stage):
    return [{
        "client_id": "agent", "client_name": "Agent", "application_type": "native",
        "redirect_uris": [f"http://localhost:{stage.agent_port}"],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        "scope": "openid profile offline_access"}]


def run(stage, told):
    tools = {name: shutil.which(name) for name in TOOLS}
    home = stage.scratch.path("oidc-agent")
    os.makedirs(home + "/.config/oidc-agent", mode=0o700)
    environment = {"PATH": "/usr/bin:/bin", "HOME": home, "XDG_RUNTIME_DIR": home, "TMPDIR": home,
                   "OIDC_ENCRYPTION_PW": jose.random(), "LANG": "C.UTF-8"}
    socket = home + "/agent.sock"
    agent = stage.scratch.start([tools["oidc-agent"], "-d", "-a", socket], "oidc-agent.log", env=environment, cwd=home)
    if not until(lambda: os.path.exists(socket)):
        raise AssertionError(f"oidc-agent did not start: {stage.scratch.logged('oidc-agent.log')[-1500:]}")
    environment["OIDC_SOCK"] = socket
    told.steps.append(subprocess.run([tools["oidc-agent"], "--version"], capture_output=True, text=True, env=environment)
                      .stdout.strip())

    def ask(name, *arguments, **more):
        return subprocess.run([tools[name], *arguments], capture_output=True, text=True, env=environment, cwd=home,
                              timeout=60, stdin=subprocess.DEVNULL, **more)

    common = [
        "-m", f"--iss={stage.issuer}", "--client-id=agent", f"--client-secret={stage.secrets['agent']}",
        f"--redirect-uri=http://localhost:{stage.agent_port}", f"--cp={stage.authority}", "--pw-env",
        "--scope=openid profile offline_access", "--confirm-yes", "--prompt=none"]
    try:
        refreshing(stage, told, ask, common)
        if stage.gateway.metadata.get("device_authorization_endpoint"):
            device(stage, told, tools, environment, home, common)
        else:
            told.proves(False, "the gateway has no device_authorization_endpoint")
    finally:
        stage.scratch.stop(agent)


def refreshing(stage, told, ask, common):
    party = stage.party("agent")
    verifier, announced = pkce()
    request = party.request(scope="openid profile offline_access", prompt="consent", **announced)
    landing = stage.sign_in(party.url(request))
    given = party.redeem(landing.code, verifier).json
    made = ask("oidc-gen", *common, "--flow=refresh", f"--rt={given['refresh_token']}", "gatehouse")
    told.proves(made.returncode == 0, f"takes a refresh token: {made.stdout[-600:]} {made.stderr[-600:]}")
    told.steps[-1] = "finds everything by discovery, and takes a refresh token"
    first = ask("oidc-token", "gatehouse")
    token = first.stdout.strip()
    told.proves(first.returncode == 0 and token, f"gives an access token: {first.stderr[-600:]}")
    told.steps[-1] = "gives an access token"
    told.proves(party.userinfo(token).status == 200, "which opens userinfo")
    second = ask("oidc-token", "--force-new", "gatehouse").stdout.strip()
    told.proves(second and second != token and party.userinfo(second).status == 200, "refreshes, and again with what it was given")


def device(stage, told, tools, environment, home, common):
    process = stage.scratch.start(
        [tools["oidc-gen"], *common, "--flow=device", "--no-url-call", "device"], "oidc-gen.log", env=environment, cwd=home)

    def said():
        return stage.scratch.logged("oidc-gen.log")

    found = until(lambda: re.search(rf"({re.escape(stage.issuer)}\S*device\S*)", said()), 20)
    assert found, f"oidc-gen shows no address: {said()[-1500:]}"
    code = until(lambda: re.search(r"\b([A-Z0-9]{4}-?[A-Z0-9]{4})\b", said()), 5)
    assert code, f"oidc-gen shows no code: {said()[-1500:]}"
    allow(stage, found[1].rstrip(".,"), code[1])
    until(lambda: process.poll() is not None, 40)
    told.proves(process.poll() == 0, f"signs in by a device code: {said()[-1500:]}")
    told.steps[-1] = "signs in by a device code"


def allow(stage, address, code):
    """What the person does on another device."""
    person, browser = stage.person(), stage.browser()
    landing = browser.walk(browser.open(address), person, decision=None)
    for _ in range(4):
        if landing.page.form("decision") or not landing.page.form("user_code"):
            break
        landing = browser.walk(browser.submit(landing.page, landing.page.form("user_code"), {"user_code": code}), person,
                               decision=None)
    form = landing.page.form("decision")
    assert form, f"nothing to allow: {landing}"
    browser.submit(landing.page, form, button=("decision", "allow"))
    return person
