"""pysaml2 as an identity provider, one step a run: reads a JSON object from standard input, answers one.

    {"step": "metadata", "entity", "sso", "slo", "artifact", "key", "certificate", "wants_signed"}  -> {"metadata"}
    {"step": "answer", ..., "peer": metadata of the service provider, "query": of the request or "form": its fields,
     "sign": ["response", "assertion"], "encrypt": null | "gcm" | "cbc", "name", "attributes", "context",
     "passive_status": bool, "authenticated_at": seconds}                                 -> {"page", "forced", "passive", "state"}
                                          or, where an artifact is asked for: {"url", "kept", "forced", "passive", "state"}
    {"step": "resolve", ..., "peer", "kept": of an answer, "envelope": of an ArtifactResolve}  -> {"envelope"}
    {"step": "begin_logout", ..., "peer", "state": of an answer}                           -> {"url", "request"}
    {"step": "logout_answer", ..., "peer", "query"}                                        -> {"url"}
    {"step": "logout_done", ..., "peer", "query", "request"}                               -> {}
    {"step": "logout", ..., "slo", "peer", "peer_entity", "name", "index"}                 -> {"address", "id"}
    {"step": "answer_logout", ..., "slo", "peer", "query": of the request}                 -> {"address", "name", "indexes"}
    {"step": "read_logout", ..., "slo", "peer", "query": of the answer}                    -> {"ended", "in_response_to"}

`key` and `certificate` are PEM files. pysaml2 leaves signing and encrypting to the xmlsec1 command.
"""
import functools
import json
import os
import re
import sys
import tempfile
import time
import urllib.parse

import lxml.etree
import saml2.entity
from saml2 import BINDING_HTTP_ARTIFACT, BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP, saml, samlp
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.s_utils import error_status_factory
from saml2.server import Server
from saml2.sigver import pre_encryption_part
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

BINDINGS = (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST)
# pysaml2 writes the index of the place into an artifact in letters: "00" is these two octets.
ARTIFACT_INDEX = 0x3030
# Of the algorithm of the content; pysaml2 has a template for it and no setting, and takes triple DES by itself.
CONTENT = {"gcm": "http://www.w3.org/2009/xmlenc11#aes256-gcm", "cbc": "http://www.w3.org/2001/04/xmlenc#aes256-cbc"}


def settings(job, folder):
    endpoints = {"single_sign_on_service": [(job["sso"], binding) for binding in BINDINGS]}
    if job.get("slo"):
        endpoints["single_logout_service"] = [(job["slo"], BINDING_HTTP_REDIRECT)]
    if job.get("artifact"):
        endpoints["artifact_resolution_service"] = [(job["artifact"], BINDING_SOAP, ARTIFACT_INDEX)]
    values = {
        "entityid": job["entity"],
        "service": {"idp": {
            "endpoints": endpoints,
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


def read(job):
    """A message as it came: its text, its binding, and what stands beside it."""
    if "form" in job:
        form = job["form"]
        return form.get("SAMLRequest") or form["SAMLResponse"], BINDING_HTTP_POST, form.get("RelayState", ""), {}
    query = dict(urllib.parse.parse_qsl(job["query"]))
    signature = {to: query[name] for name, to in (
        ("RelayState", "relay_state"), ("SigAlg", "sigalg"), ("Signature", "signature")) if name in query}
    message = query.get("SAMLRequest") or query["SAMLResponse"]
    return message, BINDING_HTTP_REDIRECT, query.get("RelayState", ""), signature


def answer(job, folder):
    server = Server(config=settings(job, folder))
    message, binding, relay_state, signature = read(job)
    # Where the request is signed, pysaml2 holds the signature to the service provider's metadata.
    request = server.parse_authn_request(message, binding, **signature)
    target = server.response_args(request.message)
    asked = {"forced": request.message.force_authn == "true", "passive": request.message.is_passive == "true"}
    state = {}
    if job.get("passive_status"):
        response = server.create_error_response(
            target["in_response_to"], target["destination"],
            error_status_factory((samlp.STATUS_NO_PASSIVE, "nobody is signed in")), sign=True, sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256)
    else:
        name = saml.NameID(
            format=saml.NAMEID_FORMAT_PERSISTENT, name_qualifier=job["entity"], sp_name_qualifier=target["sp_entity_id"],
            text=job["name"])
        if job.get("encrypt"):
            saml2.entity.pre_encryption_part = functools.partial(pre_encryption_part, msg_enc=CONTENT[job["encrypt"]])
            server.sec.encrypt_assertion = functools.partial(server.sec.encrypt_assertion, key_type="aes-256")
        authn = {"class_ref": job["context"], "authn_auth": job["entity"]}
        if "authenticated_at" in job:
            authn["authn_instant"] = int(job["authenticated_at"])
        response = server.create_authn_response(
            identity=job["attributes"], userid=job["name"], name_id=name, in_response_to=target["in_response_to"],
            destination=target["destination"], sp_entity_id=target["sp_entity_id"], authn=authn,
            sign_response="response" in job["sign"], sign_assertion="assertion" in job["sign"],
            sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, encrypt_assertion=bool(job.get("encrypt")),
            encrypted_advice_attributes=False)
        # Its own, where it can be read.
        index = re.search(r'SessionIndex="([^"]+)"', str(response))
        state = {"sp": target["sp_entity_id"], "name": str(name), "index": index and index[1]}
    if target["binding"] == BINDING_HTTP_ARTIFACT:
        artifact = server.use_artifact(str(response))
        sent = server.apply_binding(BINDING_HTTP_ARTIFACT, artifact, target["destination"], relay_state, response=True)
        return asked | {"url": sent["url"], "kept": {artifact: str(response)}, "state": state}
    fields = server.apply_binding(BINDING_HTTP_POST, str(response), target["destination"], relay_state, response=True)
    return asked | {"page": fields["data"], "state": state}


def resolve(job, folder):
    server = Server(config=settings(job, folder))
    question = server.parse_artifact_resolve(job["envelope"].encode())
    # Reading it does not look at its signature.
    body = lxml.etree.fromstring(job["envelope"].encode()).find(".//{*}ArtifactResolve")
    server.sec.correctly_signed_message(lxml.etree.tostring(body).decode(), "artifact_resolve", must=True)
    server.artifact = {artifact: samlp.response_from_string(text) for artifact, text in job["kept"].items()}
    response = server.create_artifact_response(question, question.artifact.text, [BINDING_SOAP], sign=False)
    return {"envelope": server.apply_binding(BINDING_SOAP, str(response), "", response=True)["data"]}


def logout_place(server, peer):
    return next(iter(server.metadata.single_logout_service(peer, BINDING_HTTP_REDIRECT, "spsso")))


def signed_redirect(server, message, place, relay_state="", response=False):
    sent = server.apply_binding(
        BINDING_HTTP_REDIRECT, str(message), place, relay_state, sign=True, sigalg=SIG_RSA_SHA256, response=response)
    return dict(sent["headers"])["Location"]


def begin_logout(job, folder):
    server, state = Server(config=settings(job, folder)), job["state"]
    place = logout_place(server, state["sp"])["location"]
    ident, request = server.create_logout_request(
        place, state["sp"], name_id=saml.name_id_from_string(state["name"]), session_indexes=[state["index"]],
        expire=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300)), sign=False)
    return {"url": signed_redirect(server, request, place), "request": ident}


def logout_answer(job, folder):
    server = Server(config=settings(job, folder))
    message, binding, relay_state, signature = read(job)
    request = server.parse_logout_request(message, binding, **signature)
    held = job["state"]
    name = saml.name_id_from_string(held["name"])
    if request.message.name_id.text != name.text or [i.text for i in request.message.session_index] != [held["index"]]:
        raise ValueError(f"not the session that was given: {request.message}")
    service = logout_place(server, request.message.issuer.text)
    response = server.create_logout_response(request.message, [BINDING_HTTP_REDIRECT], sign=False)
    place = service.get("response_location") or service["location"]
    return {"url": signed_redirect(server, response, place, relay_state, response=True)}


def logout_done(job, folder):
    server = Server(config=settings(job, folder))
    message, binding, _, _ = read(job)
    response = server.parse_logout_request_response(message, binding)
    if response.response.in_response_to != job["request"]:
        raise ValueError(f"not the answer to {job['request']}: {response}")
    return {}


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
    steps = {"metadata": lambda job, folder: {"metadata": str(entity_descriptor(settings(job, folder)))},
             "answer": answer, "resolve": resolve, "begin_logout": begin_logout,
             "logout_answer": logout_answer, "logout_done": logout_done, "logout": logout, "answer_logout": answer_logout,
             "read_logout": read_logout}
    with tempfile.TemporaryDirectory() as folder:
        result = steps[job["step"]](job, folder)
    json.dump(result, sys.stdout)


main()
