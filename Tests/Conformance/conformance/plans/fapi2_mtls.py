"""FAPI 2.0 Security Profile OP for clients that have certificates instead of keys (RFC 8705): they prove themselves by them,
and tokens are bound to them."""
from ..suite import Plan
from .fapi2 import FAPI2

# What is about assertions and proofs, of which this variant has none.
OTHERS = [
    "check-dpop-proof-nbf-exp", "dpop-negative-tests", "ensure-client-assertion-in-token-endpoint",
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails", "ensure-client-assertion-with-no-sub-fails",
    "ensure-client-assertion-with-wrong-aud-fails", "ensure-dpop-auth-code-binding-success",
    "ensure-dpopproof-at-par-endpoint-binding-success", "ensure-dpopproof-with-iat-10seconds-after-succeeds",
    "ensure-dpopproof-with-iat-10seconds-before-succeeds", "ensure-mismatched-dpop-jkt-fails",
    "ensure-signed-client-assertion-with-RS256-fails", "ensure-token-endpoint-fails-with-mismatched-dpop-jkt",
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt",
    "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted",
    "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails", "par-test-array-as-audience-fails",
    "par-test-par-endpoint-url-as-audience-fails", "par-test-token-endpoint-url-as-audience-fails",
]

MTLS = Plan(
    "fapi2-mtls", "FAPI 2.0 Security Profile OP (mTLS)", FAPI2.prefix, certified=True,
    reproduced="from the modules themselves, in the variant plain_fapi, openid_connect, mtls for clients and for senders, "
               "unsigned, plain_response; the resource is userinfo",
    left_out=[*FAPI2.left_out, *((name, "not of this variant: about assertions or proofs") for name in OTHERS)],
).again(FAPI2, but={FAPI2.prefix + name for name in OTHERS})
