"""oidc_child, with which sssd signs people in to Linux by a device code. It is unpacked, not installed: sssd as a package
changes how a machine looks up its people."""
import json
import os
import subprocess
import threading

from harness.gateway import ROOT

from .oidc_agent import allow

NAME = "sssd"
UNPACKED = os.environ.get("SSSD_FOLDER") or os.path.join(ROOT, ".build-sssd")


def place():
    """The program and where its library is: unpacked by .ci/oidc-child, else the system's."""
    for folder in (UNPACKED, ""):
        if os.access(folder + "/usr/libexec/sssd/oidc_child", os.X_OK):
            return folder
    return None


def missing():
    return None if place() is not None else "oidc_child of Debian's sssd-idp is not here (.ci/oidc-child .build-sssd)"


def clients(_stage):
    return [{
        "client_id": "sssd", "client_name": "Linux", "application_type": "native",
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "token_endpoint_auth_method": "none",
        "scope": "openid profile email"}]


def run(stage, told):
    folder = place()
    metadata = stage.gateway.metadata
    assert metadata.get("device_authorization_endpoint"), "the gateway has no device_authorization_endpoint"
    base = [folder + "/usr/libexec/sssd/oidc_child", f"--issuer-url={stage.issuer}", "--client-id=sssd", "--scope=openid profile email",
            f"--ca-db={stage.authority}", "--logger=stderr", "--debug-level=9"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": stage.scratch.folder,
                   "LD_LIBRARY_PATH": folder + "/usr/lib/x86_64-linux-gnu/sssd"}
    asked = subprocess.run([*base, "--get-device-code"], capture_output=True, text=True, timeout=60, env=environment,
                           stdin=subprocess.DEVNULL)
    assert asked.returncode == 0, f"oidc_child: {asked.stderr[-1500:]}"
    # What the child is to be told again, and what sssd shows the person.
    secret, shown = asked.stdout.splitlines()[:2]
    code = json.loads(shown.removeprefix("oauth2 "))
    told.proves(code.get("user_code"), "finds everything by discovery over verified TLS, and gets a device code")
    chosen = []
    person = threading.Thread(target=lambda: chosen.append(
        allow(stage, code.get("verification_uri_complete") or code["verification_uri"], code["user_code"])))
    person.start()
    waited = subprocess.run(
        [*base, "--get-access-token", "--user-identifier-attribute=preferred_username"], capture_output=True, text=True,
        timeout=120, env=environment, input=secret)
    person.join()
    assert waited.returncode == 0, f"oidc_child: {waited.stdout[-300:]} {waited.stderr[-1500:]}"
    told.proves(chosen and waited.stdout.strip() == chosen[0].login,
                f"is told who it is: {waited.stdout.strip()!r}, expected {chosen and chosen[0].login!r}")
    told.steps[-1] = "waits, gets its token, verifies it by the key set, and is told who it is"
