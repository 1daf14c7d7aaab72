"""Peers of others that speak SAML 2.0: identity providers that the gateway signs its people in at, and service providers that
it signs people in for; each way of working together is a cell of a table."""
# The gateway, the browser and the people are the conformance runner's, which the other clients' package makes known.
import interop  # noqa: F401
