"""Lasso as an identity provider, one step a run: reads a JSON object from standard input, answers one.

    {"step": "metadata", "entity", "sso", "slo", "artifact", "certificate", "wants_signed"}  -> {"metadata"}
    {"step": "answer", ..., "key", "peer": metadata of the service provider, "query": of the request or "form": its fields,
     "sign": ["response", "assertion"], "encrypt": null | "cbc", "name", "attributes", "context", "passive_status": bool,
     "authenticated_at": seconds}                                                      -> {"page", "forced", "passive", "state"}
                                          or, where an artifact is asked for: {"url", "kept", "forced", "passive"}
    {"step": "resolve", ..., "key", "peer", "kept": of an answer, "envelope": of an ArtifactResolve}     -> {"envelope"}
    {"step": "begin_logout", "key", "peer", "state": of an answer}                      -> {"url", "request"}
    {"step": "logout_answer", "key", "peer", "query", "state"}                          -> {"url"}
    {"step": "logout_done", "key", "peer", "query", "request"}                          -> {}

`key` and `certificate` are PEM files. Lasso is Debian's, and so is the Python that has it.
"""
import html
import json
import sys
import time

import lasso

URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


def certificate(job):
    with open(job["certificate"], encoding="utf-8") as file:
        return "".join(line.strip() for line in file if not line.startswith("-----"))


def metadata(job):
    redirect, post = ("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-" + name for name in ("Redirect", "POST"))
    signed = "true" if job.get("wants_signed") else "false"
    slo, artifact = job.get("slo"), job.get("artifact")
    soap = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
    return "".join([
        f'<md:EntityDescriptor xmlns:md="{lasso.SAML2_METADATA_HREF}" xmlns:ds="{lasso.DS_HREF}"',
        f' entityID="{html.escape(job["entity"])}"><md:IDPSSODescriptor WantAuthnRequestsSigned="{signed}"',
        f' protocolSupportEnumeration="{lasso.SAML2_PROTOCOL_HREF}"><md:KeyDescriptor><ds:KeyInfo><ds:X509Data>',
        f'<ds:X509Certificate>{certificate(job)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>',
        f'<md:ArtifactResolutionService Binding="{soap}" Location="{html.escape(artifact)}" index="0" isDefault="true"/>'
        if artifact else "",
        f'<md:SingleLogoutService Binding="{redirect}" Location="{html.escape(slo)}"/>' if slo else "",
        f"<md:NameIDFormat>{lasso.SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT}</md:NameIDFormat>",
        *(f'<md:SingleSignOnService Binding="{binding}" Location="{html.escape(job["sso"])}"/>'
          for binding in (redirect, post)),
        "</md:IDPSSODescriptor></md:EntityDescriptor>"])


def server(job):
    with open(job["key"], encoding="utf-8") as file:
        key = file.read()
    with open(job["certificate"], encoding="utf-8") as file:
        made = lasso.Server.newFromBuffers(metadata(job), key, None, file.read())
    made.signatureMethod = lasso.SIGNATURE_METHOD_RSA_SHA256
    made.addProviderFromBuffer(lasso.PROVIDER_ROLE_SP, job["peer"])
    if job.get("encrypt"):
        entity = next(iter(made.providers.values()))
        entity.setEncryptionMode(lasso.ENCRYPTION_MODE_ASSERTION)
        entity.setEncryptionSymKeyType(lasso.ENCRYPTION_SYM_KEY_TYPE_AES_256)
    return made


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def answer(job):
    login = lasso.Login(server(job))
    # Where the request is signed, Lasso holds the signature to the service provider's metadata.
    login.processAuthnRequestMsg(job["query"] if "query" in job else job["form"]["SAMLRequest"])
    if "form" in job:
        login.msgRelayState = job["form"].get("RelayState")
    asked = {"forced": bool(login.request.forceAuthn), "passive": bool(login.request.isPassive)}
    now = time.time()
    if job.get("passive_status"):
        # Nobody is signed in, and nobody may be asked.
        try:
            login.validateRequestMsg(False, False)
        except lasso.Error:
            pass
        login.response.status.statusCode.statusCode = lasso.Samlp2StatusCode()
        login.response.status.statusCode.statusCode.value = lasso.SAML2_STATUS_CODE_NO_PASSIVE
    else:
        login.validateRequestMsg(True, True)
        login.buildAssertion(
            job["context"], instant(job.get("authenticated_at", now)), None, instant(now - 60), instant(now + 300))
        assertion = login.response.assertion[0]
        # Where no format is asked for, Lasso takes a transient name.
        assertion.subject.nameId.format = lasso.SAML2_NAME_IDENTIFIER_FORMAT_PERSISTENT
        assertion.subject.nameId.content = job["name"]
        assertion.attributeStatement = [statement(job["attributes"])]
    hint = lasso.PROFILE_SIGNATURE_HINT_FORCE if "response" in job["sign"] else lasso.PROFILE_SIGNATURE_HINT_FORBID
    login.setSignatureHint(hint)
    if login.protocolProfile == lasso.LOGIN_PROTOCOL_PROFILE_BRWS_ART:
        login.buildArtifactMsg(lasso.HTTP_METHOD_ARTIFACT_GET)
        return asked | {"url": login.msgUrl, "kept": {login.artifact: login.artifactMessage}}
    login.buildAuthnResponseMsg()
    fields = [("SAMLResponse", login.msgBody), ("RelayState", login.msgRelayState)]
    state = {name: held.dump() for name, held in (("session", login.session), ("identity", login.identity)) if held}
    return asked | {"page": page(login.msgUrl, fields), "state": state}


def resolve(job):
    login = lasso.Login(server(job))
    login.processRequestMsg(job["envelope"])
    login.artifactMessage = job["kept"][login.assertionArtifact]
    login.buildResponseMsg(None)
    return {"envelope": login.msgBody}


def statement(attributes):
    made = lasso.Saml2AttributeStatement()
    rows = []
    for name, values in attributes.items():
        row = lasso.Saml2Attribute()
        row.name, row.nameFormat = name, URI if name.startswith("urn:") else lasso.SAML2_ATTRIBUTE_NAME_FORMAT_BASIC
        row.attributeValue = [value(text) for text in values]
        rows.append(row)
    made.attribute = rows
    return made


def value(text):
    content = lasso.MiscTextNode.newWithString(text)
    content.textChild = True
    made = lasso.Saml2AttributeValue()
    made.any = [content]
    return made


def page(action, fields):
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(text)}">' for name, text in fields if text is not None)
    return f'<form method="post" action="{html.escape(action)}">{inputs}</form>'


def logout_of(job):
    logout = lasso.Logout(server(job))
    for name, value in job.get("state", {}).items():
        (logout.setSessionFromDump if name == "session" else logout.setIdentityFromDump)(value)
    return logout


def begin_logout(job):
    made = logout_of(job)
    made.initRequest(None, lasso.HTTP_METHOD_REDIRECT)
    made.buildRequestMsg()
    return {"url": made.msgUrl, "request": made.dump()}


def logout_answer(job):
    made = logout_of(job)
    made.processRequestMsg(job["query"])
    made.validateRequest()
    made.buildResponseMsg()
    return {"url": made.msgUrl}


def logout_done(job):
    made = lasso.Logout.newFromDump(server(job), job["request"])
    made.processResponseMsg(job["query"])
    return {}


def main():
    job = json.load(sys.stdin)
    steps = {"metadata": lambda job: {"metadata": metadata(job)}, "answer": answer, "resolve": resolve,
             "begin_logout": begin_logout,
             "logout_answer": logout_answer, "logout_done": logout_done}
    json.dump(steps[job["step"]](job), sys.stdout)


main()
