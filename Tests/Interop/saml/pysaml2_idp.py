"""pysaml2 as an identity provider, one step a run: reads a JSON object from standard input, answers one.

    {"step": "metadata", "entity", "sso", "key", "certificate"}                         -> {"metadata"}
    {"step": "answer", ..., "peer": metadata of the service provider, "query": of the request,
     "sign": ["response", "assertion"], "encrypt": bool, "name", "attributes", "context"} -> {"fields": [[name, value]]}
    {"step": "logout", ..., "slo", "peer", "peer_entity", "name", "index"}               -> {"address", "id"}
    {"step": "answer_logout", ..., "slo", "peer", "query": of the request}               -> {"address", "name", "indexes"}
    {"step": "read_logout", ..., "slo", "peer", "query": of the answer}                  -> {"ended", "in_response_to"}

`key` and `certificate` are PEM files. pysaml2 leaves signing and encrypting to the xmlsec1 command.
"""
import json
import os
import sys
import tempfile
import urllib.parse

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256


def settings(job, folder):
    values = {
        "entityid": job["entity"],
        "service": {"idp": {
            "endpoints": {"single_sign_on_service": [(job["sso"], BINDING_HTTP_REDIRECT)],
                          **({"single_logout_service": [(job["slo"], BINDING_HTTP_REDIRECT)]} if "slo" in job else {})},
            "want_authn_requests_signed": job.get("wants_signed", False),
            "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None,
                                   "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
            "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256,
        }},
        "key_file": job["key"], "cert_file": job["certificate"], "xmlsec_binary": "/usr/bin/xmlsec1",
        "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256,
    }
    if "peer" in job:
        path = os.path.join(folder, "peer.xml")
        with open(path, "w") as file:
            file.write(job["peer"])
        values["metadata"] = {"local": [path]}
    return IdPConfig().load(values)


def answer(job, folder):
    server = Server(config=settings(job, folder))
    query = dict(urllib.parse.parse_qsl(job["query"]))
    signature = {key: query[key] for key in ("RelayState", "SigAlg", "Signature") if key in query}
    # Where the request is signed, pysaml2 holds the signature to the service provider's metadata.
    request = server.parse_authn_request(
        query["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=signature.get("RelayState"),
        sigalg=signature.get("SigAlg"), signature=signature.get("Signature"))
    target = server.response_args(request.message)
    name = saml.NameID(
        format=saml.NAMEID_FORMAT_PERSISTENT, name_qualifier=job["entity"], sp_name_qualifier=target["sp_entity_id"],
        text=job["name"])
    response = server.create_authn_response(
        identity=job["attributes"], userid=job["name"], name_id=name, in_response_to=target["in_response_to"],
        destination=target["destination"], sp_entity_id=target["sp_entity_id"],
        authn={"class_ref": job["context"], "authn_auth": job["entity"]},
        sign_response="response" in job["sign"], sign_assertion="assertion" in job["sign"],
        sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, encrypt_assertion=job["encrypt"],
        encrypted_advice_attributes=False)
    fields = server.apply_binding(
        BINDING_HTTP_POST, str(response), target["destination"], query.get("RelayState", ""), response=True)
    return {"page": fields["data"], "forced": request.message.force_authn == "true"}


def redirection(server, message, destination, state, response):
    sent = server.apply_binding(
        BINDING_HTTP_REDIRECT, str(message), destination, state, response=response, sign=True, sigalg=SIG_RSA_SHA256)
    return dict(sent["headers"])["Location"]


def logout(job, folder):
    server = Server(config=settings(job, folder))
    destination = server.metadata.single_logout_service(
        job["peer_entity"], BINDING_HTTP_REDIRECT, "spsso")[0]["location"]
    name = saml.NameID(
        format=saml.NAMEID_FORMAT_PERSISTENT, name_qualifier=job["entity"], sp_name_qualifier=job["peer_entity"],
        text=job["name"])
    number, request = server.create_logout_request(
        destination, job["peer_entity"], name_id=name, session_indexes=[job["index"]], sign=False)
    return {"address": redirection(server, request, destination, "state-1", False), "id": number}


def answer_logout(job, folder):
    server = Server(config=settings(job, folder))
    query = dict(urllib.parse.parse_qsl(job["query"]))
    # The signature is held to the service provider's metadata.
    request = server.parse_logout_request(
        query["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=query.get("RelayState"), sigalg=query["SigAlg"],
        signature=query["Signature"])
    target = server.response_args(request.message, [BINDING_HTTP_REDIRECT])
    response = server.create_logout_response(request.message, [BINDING_HTTP_REDIRECT], sign=False)
    return {"address": redirection(server, response, target["destination"], query.get("RelayState", ""), True),
            "name": request.message.name_id.text, "indexes": [index.text for index in request.message.session_index]}


def read_logout(job, folder):
    server = Server(config=settings(job, folder))
    query = dict(urllib.parse.parse_qsl(job["query"]))
    response = server.parse_logout_request_response(query["SAMLResponse"], BINDING_HTTP_REDIRECT)
    return {"ended": response.status_ok(), "in_response_to": response.in_response_to}


def main():
    job = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        if job["step"] == "metadata":
            result = {"metadata": str(entity_descriptor(settings(job, folder)))}
        else:
            result = {"answer": answer, "logout": logout, "answer_logout": answer_logout,
                      "read_logout": read_logout}[job["step"]](job, folder)
    json.dump(result, sys.stdout)


main()
