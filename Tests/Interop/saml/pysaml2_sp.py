"""pysaml2 as a service provider, one step a run: reads a JSON object from standard input, answers one.

    {"step": "metadata", "entity", "acs", "slo", "answers": "post" | "artifact", "key", "certificate", "signs_requests"}
                                                                                         -> {"metadata"}
    {"step": "request", ..., "peer": metadata of the identity provider, or "responder": {"url", "cert", "entity"}, where they are
     asked for, "binding": "redirect" | "post", "signed", "force", "passive", "relay_state"}    -> {"url", "fields", "request"}
    {"step": "consume", ..., "request", "fields": of the form or the address, "authority": of TLS, for artifacts}
                                                        -> {"name", "format", "attributes", "context", "instant", "session"}
    {"step": "logout", ..., "session"}                                                   -> {"url", "request"}
    {"step": "logout_done", ..., "query", "request"}                                     -> {}
    {"step": "logout_answer", ..., "query", "session"}                                   -> {"url"}

What pysaml2 does not believe ends the run with its word for it. It leaves signatures and decryption to xmlsec1.
"""
import base64
import json
import os
import sys
import tempfile
import time
import urllib.parse

import lxml.etree
from saml2 import BINDING_HTTP_ARTIFACT, BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, saml
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256


def answers(job):
    return BINDING_HTTP_ARTIFACT if job.get("answers") == "artifact" else BINDING_HTTP_POST


def settings(job, folder):
    endpoints = {"assertion_consumer_service": [(job["acs"], answers(job))]}
    if job.get("slo"):
        endpoints["single_logout_service"] = [(job["slo"], BINDING_HTTP_REDIRECT)]
    values = {
        "entityid": job["entity"], "key_file": job["key"], "cert_file": job["certificate"],
        "encryption_keypairs": [{"key_file": job["key"], "cert_file": job["certificate"]}],
        "xmlsec_binary": "/usr/bin/xmlsec1", "accepted_time_diff": 60, "allow_unknown_attributes": True,
        "verify_ssl_cert": True, "ca_certs": job.get("authority"),
        "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256,
        "service": {"sp": {
            "endpoints": endpoints, "authn_requests_signed": job.get("signs_requests", True), "logout_requests_signed": True,
            "want_assertions_signed": job.get("wants", "either") in ("assertion", "both"),
            "want_response_signed": job.get("wants", "either") in ("response", "both"),
            "want_assertions_or_response_signed": True, "allow_unsolicited": False,
            "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256}}}
    if job.get("peer"):
        path = os.path.join(folder, "peer.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(job["peer"])
        values["metadata"] = {"local": [path]}
    if "responder" in job:
        values["metadata"] = {"mdq": [{"url": job["responder"]["url"], "cert": job["responder"]["cert"]}]}
    return SPConfig().load(values)


def provider(client, job):
    return job["responder"]["entity"] if "responder" in job else next(iter(client.metadata.with_descriptor("idpsso")))


def sent(made):
    """Where to, and the form's fields where there is a form."""
    found = dict(made["headers"]).get("Location")
    if found:
        return {"url": found}
    raise ValueError(f"no redirection: {made}")


def request(job, folder):
    client = Saml2Client(settings(job, folder))
    binding = BINDING_HTTP_POST if job.get("binding") == "post" else BINDING_HTTP_REDIRECT
    more = {"force_authn": "true"} if job.get("force") else {}
    if job.get("passive"):
        more["is_passive"] = "true"
    where = client.pick_binding("single_sign_on_service", [binding], "idpsso", entity_id=provider(client, job))[1]
    signed = job.get("signed", True)
    ident, message = client.create_authn_request(
        where, binding=answers(job), nameid_format=job.get("format", saml.NAMEID_FORMAT_PERSISTENT), allow_create="true",
        sign=signed and binding == BINDING_HTTP_POST, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256, **more)
    relay_state = job.get("relay_state", "a-state")
    if binding == BINDING_HTTP_REDIRECT:
        made = client.apply_binding(
            binding, str(message), where, relay_state, sign=signed, sigalg=SIG_RSA_SHA256 if signed else None)
        return sent(made) | {"request": ident}
    text = base64.b64encode(str(message).encode()).decode()
    return {"url": where, "fields": [["SAMLRequest", text], ["RelayState", relay_state]], "request": ident}


def consume(job, folder):
    client = Saml2Client(settings(job, folder))
    message = resolved(client, job) if answers(job) == BINDING_HTTP_ARTIFACT else job["fields"]["SAMLResponse"]
    response = client.parse_authn_request_response(message, answers(job), {job["request"]: "/"})
    if response is None:
        raise ValueError("it believes nothing of it")
    name, session = response.name_id, response.session_info()
    statement = response.assertion.authn_statement[0]
    return {
        "name": name.text, "format": name.format, "attributes": response.ava, "context": session["authn_info"][0][0],
        "instant": statement.authn_instant,
        "session": {"name": str(name), "index": session["session_index"], "issuer": session["issuer"]}}


def resolved(client, job):
    """What the artifact stands for, as it was signed: pysaml2 writes anew what it reads of an ArtifactResponse, so that no
    signature within holds, nor that around it. The response's own counts, and is looked at with it."""
    said = client.artifact2message(
        job["fields"]["SAMLart"], "idpsso", sign=True, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256)
    response = lxml.etree.fromstring(said.content).find(".//{*}ArtifactResponse/{*}Response")
    return base64.b64encode(lxml.etree.tostring(response)).decode()


def logout(job, folder):
    client, session = Saml2Client(settings(job, folder)), job["session"]
    where = next(iter(client.metadata.single_logout_service(session["issuer"], BINDING_HTTP_REDIRECT, "idpsso")))["location"]
    ident, message = client.create_logout_request(
        where, session["issuer"], name_id=saml.name_id_from_string(session["name"]), session_indexes=[session["index"]],
        expire=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300)), sign=False)
    return redirected(client, message, where, job.get("relay_state", "a-state")) | {"request": ident}


def redirected(client, message, where, relay_state, response=False):
    return sent(client.apply_binding(
        BINDING_HTTP_REDIRECT, str(message), where, relay_state, sign=True, sigalg=SIG_RSA_SHA256, response=response))


def query_of(job):
    return dict(urllib.parse.parse_qsl(job["query"]))


def logout_done(job, folder):
    client = Saml2Client(settings(job, folder))
    answer = client.parse_logout_request_response(query_of(job)["SAMLResponse"], BINDING_HTTP_REDIRECT)
    if answer.response.in_response_to != job["request"] or not answer.status_ok():
        raise ValueError(f"not the answer to {job['request']}: {answer}")
    return {}


def logout_answer(job, folder):
    client, query, session = Saml2Client(settings(job, folder)), query_of(job), job["session"]
    parsed = client.parse_logout_request(
        query["SAMLRequest"], BINDING_HTTP_REDIRECT, relay_state=query.get("RelayState"), sigalg=query.get("SigAlg"),
        signature=query.get("Signature"))
    name = saml.name_id_from_string(session["name"])
    if parsed.message.name_id.text != name.text or [i.text for i in parsed.message.session_index] != [session["index"]]:
        raise ValueError(f"not the session that was given: {parsed.message}")
    service = next(iter(client.metadata.single_logout_service(session["issuer"], BINDING_HTTP_REDIRECT, "idpsso")))
    response = client.create_logout_response(parsed.message, [BINDING_HTTP_REDIRECT], sign=False)
    where = service.get("response_location") or service["location"]
    return redirected(client, response, where, query.get("RelayState", ""), response=True)


def main():
    job = json.load(sys.stdin)
    steps = {"metadata": lambda job, folder: {"metadata": str(entity_descriptor(settings(job, folder)))},
             "request": request, "consume": consume, "logout": logout, "logout_done": logout_done,
             "logout_answer": logout_answer}
    with tempfile.TemporaryDirectory() as folder:
        result = steps[job["step"]](job, folder)
    json.dump(result, sys.stdout)


main()
