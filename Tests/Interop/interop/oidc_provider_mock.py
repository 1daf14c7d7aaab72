"""oidc-provider-mock, a provider that others test against, started by its own command. It has no sessions and asks for no
password: it says what it was told to say of whoever is named."""
import importlib.metadata
import json
import sys

from harness.scratch import free_port

from .relay import Relay
from .stage import lacks, until
from .upstream import HOST, ROLE, House, Somebody, again, comes_to_nothing, distrusts, first_sign_in, refuses

NAME = "oidc-provider-mock"
ADA = {"sub": "ada", "name": "Ada Lovelace", "preferred_username": "ada", "email": "ada@mock.example", "email_verified": True,
       "groups": ["keepers", "readers"], "department": "engines"}
# Whose address nobody confirmed.
EVE = {"sub": "eve", "name": "Eve", "preferred_username": "eve", "email": "ada@mock.example", "email_verified": False}


def missing():
    return lacks("oidc_provider_mock")


def clients(_stage):
    return []


def run(stage, told):
    told.steps.append("oidc-provider-mock " + importlib.metadata.version("oidc-provider-mock"))
    relay, port = Relay(stage), free_port()
    claims = [part for person in (ADA, EVE) for part in ("--user-claims", json.dumps(person))]
    process = stage.scratch.start(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(relay.behind), "-r", "true", "-n", "true",
         *claims], "mock.log", env={"PATH": "/usr/bin:/bin", "HOME": stage.scratch.folder, "NO_COLOR": "1"})
    try:
        document = relay.url + "/.well-known/openid-configuration"
        if not until(lambda: process.poll() is not None or stage.wire.get(document).status == 200):
            raise AssertionError("it did not start")
        known = stage.wire.get(document).json
        assert known.get("issuer") == relay.url, f"it calls itself {known.get('issuer')}"
        callbacks = [f"https://{HOST}:{port}/login/callback/{key}" for key in ("mock", "wrong")]
        client = stage.wire.send(
            "POST", known["registration_endpoint"], [("Content-Type", "application/json")],
            json.dumps({"redirect_uris": callbacks, "token_endpoint_auth_method": "client_secret_basic"})).json
        house = House(stage, "mock", port, {
            "id": "mock", "name": "Mock", "issuer": relay.url, "client_id": client["client_id"], "groups_claim": "groups",
            "attributes": {"section": "department"}, "says_sign_in_time": False, "sign_out_upstream": True,
        }, client["client_secret"], "keepers")
        try:
            story(stage, told, relay, house)
        finally:
            house.stop()
    finally:
        stage.scratch.stop(process)
        relay.stop()


def chooses(sub):
    """Somebody at its page, who presses the button with their name."""
    def at(browser, address):
        browser.homes.append(address.split("/oauth2/")[0])

        def there():
            page = browser.open(address).page
            form = next(form for form in page.forms if ("sub", sub) in form.buttons)
            return browser.submit(page, form, button=("sub", sub))
        return browser.away(there)
    return at


def story(stage, told, relay, house):
    ada = Somebody("ada", ADA["name"], ADA["email"])
    browser, _, person = first_sign_in(told, house, ada, chooses("ada"))
    told.proves(house.may("ada"), f"a mapping of its group gives the role {ROLE}")
    told.proves(person["attributes"] == {"section": "engines"}, "a claim becomes an attribute")
    again(told, house, ada, chooses("ada"), person)

    # The same address as hers, which nobody confirmed.
    eve = house.visitor()
    eve.alone(lambda: eve.open(chooses("eve")(eve, eve.depart().url).url))
    other = house.tell("user", "show", "eve")
    told.proves(eve.account() and other["id"] != person["id"] and not other.get("mail") and not house.may("eve"),
                "an address that it does not call verified is nobody's")
    eve.signs_out()

    # Its claims are read anew at each sign-in.
    changed = {name: value for name, value in ADA.items() if name != "sub"} | {"name": "Ada King", "groups": []}
    answer = stage.wire.send("PUT", relay.url + "/users/ada", [("Content-Type", "application/json")], json.dumps(changed))
    assert answer.status == 204, answer
    again(told, house, ada, chooses("ada"), person)
    told.steps[-1] = "what it says anew holds from the next sign-in on: the name, and the role that went with the group"
    assert house.tell("user", "show", "ada")["display_name"] == "Ada King" and not house.may("ada"), told.steps[-1]

    def denies(browser):
        address = browser.depart().url
        browser.homes.append(relay.url)
        page = browser.away(lambda: browser.open(address)).page
        form = next(form for form in page.forms if ("action", "deny") in form.buttons)
        back = browser.away(lambda: browser.submit(page, form, button=("action", "deny")))
        return browser.alone(lambda: browser.open(back.url))

    wrong = comes_to_nothing(house, denies)
    told.proves(not wrong, f"a person may say no there ({wrong})")
    told.steps[-1] = "a person may say no there"
    refuses(told, house, chooses("ada"))
    distrusts(told, house, relay, chooses("ada"))

    leaving = browser.signs_out()
    told.proves(
        leaving.callback and leaving.url.startswith(relay.url + "/oauth2/end_session?")
        and leaving.params.get("id_token_hint"), f"signing out leads on to it ({leaving})")
    page = browser.away(lambda: browser.open(leaving.url)).page
    back = browser.away(lambda: browser.submit(page, page.form("redirect_uri")))
    told.proves(back.callback and back.url.split("?")[0] == house.url + "/logout", f"and back ({back})")
    told.steps[-2:] = ["signing out leads on to it, and back"]
    assert not browser.account(), "the session is still there"
