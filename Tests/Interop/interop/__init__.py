"""Clients of others, signing people in at a gateway of our own; and providers of others, at which it signs people in."""
import os
import sys

# The gateway, the browser and the people are the conformance runner's.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "Conformance"))

# A developer's own authorities are not what is tried here, and `requests` prefers them to what it is told.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ.pop(name, None)
