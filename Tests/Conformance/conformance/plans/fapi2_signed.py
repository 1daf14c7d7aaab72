"""FAPI 2.0 Message Signing OP, as far as requests go: the modules of the security profile with signed request objects, and
those about the objects themselves."""
import time

from harness import jose

from .. import flow
from ..suite import Plan
from .fapi2 import FAPI2, Run, refused_push, refused_visit

SIGNED = Plan(
    "fapi2-signed", "FAPI 2.0 Message Signing OP (signed requests)", FAPI2.prefix, signed=True,
    reproduced="from the modules themselves, in the variant plain_fapi, openid_connect, private_key_jwt, dpop, "
               "signed_non_repudiation, plain_response; responses are not signed (JARM is not offered)",
    left_out=[*FAPI2.left_out,
              ("australia-connectid-ensure-request-object-with-exp-over-10-fails", "a national profile"),
              ("australia-connectid-ensure-request-object-with-nbf-over-15-fails", "a national profile")],
).again(FAPI2)


def taken(**signing):
    def module(room):
        run = Run(room)
        made = {name: value() if callable(value) else value for name, value in signing.items()}
        answer = run.push(signing=made)
        room.need(answer.status == 201, f"PAR answered {answer}")
        code = flow.callback(room, run.client, run.visit(answer.json["request_uri"]), run.sent)
        run.tokens(code)
    return module


def refused(errors=("invalid_request_object",), client="fapi-1", **signing):
    """Refused at PAR, or at the authorization endpoint."""
    def module(room):
        run = Run(room, client)
        made = {name: value(room) if callable(value) and name != "spoil" else value for name, value in signing.items()}
        answer = run.push(signing=made)
        if answer.status != 201:
            refused_push(room, answer, set(errors), (400,))
        else:
            refused_visit(room, run.visit(answer.json["request_uri"]), run.sent, {"invalid_request_uri", *errors})
    return module


def ahead(seconds):
    return lambda _room=None: int(time.time()) + seconds


@SIGNED.module("ensure-request-object-with-multiple-aud-succeeds")
def multiple_aud(room):
    taken(aud=[room.issuer, "https://other.example.org"])(room)


@SIGNED.module("ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted")
def nbf_8_seconds(room):
    run = Run(room)
    answer = run.push(signing={"nbf": int(time.time()) + 8})
    if answer.status != 201:
        room.warn(f"a request object whose nbf is 8 s ahead is refused (FAPI 2.0 §5.3.2.1): {answer}")
        return
    run.tokens(flow.callback(room, run.client, run.visit(answer.json["request_uri"]), run.sent))


SIGNED.module("ensure-request-object-without-exp-fails")(refused(exp=None))
SIGNED.module("ensure-request-object-without-nbf-fails")(refused(nbf=None))
SIGNED.module("ensure-expired-request-object-fails")(refused(exp=ahead(-300), nbf=ahead(-600)))
SIGNED.module("ensure-request-object-with-bad-aud-fails")(refused(aud="https://other.example.org"))
SIGNED.module("ensure-request-object-with-exp-over-60-fails")(refused(exp=ahead(70 * 60)))
SIGNED.module("ensure-request-object-with-nbf-over-60-fails")(refused(nbf=ahead(-70 * 60)))
SIGNED.module("ensure-signed-request-object-with-RS256-fails")(refused(client="fapi-rsa", algorithm="RS256"))
SIGNED.module("ensure-request-object-signature-algorithm-is-not-none")(refused(algorithm="none"))
SIGNED.module("ensure-request-object-with-invalid-signature-fails")(refused(spoil=jose.tampered))
# Client 1's request under client 2's key.
SIGNED.module("ensure-matching-key-in-authorization-request")(refused(
    ("invalid_request_object", "invalid_request"), key=lambda room: room.client("fapi-2").key, algorithm="PS256"))


@SIGNED.module("ensure-unsigned-request-at-par-endpoint-fails")
def unsigned(room):
    run = Run(room)
    request = run.request()
    answer = run.client.call("pushed_authorization_request_endpoint", request, None, run.assertion())
    if answer.status != 201:
        refused_push(room, answer, {"invalid_request"}, (400,))
        return
    refused_visit(room, run.visit(answer.json["request_uri"]), request,
                  {"invalid_request", "invalid_request_object", "invalid_request_uri"})


@SIGNED.module("par-authorization-request-containing-request_uri")
def request_uri_inside(room):
    answer = Run(room).push(signing={"request_uri": "urn:ietf:params:oauth:request_uri:" + jose.random()})
    refused_push(room, answer, {"invalid_request_object"}, (400,))
