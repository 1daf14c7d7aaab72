"""Judges SAML messages that Gatehouse made: by OASIS' schemas, by python3-saml and by pysaml2; and makes some of theirs.

Reads a JSON object on standard input, answers with one on standard output: {"ok": bool, "said": ...}.
"""
import base64
import json
import os
import sys

from lxml import etree

NAMES = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
}


def schema(kind):
    """The schemas stand in python3-saml's package; nothing is fetched."""
    import onelogin.saml2
    folder = os.path.join(os.path.dirname(onelogin.saml2.__file__), "schemas")
    name = {"protocol": "saml-schema-protocol-2.0.xsd", "metadata": "saml-schema-metadata-2.0.xsd"}[kind]
    return etree.XMLSchema(etree.parse(os.path.join(folder, name)))


def valid(task):
    """Whether every document is what the schema says."""
    checks = {}
    for number, document in enumerate(task["documents"]):
        root = etree.fromstring(base64.b64decode(document))
        kind = "metadata" if root.tag.startswith("{" + NAMES["md"]) else "protocol"
        checks.setdefault(kind, schema(kind))
        if not checks[kind].validate(root):
            return {"ok": False, "said": "%d: %s" % (number, checks[kind].error_log.last_error)}
    return {"ok": True, "said": len(task["documents"])}


def settings(task):
    def body(pem):
        return "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return {
        "strict": True,
        "sp": {
            "entityId": task["service"], "x509cert": body(task["service_certificate"]), "privateKey": body(task["service_key"]),
            "assertionConsumerService": {
                "url": task["consumer"], "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"},
        },
        "idp": {
            "entityId": task["provider"], "x509cert": body(task["provider_certificate"]),
            "singleSignOnService": {
                "url": task["sign_on"], "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"},
        },
        "security": {"rejectDeprecatedAlgorithm": True, "wantNameId": True},
    }


def response(task):
    """Whether python3-saml signs somebody in by a response, and as whom."""
    from onelogin.saml2.response import OneLogin_Saml2_Response
    from onelogin.saml2.settings import OneLogin_Saml2_Settings
    from urllib.parse import urlparse
    place = urlparse(task["consumer"])
    request = {"https": "on", "http_host": place.netloc, "script_name": place.path, "get_data": {}, "post_data": {}}
    judged = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(settings(task)), task["response"])
    good = judged.is_valid(request, task["request"])
    if not good:
        return {"ok": False, "said": judged.get_error()}
    return {"ok": True, "said": {
        "name": judged.get_nameid(), "format": judged.get_nameid_format(), "session": judged.get_session_index(),
        "attributes": judged.get_attributes()}}


def signxml_judges(task):
    """Whether signxml, which canonicalizes and verifies by itself, believes a document, and what it says was signed."""
    from signxml import SignatureConfiguration, SignatureMethod, XMLVerifier
    root = etree.fromstring(base64.b64decode(task["document"]))
    methods = frozenset(SignatureMethod(name) for name in task["methods"])
    place = "./" if task["part"] == "root" else "./{%s}Assertion/" % NAMES["saml"]
    config = SignatureConfiguration(signature_methods=methods, location=place)
    found = XMLVerifier().verify(root, x509_cert=task["certificate"], expect_config=config, id_attribute="ID")
    return {"ok": True, "said": [
        found.signed_xml.get("ID"), "".join(found.signed_xml.find(".//saml:NameID", NAMES).itertext())]}


def signxml_signs(task):
    """Documents that signxml signed as SAML has it."""
    from signxml import CanonicalizationMethod, DigestAlgorithm, XMLSigner, methods
    made = []
    for method in task["methods"]:
        signer = XMLSigner(
            method=methods.enveloped, signature_algorithm=method, digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        root = etree.fromstring(base64.b64decode(task["document"]))
        key = task["ec_key"] if "ecdsa" in method else task["key"]
        certificate = task["ec_certificate"] if "ecdsa" in method else task["certificate"]
        signed = signer.sign(
            root, key=key, cert=certificate, reference_uri="#" + root.get("ID"), id_attribute="ID")
        made.append(base64.b64encode(etree.tostring(signed)).decode())
    return {"ok": True, "said": made}


def requests(task):
    """Messages of pysaml2's and python3-saml's, for us to read."""
    from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
    from onelogin.saml2.settings import OneLogin_Saml2_Settings
    from saml2 import saml, samlp
    ours = OneLogin_Saml2_Settings(settings(task))
    made = {"python3_saml": OneLogin_Saml2_Authn_Request(ours, force_authn=True).get_xml()}
    issuer = saml.Issuer(text=task["service"])
    common = {"version": "2.0", "issue_instant": "2027-01-15T08:00:00Z", "issuer": issuer, "destination": task["sign_on"]}
    made["pysaml2"] = str(samlp.AuthnRequest(
        id="_p1", is_passive="true", assertion_consumer_service_url=task["consumer"],
        name_id_policy=samlp.NameIDPolicy(format=saml.NAMEID_FORMAT_PERSISTENT, allow_create="true"),
        requested_authn_context=samlp.RequestedAuthnContext(
            authn_context_class_ref=[saml.AuthnContextClassRef(text="urn:a")], comparison="minimum"),
        scoping=samlp.Scoping(
            proxy_count="3", requester_id=[samlp.RequesterID(text="urn:r")],
            idp_list=samlp.IDPList(idp_entry=[samlp.IDPEntry(provider_id="urn:i")])), **common))
    made["pysaml2_logout"] = str(samlp.LogoutRequest(
        id="_p2", name_id=saml.NameID(text="n", format=saml.NAMEID_FORMAT_TRANSIENT, sp_name_qualifier="q"),
        session_index=[samlp.SessionIndex(text="s1"), samlp.SessionIndex(text="s2")], **common))
    return {"ok": True, "said": made}


def reads(task):
    """What pysaml2 reads in messages and metadata of ours."""
    from saml2 import md, samlp
    request = samlp.authn_request_from_string(base64.b64decode(task["authn_request"]))
    logout = samlp.logout_request_from_string(base64.b64decode(task["logout_request"]))
    entity = md.entity_descriptor_from_string(base64.b64decode(task["metadata"]))
    for part in (request, logout, entity):
        part.verify()
    return {"ok": True, "said": {
        "consumer": request.assertion_consumer_service_url, "force": request.force_authn,
        "classes": [c.text for c in request.requested_authn_context.authn_context_class_ref],
        "sessions": [s.text for s in logout.session_index], "name": logout.name_id.text,
        "entity": entity.entity_id, "consumers": [s.location for s in entity.spsso_descriptor[0].assertion_consumer_service],
        "keys": len(entity.idpsso_descriptor[0].key_descriptor)}}


def main():
    task = json.load(sys.stdin)
    try:
        answer = {"valid": valid, "response": response, "requests": requests, "reads": reads,
                  "signxml_judges": signxml_judges, "signxml_signs": signxml_signs}[task["task"]](task)
    except ImportError as missing:
        answer = {"ok": None, "said": str(missing)}
    except Exception as error:  # a refusal by exception is a refusal
        answer = {"ok": False, "said": "%s: %s" % (type(error).__name__, error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
