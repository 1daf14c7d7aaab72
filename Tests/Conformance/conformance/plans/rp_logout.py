"""RP-initiated logout: who is led back where, and who is signed out."""
import time

from harness import jose

from .. import flow
from ..suite import Plan
from ..world import AFTER_LOGOUT

RP_LOGOUT = Plan(
    "rp-logout", "RP-initiated logout OP", "oidcc-rp-initiated-logout",
    reproduced="from the modules themselves; where the suite asks for a screenshot, the page is looked at")


@RP_LOGOUT.module("-discovery-endpoint-verification")
def discovery(room):
    url = room.metadata.get("end_session_endpoint")
    room.check(isinstance(url, str) and url.startswith("https://"), f"end_session_endpoint {url!r}")
    for name, value in room.metadata.items():
        if name.endswith("_endpoint"):
            room.check(str(value).startswith("https://"), f"{name} is not https")


class Session:
    """Somebody signed in at a client, about to sign out."""

    def __init__(self, room, client="basic-1"):
        self.room = room
        self.client = room.client(client)
        self.browser = self.client.browser()
        self.person = room.person()
        self.out = flow.run(room, self.client, self.person, self.browser)

    def sign_out(self, post=False, **fields):
        """Opens the end session endpoint as a link at the client does, and confirms where that is asked."""
        if post:
            landing = self.browser.post(self.client.endpoint("end_session_endpoint"), fields)
        else:
            landing = self.browser.open(self.client.logout_url(**fields))
        self.asked = not landing.callback and confirmation(landing.page) is not None
        if self.asked:
            landing = self.browser.submit(landing.page, *confirmation(landing.page))
        return landing

    def silently(self):
        """What prompt=none says of the session now."""
        request = self.client.request(prompt="none")
        return request, self.client.authorize(self.browser, None, request, decision=None)

    def check_ended(self):
        request, landing = self.silently()
        flow.error_response(self.room, landing, request, flow.NEEDS_SOMEBODY)

    def check_alive(self):
        _, landing = self.silently()
        self.room.check(landing.code, f"the session ended, though nobody confirmed: {landing}")


def confirmation(page):
    """The form that asks whether to sign out, and its button."""
    for form in page.forms:
        if form.method == "POST" and "password" not in form.names and "identifier" not in form.names:
            agreeing = [button for button in form.buttons if button[1] not in ("cancel", "stay", "no", "deny")]
            return form, None, (agreeing or [None])[0]
    return None


def led_back(room, landing, state):
    room.need(landing.callback, f"not led back to the client, ended at {landing}")
    room.check(landing.url.split("?")[0] == AFTER_LOGOUT, f"led to {landing.url}")
    room.check(landing.params.get("state") == state, f"state {landing.params.get('state')!r}, expected {state!r}")
    room.should(set(landing.params) <= {"state"}, f"unexpected parameters {set(landing.params) - {'state'}}")


def stays_here(room, landing):
    room.need(not landing.callback, f"led away, though it must not: {landing}")


@RP_LOGOUT.module("")
def plain(room):
    session = Session(room)
    state = jose.random(96)
    led_back(room, session.sign_out(
        id_token_hint=session.out.id_token, post_logout_redirect_uri=AFTER_LOGOUT, state=state), state)
    session.check_ended()


@RP_LOGOUT.module("-no-state")
def no_state(room):
    session = Session(room)
    led_back(room, session.sign_out(id_token_hint=session.out.id_token, post_logout_redirect_uri=AFTER_LOGOUT), None)
    session.check_ended()


@RP_LOGOUT.module("-bad-post-logout-redirect-uri")
def bad_uri(room):
    session = Session(room)
    stays_here(room, session.sign_out(
        id_token_hint=session.out.id_token, post_logout_redirect_uri=AFTER_LOGOUT + "/" + jose.random(8),
        state=jose.random()))


@RP_LOGOUT.module("-query-added-to-post-logout-redirect-uri")
def query_added(room):
    session = Session(room)
    stays_here(room, session.sign_out(
        id_token_hint=session.out.id_token, post_logout_redirect_uri=AFTER_LOGOUT + "?foo=bar", state=jose.random()))


@RP_LOGOUT.module("-modified-id-token-hint")
def modified_hint(room):
    session = Session(room)
    header, claims = jose.peek(session.out.id_token)
    unsigned = jose.compact({"alg": "none"}, claims)
    stays_here(room, session.sign_out(
        id_token_hint=unsigned, post_logout_redirect_uri=AFTER_LOGOUT, state=jose.random()))


@RP_LOGOUT.module("-bad-id-token-hint")
def foreign_hint(room):
    session = Session(room)
    header, claims = jose.peek(session.out.id_token)
    now = int(time.time())
    foreign = jose.compact(
        {"alg": "RS256", "kid": header["kid"]}, claims | {"iat": now, "exp": now + 300}, jose.Key("RSA"))
    stays_here(room, session.sign_out(
        id_token_hint=foreign, post_logout_redirect_uri=AFTER_LOGOUT, state=jose.random()))


@RP_LOGOUT.module("-no-id-token-hint")
def no_hint(room):
    session = Session(room)
    stays_here(room, session.sign_out(post_logout_redirect_uri=AFTER_LOGOUT, state=jose.random()))


@RP_LOGOUT.module("-no-params")
def no_params(room):
    session = Session(room)
    landing = session.sign_out()
    stays_here(room, landing)
    room.check(landing.page.status == 200, f"no page that says so: {landing}")
    session.check_ended()


@RP_LOGOUT.module("-only-state")
def only_state(room):
    session = Session(room)
    landing = session.sign_out(state=jose.random())
    stays_here(room, landing)
    room.check(landing.page.status == 200, f"no page that says so: {landing}")
    session.check_ended()


@RP_LOGOUT.module("-no-post-logout-redirect-uri")
def no_uri(room):
    session = Session(room)
    landing = session.sign_out(id_token_hint=session.out.id_token, state=jose.random())
    stays_here(room, landing)
    room.check(landing.page.status == 200, f"no page that says so: {landing}")
    session.check_ended()
