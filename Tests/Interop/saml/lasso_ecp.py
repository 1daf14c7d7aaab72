"""Lasso as a service provider and as the enhanced client between it and the gateway, one step a run: reads a JSON object from
standard input, answers one.

    {"step": "metadata", "entity", "acs", "certificate"}                                       -> {"metadata"}
    {"step": "ask", ..., "key", "peer": metadata of the identity provider}           -> {"url", "body", "asked", "request"}
    {"step": "consume", ..., "asked", "request", "body": what the identity provider answered}
                                                                        -> {"url", "name", "format", "context"}

What Lasso does not believe ends the run with its word for it.
"""
import html
import json
import sys

import lasso
from lasso_sp import believed

PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"


def metadata(job, entity=None):
    with open(job["certificate"], encoding="utf-8") as file:
        certificate = "".join(line.strip() for line in file if not line.startswith("-----"))
    return "".join([
        f'<md:EntityDescriptor xmlns:md="{lasso.SAML2_METADATA_HREF}" xmlns:ds="{lasso.DS_HREF}"',
        f' entityID="{html.escape(entity or job["entity"])}"><md:SPSSODescriptor AuthnRequestsSigned="true"',
        f' protocolSupportEnumeration="{lasso.SAML2_PROTOCOL_HREF}"><md:KeyDescriptor>',
        f'<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>',
        "</md:KeyDescriptor>",
        f'<md:AssertionConsumerService Binding="{PAOS}" Location="{html.escape(job["acs"])}" index="0" isDefault="true"/>',
        "</md:SPSSODescriptor></md:EntityDescriptor>"])


def server(job, entity=None):
    with open(job["key"], encoding="utf-8") as file:
        key = file.read()
    with open(job["certificate"], encoding="utf-8") as file:
        made = lasso.Server.newFromBuffers(metadata(job, entity), key, None, file.read())
    made.signatureMethod = lasso.SIGNATURE_METHOD_RSA_SHA256
    made.setEncryptionPrivateKey(key)
    made.addProviderFromBuffer(lasso.PROVIDER_ROLE_IDP, job["peer"])
    return made


def carrier(job, asked):
    """The client, which knows the identity provider and takes the request on to it."""
    made = server(job, "https://client.example/ecp")
    ecp = lasso.Ecp(made)
    ecp.remoteProviderId = next(iter(made.providers))
    ecp.processAuthnRequestMsg(asked)
    return ecp


def ask(job):
    login = lasso.Login(server(job))
    login.initAuthnRequest(None, lasso.HTTP_METHOD_PAOS)
    login.request.protocolBinding = PAOS
    login.request.nameIDPolicy.format = lasso.SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT
    login.request.nameIDPolicy.allowCreate = True
    login.msgRelayState = "a-state"
    login.setSignatureHint(lasso.PROFILE_SIGNATURE_HINT_FORCE)
    login.buildAuthnRequestMsg()
    ecp = carrier(job, login.msgBody)
    return {"url": ecp.msgUrl, "body": ecp.msgBody, "asked": login.msgBody, "request": login.request.id}


def consume(job):
    ecp = carrier(job, job["asked"])
    ecp.processResponseMsg(job["body"])
    login = lasso.Login(server(job))
    login.processPaosResponseMsg(ecp.msgBody)
    assertion = believed(login, job)
    return {
        "url": ecp.msgUrl, "name": login.nameIdentifier.content, "format": login.nameIdentifier.format,
        "context": assertion.authnStatement[0].authnContext.authnContextClassRef}


def main():
    job = json.load(sys.stdin)
    steps = {"metadata": lambda job: {"metadata": metadata(job)}, "ask": ask, "consume": consume}
    json.dump(steps[job["step"]](job), sys.stdout)


main()
