"""The gateway at another gateway: the one that everybody works with here is the provider of a second one; and a whole chain
of an Authlib client, the second and the first."""
import time

from harness import jose
from harness.scratch import free_port

from .stage import lacks, until
from .upstream import HOST, ROLE, House, Somebody, again, first_sign_in, refuses

NAME = "gatehouse"
CALLBACK = "https://rp.example/chain"


def missing():
    return lacks("authlib", "requests")


def clients(stage):
    stage.house_port = free_port()
    base = f"https://{HOST}:{stage.house_port}"
    return [{
        "client_id": "house", "client_name": "House", "consent": False, "scope": "openid profile email",
        "redirect_uris": [base + "/login/callback/upstream", base + "/login/callback/wrong"],
        "post_logout_redirect_uris": [base + "/logout"], "grant_types": ["authorization_code"],
        "backchannel_logout_uri": f"https://localhost:{stage.house_port}/login/backchannel-logout/upstream",
        "backchannel_logout_session_required": True, "claims": {"groups": "groups"}}]


def run(stage, told):
    ada, grace = stage.person(), stage.person()
    group = stage.tell("group", "add", "keepers")["id"]
    stage.tell("group", "add-member", group, ada.login)
    secrets = {"chain": jose.random(32)}
    house = House(
        stage, "house", stage.house_port,
        {"id": "upstream", "name": "Upstream", "issuer": stage.issuer, "client_id": "house", "groups_claim": "groups",
         "sign_out_upstream": True}, stage.secrets["house"], "keepers", secrets_of=secrets, clients=[{
             "client_id": "chain", "client_name": "Chain", "redirect_uris": [CALLBACK], "consent": False,
             "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email"}])
    try:
        signing_in(stage, told, house, ada, grace)
        refuses(told, house, by_password(stage, grace))
        signing_out(stage, told, house, ada, grace)
        chain(stage, told, house, ada, secrets["chain"])
    finally:
        house.stop()


def by_password(stage, person):
    """The person types their password at the first gateway, unless it knows the browser."""
    def at(browser, address):
        browser.homes.append(stage.issuer)
        return browser.away(lambda: browser.walk(browser.open(address), person))
    return at


def described(person):
    return Somebody(person.login, person.details["display_name"], person.details["mail"])


def signed_in(stage, house, person):
    browser = house.visitor()
    back = by_password(stage, person)(browser, browser.depart().url)
    browser.alone(lambda: browser.open(back.url))
    assert browser.account(), f"no session: {house.refusals()}"
    return browser


def signing_in(stage, told, house, ada, grace):
    _, back, person = first_sign_in(told, house, described(ada), by_password(stage, ada))
    told.proves(back.params.get("iss") == stage.issuer, "the answer says whose it is")
    told.proves(house.may(ada.login), f"a mapping of the group there gives the role {ROLE}")
    again(told, house, described(ada), by_password(stage, ada), person)
    signed_in(stage, house, grace)
    told.proves(not house.may(grace.login), "and nobody else has the role")


def signing_out(stage, told, house, ada, grace):
    one, other, third = (signed_in(stage, house, person) for person in (ada, ada, grace))
    # At the provider, by the button there.
    page = one.open(stage.issuer + "/account", cross_site=False).page
    one.submit(page, next(form for form in page.forms if form.action.endswith("/logout")))
    told.proves(until(lambda: not one.account()), "signing out there ends the session here, by the back channel")
    told.proves(other.account() and third.account(), "and no other one")
    leaving = other.signs_out()
    told.proves(
        leaving.callback and leaving.url.startswith(stage.gateway.metadata["end_session_endpoint"] + "?"),
        f"signing out here leads on to it ({leaving})")
    back = other.away(lambda: other.open(leaving.url))
    told.proves(back.callback and back.url.split("?")[0] == house.url + "/logout", f"and back ({back})")
    there = other.open(stage.issuer + "/account", cross_site=False).page
    told.proves(there.form("identifier"), "ends both sessions")
    told.steps[-3:] = ["signing out here ends the session there too, and leads back"]
    told.proves(not other.account() and third.account(), "and nobody else's")


def chain(stage, told, house, ada, secret):
    """An Authlib client signs somebody in at the second gateway, which sends them to the first."""
    from authlib.integrations.requests_client import OAuth2Session
    from joserfc import jwk, jwt

    browser = house.visitor()

    def client():
        session = OAuth2Session(
            "chain", secret, scope="openid profile email", redirect_uri=CALLBACK, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic")
        session.verify = stage.authority
        return session

    session = client()
    server = session.get(house.url + "/.well-known/openid-configuration", withhold_token=True).json()
    keys = jwk.KeySet.import_key_set(session.get(server["jwks_uri"], withhold_token=True).json())

    def authorize(**more):
        """Through both; the claims, and what the second asked of the first."""
        session, verifier, nonce = client(), jose.random(48), jose.random()
        url, state = session.create_authorization_url(
            server["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **more)
        landing, asked, passwords = browser.alone(lambda: browser.open(url)), None, 0
        if not landing.code:
            # Whoever is known to be from there is taken there at once.
            request = landing if landing.callback else browser.press(landing)
            back = by_password(stage, ada)(browser, request.url)
            asked, passwords = request.params, back.passwords
            landing = browser.alone(lambda: browser.open(back.url))
        assert landing.code, f"no code: {landing} {house.refusals()}"
        token = session.fetch_token(
            server["token_endpoint"], authorization_response=landing.url, code_verifier=verifier, state=state)
        claims = jwt.decode(token["id_token"], keys, algorithms=server["id_token_signing_alg_values_supported"]).claims
        assert claims["nonce"] == nonce and claims["iss"] == house.url and claims["aud"] in ("chain", ["chain"]), claims
        return session, claims, asked, passwords

    session, claims, _, passwords = authorize()
    info = session.get(server["userinfo_endpoint"]).json()
    told.proves(
        passwords == 1 and info["sub"] == claims["sub"] and info["name"] == ada.details["display_name"],
        "an Authlib client of the second gateway signs in through both")
    _, again, asked, _ = authorize()
    told.proves(asked is None and again["sub"] == claims["sub"], "and again without a question")
    time.sleep(4)
    _, fresh, asked, passwords = authorize(max_age=3)
    told.proves(
        asked and asked.get("prompt") == "login" and int(asked.get("max_age", 4)) <= 3 and passwords == 1
        and fresh["auth_time"] >= claims["auth_time"] + 4 and fresh["sub"] == claims["sub"],
        f"its max_age is passed on ({asked}, {claims}, {fresh})")
    told.steps[-1] = "its max_age is passed on: the password is asked for there, and auth_time is later"
    # Within the second of the request, too, though `auth_time` knows no parts of one.
    _, _, asked, passwords = authorize(prompt="login")
    told.proves(
        asked and asked.get("prompt") == "login" and passwords == 1, "so is its prompt=login, and one password is enough")
    page = browser.open(stage.issuer + "/account", cross_site=False).page
    browser.submit(page, next(form for form in page.forms if form.action.endswith("/logout")))
    party = session.introspect_token

    def gone():
        return party(server["introspection_endpoint"], token=session.token["access_token"]).json() == {"active": False}

    told.proves(until(gone), "and signing out at the first ends the client's token of the second")
