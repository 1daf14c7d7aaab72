"""pysaml2 as a service provider and as the enhanced client between it and the gateway, one step a run: reads a JSON object
from standard input, answers one.

    {"step": "metadata", "entity", "acs", "key", "certificate"}                                -> {"metadata"}
    {"step": "ask", ..., "peer": metadata of the identity provider}          -> {"url", "body", "type", "asked", "request"}
    {"step": "consume", ..., "asked", "request", "body": what the identity provider answered}
                                                                        -> {"url", "name", "format", "context"}

The client is pysaml2's own; in place of its calls over HTTP the test makes them. What pysaml2 does not believe ends the run
with its word for it. It leaves signatures and decryption to xmlsec1.
"""
import base64
import json
import os
import sys
import tempfile
import types

import lxml.etree
from saml2 import BINDING_HTTP_ARTIFACT, BINDING_PAOS, ecp, ecp_client, saml
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256


def settings(job, folder, binding=BINDING_PAOS):
    values = {
        "entityid": job["entity"], "key_file": job["key"], "cert_file": job["certificate"],
        "encryption_keypairs": [{"key_file": job["key"], "cert_file": job["certificate"]}],
        "xmlsec_binary": "/usr/bin/xmlsec1", "accepted_time_diff": 60, "allow_unknown_attributes": True,
        "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256,
        "service": {"sp": {
            "endpoints": {"assertion_consumer_service": [(job["acs"], binding)]}, "authn_requests_signed": False,
            "want_assertions_signed": False, "want_response_signed": True, "want_assertions_or_response_signed": True,
            "allow_unsolicited": False, "name_id_format": [saml.NAMEID_FORMAT_PERSISTENT],
            "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256}}}
    if "peer" in job:
        path = os.path.join(folder, "peer.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(job["peer"])
        values["metadata"] = {"local": [path]}
    return SPConfig().load(values)


class Carrier(ecp_client.Client):
    """The client, whose calls are kept and answered with what is there."""

    def __init__(self, job, folder, answers):
        super().__init__("", "", config=settings(job, folder))
        self.metadata, self.calls, self.answers = self.config.metadata, [], answers

    def send(self, url, method="GET", **more):
        data = more["data"]
        body = data.decode() if isinstance(data, bytes) else data
        self.calls.append({"url": url, "body": body, "type": dict(more["headers"])["content-type"]})
        if not self.answers:
            raise ConnectionError("nobody answers yet")
        return self.answers.pop(0)


def provider(client):
    return next(iter(client.metadata.with_descriptor("idpsso")))


def carried(job, folder, asked, answers):
    client = Carrier(job, folder, answers)
    spoken = client.parse_sp_ecp_response(client.parse_soap_message(asked))
    return client, spoken


def ask(job, folder):
    service = Saml2Client(settings(job, folder))
    # It fails to put a request that it signed into an envelope.
    ident, asked = ecp.ecp_auth_request(service, provider(service), "a-state", sign=False)
    client, spoken = carried(job, folder, asked, [])
    try:
        client.phase2(idp_entity_id=provider(service), **spoken)
    except ConnectionError:
        return client.calls[0] | {"asked": asked, "request": ident}
    raise ValueError("it asked nobody")


def consume(job, folder):
    service = Saml2Client(settings(job, folder, BINDING_HTTP_ARTIFACT))
    answer = types.SimpleNamespace(status_code=200, text=job["body"])
    client, spoken = carried(job, folder, job["asked"], [answer])
    # It holds the address in the header to the one that the service provider said.
    found = client.phase2(idp_entity_id=provider(service), **spoken)
    package = client.use_soap(found, spoken["rc_url"], [spoken["relay_state"]])["data"]
    # pysaml2 writes what it read anew, which no signature survives: the service provider gets what was sent.
    if "AuthnRequest" in str(package):
        raise ValueError("the request is in the answer")
    # It unpacks no PAOS, and an answer that came by an artifact as it stands.
    message = lxml.etree.tostring(lxml.etree.fromstring(job["body"].encode()).find("{*}Body/{*}Response"))
    response = service.parse_authn_request_response(
        base64.b64encode(message).decode(), BINDING_HTTP_ARTIFACT, {job["request"]: "/"})
    if response is None:
        raise ValueError("it believes nothing of it")
    name = response.name_id
    return {
        "url": spoken["rc_url"], "name": name.text, "format": name.format,
        "context": response.session_info()["authn_info"][0][0]}


def main():
    job = json.load(sys.stdin)
    steps = {"metadata": lambda job, folder: {"metadata": str(entity_descriptor(settings(job, folder)))}, "ask": ask,
             "consume": consume}
    with tempfile.TemporaryDirectory() as folder:
        result = steps[job["step"]](job, folder)
    json.dump(result, sys.stdout)


main()
