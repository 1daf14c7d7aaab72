"""python3-saml as a service provider, one step a run: reads a JSON object from standard input, answers one.

    {"step": "metadata", "entity", "acs", "slo", "key", "certificate", "signs_requests"}      -> {"metadata"}
    {"step": "request", ..., "peer": metadata of the identity provider, "signed", "force", "passive", "relay_state"}
                                                                                        -> {"url", "request"}
    {"step": "consume", ..., "request", "fields": of the form}     -> {"name", "format", "attributes", "context", "session"}
    {"step": "logout", ..., "session"}                                                   -> {"url", "request"}
    {"step": "logout_done", ..., "query", "request"}                                     -> {}
    {"step": "logout_answer", ..., "query", "session"}                                   -> {"url"}

Everything that python3-saml can insist on, it insists on; what it does not believe ends the run with its word for it.
"""
import json
import sys
import urllib.parse

from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings

BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def settings(job):
    wants = job.get("wants", "either")
    values = {
        "strict": True, "debug": True,
        "sp": {
            "entityId": job["entity"], "NameIDFormat": job.get("format", PERSISTENT), "privateKey": text(job["key"]),
            "x509cert": text(job["certificate"]),
            "assertionConsumerService": {"url": job["acs"], "binding": BINDINGS + "HTTP-POST"},
            "singleLogoutService": {"url": job.get("slo", job["acs"]), "binding": BINDINGS + "HTTP-Redirect"}},
        "security": {
            "authnRequestsSigned": job.get("signed", job.get("signs_requests", True)), "logoutRequestSigned": True,
            "logoutResponseSigned": True, "wantMessagesSigned": wants in ("response", "both"),
            "wantAssertionsSigned": wants in ("assertion", "both"),
            # Its metadata have a key to encrypt to only then.
            "wantAssertionsEncrypted": wants == "either", "wantNameId": True, "wantAttributeStatement": False, "requestedAuthnContext": False,
            "rejectDeprecatedAlgorithm": True, "rejectUnsolicitedResponsesWithInResponseTo": True,
            "signatureAlgorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256"}}
    if "peer" not in job:
        return values
    found = OneLogin_Saml2_IdPMetadataParser.parse(job["peer"])
    # The parser takes over what the identity provider wants, as if it were ours to want.
    found.pop("security", None), found.pop("sp", None)
    return OneLogin_Saml2_IdPMetadataParser.merge_settings(found, values)


def auth(job, address, get=None, post=None):
    parts = urllib.parse.urlsplit(address)
    data = {"https": "on", "http_host": parts.netloc, "script_name": parts.path, "get_data": get or {}, "post_data": post or {},
            "query_string": job.get("query", ""), "validate_signature_from_qs": True}
    return OneLogin_Saml2_Auth(data, settings(job))


def checked(made):
    if made.get_errors():
        raise ValueError(f"{made.get_errors()} {made.get_last_error_reason()}")
    return made


def metadata(job):
    return {"metadata": OneLogin_Saml2_Settings(settings(job), sp_validation_only=True).get_sp_metadata().decode()}


def request(job):
    made = auth(job, job["acs"])
    url = made.login(
        return_to=job.get("relay_state", "a-state"), force_authn=job.get("force", False), is_passive=job.get("passive", False))
    return {"url": url, "request": made.get_last_request_id()}


def consume(job):
    made = auth(job, job["acs"], post=job["fields"])
    made.process_response(request_id=job["request"])
    checked(made)
    if not made.is_authenticated():
        raise ValueError("nobody is signed in")
    return {
        "name": made.get_nameid(), "format": made.get_nameid_format(), "attributes": made.get_attributes(),
        "context": made.get_last_authn_contexts()[0],
        "session": {"name": made.get_nameid(), "format": made.get_nameid_format(), "index": made.get_session_index(),
                    "qualifier": made.get_nameid_nq(), "sp_qualifier": made.get_nameid_spnq()}}


def logout(job):
    made, held = auth(job, job["slo"]), job["session"]
    url = made.logout(
        return_to=job.get("relay_state", "a-state"), name_id=held["name"], session_index=held["index"],
        name_id_format=held["format"], nq=held["qualifier"], spnq=held["sp_qualifier"])
    return {"url": url, "request": made.get_last_request_id()}


def logout_done(job):
    made = auth(job, job["slo"], get=dict(urllib.parse.parse_qsl(job["query"])))
    made.process_slo(request_id=job["request"], delete_session_cb=lambda: None)
    checked(made)
    return {}


def logout_answer(job):
    made = auth(job, job["slo"], get=dict(urllib.parse.parse_qsl(job["query"])))
    url = made.process_slo(delete_session_cb=lambda: None)
    checked(made)
    return {"url": url}


def main():
    job = json.load(sys.stdin)
    steps = {"metadata": metadata, "request": request, "consume": consume, "logout": logout, "logout_done": logout_done,
             "logout_answer": logout_answer}
    json.dump(steps[job["step"]](job), sys.stdout)


main()
