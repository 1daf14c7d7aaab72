"""Lasso as a service provider, one step a run: reads a JSON object from standard input, answers one.

    {"step": "metadata", "entity", "acs", "slo", "answers": "post" | "artifact", "certificate", "signs_requests"}
                                                                                         -> {"metadata"}
    {"step": "request", ..., "key", "peer": metadata of the identity provider, "binding": "redirect" | "post",
     "signed", "force", "passive", "relay_state"}                                        -> {"url", "fields", "request"}
    {"step": "consume", ..., "request", "fields": of the form or the address, "authority": of TLS, for artifacts}
                                                        -> {"name", "format", "attributes", "context", "instant", "session"}
    {"step": "logout", "key", "peer", "session"}                                         -> {"url", "request"}
    {"step": "logout_done", "key", "peer", "query", "request"}                           -> {}
    {"step": "logout_answer", "key", "peer", "query", "session"}                         -> {"url"}

What Lasso does not believe ends the run with its word for it.
"""
import html
import json
import ssl
import sys
import urllib.parse
import urllib.request

import lasso

REDIRECT, POST, ARTIFACT = (
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-" + name for name in ("Redirect", "POST", "Artifact"))


def answers(job):
    return ARTIFACT if job.get("answers") == "artifact" else POST


def metadata(job):
    with open(job["certificate"], encoding="utf-8") as file:
        certificate = "".join(line.strip() for line in file if not line.startswith("-----"))
    signed = "true" if job.get("signs_requests", True) else "false"
    wants = "true" if job.get("wants_signed_assertions") else "false"
    return "".join([
        f'<md:EntityDescriptor xmlns:md="{lasso.SAML2_METADATA_HREF}" xmlns:ds="{lasso.DS_HREF}"',
        f' entityID="{html.escape(job["entity"])}"><md:SPSSODescriptor AuthnRequestsSigned="{signed}"',
        f' WantAssertionsSigned="{wants}" protocolSupportEnumeration="{lasso.SAML2_PROTOCOL_HREF}"><md:KeyDescriptor>',
        f'<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>',
        "</md:KeyDescriptor>",
        f'<md:SingleLogoutService Binding="{REDIRECT}" Location="{html.escape(job["slo"])}"/>' if job.get("slo") else "",
        f'<md:AssertionConsumerService Binding="{answers(job)}" Location="{html.escape(job["acs"])}"',
        ' index="0" isDefault="true"/>',
        "</md:SPSSODescriptor></md:EntityDescriptor>"])


def server(job):
    with open(job["key"], encoding="utf-8") as file:
        key = file.read()
    with open(job["certificate"], encoding="utf-8") as file:
        made = lasso.Server.newFromBuffers(metadata(job), key, None, file.read())
    made.signatureMethod = lasso.SIGNATURE_METHOD_RSA_SHA256
    made.setEncryptionPrivateKey(key)
    made.addProviderFromBuffer(lasso.PROVIDER_ROLE_IDP, job["peer"])
    return made


def request(job):
    login = lasso.Login(server(job))
    method = lasso.HTTP_METHOD_POST if job.get("binding") == "post" else lasso.HTTP_METHOD_REDIRECT
    login.initAuthnRequest(None, method)
    login.request.nameIDPolicy.format = job.get("format", lasso.SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT)
    login.request.nameIDPolicy.allowCreate = True
    login.request.forceAuthn, login.request.isPassive = job.get("force", False), job.get("passive", False)
    login.request.protocolBinding = answers(job)
    login.msgRelayState = job.get("relay_state", "a-state")
    login.setSignatureHint(
        lasso.PROFILE_SIGNATURE_HINT_FORCE if job.get("signed", True) else lasso.PROFILE_SIGNATURE_HINT_FORBID)
    login.buildAuthnRequestMsg()
    made = {"url": login.msgUrl, "request": login.request.id}
    if method == lasso.HTTP_METHOD_POST:
        made["fields"] = [["SAMLRequest", login.msgBody], ["RelayState", login.msgRelayState]]
    return made


def believed(login, job):
    """The assertion of an answer that Lasso has verified. It holds none to a request by itself: that is what its callers do."""
    if login.response.inResponseTo != job["request"]:
        raise ValueError(f"an answer to {login.response.inResponseTo}")
    if login.assertion.validateConditions(job["entity"]) != lasso.SAML2_ASSERTION_VALID:
        raise ValueError("the conditions of the assertion do not hold")
    login.acceptSso()
    return login.assertion


def consume(job):
    login = lasso.Login(server(job))
    if answers(job) == ARTIFACT:
        login.initRequest(urllib.parse.urlencode(job["fields"]), lasso.HTTP_METHOD_ARTIFACT_GET)
        login.buildRequestMsg()
        login.processResponseMsg(asked(login.msgUrl, login.msgBody, job["authority"]))
    else:
        login.processAuthnResponseMsg(job["fields"]["SAMLResponse"])
    assertion = believed(login, job)
    attributes = {}
    for statement in assertion.attributeStatement:
        for row in statement.attribute:
            attributes[row.name] = [value.any[0].content for value in row.attributeValue if value.any]
    statement = assertion.authnStatement[0]
    return {
        "name": login.nameIdentifier.content, "format": login.nameIdentifier.format, "attributes": attributes,
        "context": statement.authnContext.authnContextClassRef, "instant": statement.authnInstant,
        "session": {"session": login.session.dump(), **({"identity": login.identity.dump()} if login.identity else {})}}


def asked(url, envelope, authority):
    """What is answered by SOAP."""
    request = urllib.request.Request(url, envelope.encode(), {"Content-Type": "text/xml; charset=utf-8"})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=authority), timeout=30) as answer:
        return answer.read().decode()


def logout_of(job):
    logout = lasso.Logout(server(job))
    for name, value in job["session"].items():
        (logout.setSessionFromDump if name == "session" else logout.setIdentityFromDump)(value)
    return logout


def logout(job):
    made = logout_of(job)
    made.initRequest(None, lasso.HTTP_METHOD_REDIRECT)
    made.msgRelayState = job.get("relay_state", "a-state")
    made.buildRequestMsg()
    return {"url": made.msgUrl, "request": made.dump()}


def logout_done(job):
    made = lasso.Logout.newFromDump(server(job), job["request"])
    made.processResponseMsg(job["query"])
    return {}


def logout_answer(job):
    made = logout_of(job)
    made.processRequestMsg(job["query"])
    made.validateRequest()
    made.buildResponseMsg()
    return {"url": made.msgUrl}


def main():
    job = json.load(sys.stdin)
    steps = {"metadata": lambda job: {"metadata": metadata(job)}, "request": request, "consume": consume, "logout": logout,
             "logout_done": logout_done, "logout_answer": logout_answer}
    json.dump(steps[job["step"]](job), sys.stdout)


if __name__ == "__main__":
    main()
