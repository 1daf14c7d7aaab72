"""Back-channel logout: what a client is told when somebody signs out."""
import time

from harness import jose

from ..suite import Plan
from ..world import AFTER_LOGOUT
from .rp_logout import Session, led_back

BACKCHANNEL = Plan("backchannel", "Back-channel logout OP", "oidcc-backchannel-", reproduced="from the modules themselves")
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@BACKCHANNEL.module("logout-discovery-endpoint-verification")
def discovery(room):
    metadata = room.metadata
    room.check(metadata.get("backchannel_logout_supported") is True, "backchannel_logout_supported is not true")
    room.check(isinstance(metadata.get("backchannel_logout_session_supported", False), bool),
               "backchannel_logout_session_supported is no boolean")
    room.check(str(metadata.get("end_session_endpoint")).startswith("https://"), "no end_session_endpoint")


@BACKCHANNEL.module("rp-initiated-logout")
def rp_initiated(room):
    session = Session(room, "hearing")
    state = jose.random(96)
    landing = session.sign_out(
        id_token_hint=session.out.id_token, post_logout_redirect_uri=AFTER_LOGOUT, state=state)
    logout_token(room, session.client, session.out.claims, "/backchannel_logout")
    led_back(room, landing, state)
    session.check_ended()


def logout_token(room, client, claims, path, seconds=20):
    """Waits for the logout token of this session and holds it to OpenID Connect Back-Channel Logout §2.4."""
    def is_ours(request):
        if request["path"] != path:
            return False
        try:
            told = jose.peek(dict(request["fields"]).get("logout_token", ""))[1]
        except ValueError:
            return False
        return told.get("sid") == claims.get("sid", "?") or (told.get("sub") == claims["sub"] and "sid" not in told)

    request = room.world.receiver.wait(is_ours, seconds)
    room.need(request, f"no logout token came within {seconds} s")
    room.check(request["type"] == "application/x-www-form-urlencoded", f"content type {request['type']}")
    names = [name for name, _ in request["fields"]]
    room.should(names == ["logout_token"], f"unexpected parameters {names}")
    token = dict(request["fields"])["logout_token"]
    header, _ = jose.peek(token)
    room.check(header.get("alg") == client.registration["id_token_signed_response_alg"], f"alg {header.get('alg')!r}")
    room.should(header.get("typ") == "logout+jwt", f"typ {header.get('typ')!r} (§2.4 recommends logout+jwt)")
    try:
        told = jose.verify(token, client.key_set())
    except AssertionError as error:
        room.need(False, f"logout token: {error}")
    room.check(told.get("iss") == room.metadata["issuer"], f"iss {told.get('iss')!r}")
    room.check(told.get("aud") in (client.id, [client.id]), f"aud {told.get('aud')!r}")
    room.check(isinstance(told.get("iat"), int) and abs(told["iat"] - time.time()) < 300, f"iat {told.get('iat')!r}")
    room.should(isinstance(told.get("exp"), int) and told["exp"] > time.time(), f"exp {told.get('exp')!r}")
    room.check(isinstance(told.get("jti"), str) and told["jti"], "no jti")
    room.check(told.get("events") == {EVENT: {}}, f"events {told.get('events')!r}")
    room.check("sub" in told or "sid" in told, "neither sub nor sid")
    if "sub" in told:
        room.check(told["sub"] == claims["sub"], "sub is not the ID token's")
    if client.registration.get("backchannel_logout_session_required"):
        room.check("sid" in told, "no sid, though the client registered that it needs one")
    if "sid" in told:
        room.check(told["sid"] == claims.get("sid"), f"sid is not the ID token's ({claims.get('sid')!r})")
    room.check("nonce" not in told, "a nonce, which a logout token must not have")
    return told
