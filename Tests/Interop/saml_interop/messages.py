"""Messages of SAML on their way, looked at from outside: what is signed, what is encrypted, what is asked."""
import base64
import re
import urllib.parse
import xml.etree.ElementTree as tree
import zlib

from harness.browser import Landing

NAMES = {
    "p": "urn:oasis:names:tc:SAML:2.0:protocol", "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#", "xenc": "http://www.w3.org/2001/04/xmlenc#",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
}
for _prefix, _address in NAMES.items():
    tree.register_namespace({"p": "samlp", "a": "saml"}.get(_prefix, _prefix), _address)
BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
# What people are told about, by the gateway's names, and what that is called on the way.
OIDS = {
    "uid": "urn:oid:0.9.2342.19200300.100.1.1", "mail": "urn:oid:0.9.2342.19200300.100.1.3",
    "displayName": "urn:oid:2.16.840.1.113730.3.1.241"}
# What can be signed of an answer.
BOTH = ("response", "assertion")


def request_of(landing):
    """The request that a browser carries, by either binding."""
    return _read(landing, "SAMLRequest")


def response_of(landing):
    return _read(landing, "SAMLResponse")


def _read(landing, name):
    data = base64.b64decode(landing.params[name])
    return tree.fromstring(zlib.decompress(data, -15) if landing.method == "GET" else data)


def waits_for_nothing(landing):
    """Whether a request of logout says that nobody waits for its answer."""
    return any(element.tag.endswith("}Asynchronous") for element in request_of(landing).iter())


def is_signed(landing):
    if landing.method == "GET":
        return "Signature" in landing.params
    name = "SAMLRequest" if "SAMLRequest" in landing.params else "SAMLResponse"
    return _read(landing, name).find("ds:Signature", NAMES) is not None


def signed_parts(landing):
    """Which of `response` and `assertion` have a signature of their own; what is encrypted does not show it."""
    response = response_of(landing)
    found = {"response"} if response.find("ds:Signature", NAMES) is not None else set()
    return found | ({"assertion"} if response.find("a:Assertion/ds:Signature", NAMES) is not None else set())


def content_algorithm(landing):
    """What the assertion is encrypted by; None where it is readable."""
    method = response_of(landing).find("a:EncryptedAssertion/xenc:EncryptedData/xenc:EncryptionMethod", NAMES)
    return None if method is None else method.get("Algorithm")


def statuses(landing):
    """The status of a response, from the top down."""
    return [code.get("Value").rsplit(":", 1)[1] for code in response_of(landing).iter(f"{{{NAMES['p']}}}StatusCode")]


def query_of(landing):
    return urllib.parse.urlsplit(landing.url).query


def entity(metadata):
    """The entity of a metadata document, whatever group it is in."""
    root = tree.fromstring(metadata)
    return root if root.tag == f"{{{NAMES['md']}}}EntityDescriptor" else root.find("md:EntityDescriptor", NAMES)


def endpoints(metadata, role, service):
    return entity(metadata).findall(f"md:{role}/md:{service}", NAMES)


def index_of(metadata, binding):
    """Of a service provider's place for answers by a binding."""
    places = endpoints(metadata, "SPSSODescriptor", "AssertionConsumerService")
    return next(place.get("index") for place in places if place.get("Binding") == BINDING + binding)


def changed(metadata, change):
    """Metadata that somebody changed: without the signature that was over it."""
    root = entity(metadata)
    for signature in root.findall("ds:Signature", NAMES):
        root.remove(signature)
    change(root)
    return tree.tostring(root, encoding="unicode")


def renamed(metadata, entity_id):
    """The same of somebody else."""
    return changed(metadata, lambda root: root.set("entityID", entity_id))


def by_post_only(metadata):
    """Identity provider's metadata without its place for redirections."""
    def change(root):
        role = root.find("md:IDPSSODescriptor", NAMES)
        for place in role.findall("md:SingleSignOnService", NAMES):
            if not place.get("Binding").endswith("HTTP-POST"):
                role.remove(place)
    return changed(metadata, change)


def unpromising(metadata):
    """A service provider's metadata that do not promise signed requests, so that unsigned ones can be tried too."""
    def change(root):
        root.find("md:SPSSODescriptor", NAMES).attrib.pop("AuthnRequestsSigned", None)
    return changed(metadata, change)


def by_browser_only(metadata):
    """Metadata without the places where somebody is told of logout by SOAP."""
    def change(root):
        for role in root:
            for place in role.findall("md:SingleLogoutService", NAMES):
                if place.get("Binding").endswith(":SOAP"):
                    role.remove(place)
    return changed(metadata, change)


def with_keys(metadata, role, certificates):
    """Metadata with these keys and no others, each for everything."""
    def change(root):
        found = root.find(f"md:{role}", NAMES)
        for key in found.findall("md:KeyDescriptor", NAMES):
            found.remove(key)
        for text in reversed(certificates):
            found.insert(0, _key(text))
    return changed(metadata, change)


def encrypting_by(metadata, algorithm):
    """A service provider's metadata whose keys are to be encrypted to by this algorithm alone."""
    def change(root):
        for key in root.findall("md:SPSSODescriptor/md:KeyDescriptor", NAMES):
            for method in key.findall("md:EncryptionMethod", NAMES):
                key.remove(method)
            tree.SubElement(key, f"{{{NAMES['md']}}}EncryptionMethod", Algorithm=algorithm)
    return changed(metadata, change)


def with_another_key(metadata, role, certificate):
    """Metadata with one key more, behind the others."""
    def change(root):
        found = root.find(f"md:{role}", NAMES)
        found.insert(len(found.findall("md:KeyDescriptor", NAMES)), _key(certificate, ' use="signing"'))
    return changed(metadata, change)


def _key(certificate, use=""):
    return tree.fromstring(
        f'<md:KeyDescriptor xmlns:md="{NAMES["md"]}" xmlns:ds="{NAMES["ds"]}"{use}><ds:KeyInfo><ds:X509Data>'
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>")


def tampered(landing):
    """The same request with something else in it that a signature covers where there is one."""
    if landing.method == "GET":
        url = re.sub(r"RelayState=[^&]*", "RelayState=somebody-elses", landing.url)
        if url == landing.url:
            url += "&RelayState=somebody-elses"
        pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)
        return _again(landing, url, pairs)
    text = base64.b64decode(landing.params["SAMLRequest"]).decode()
    changed_text = re.sub(r'IssueInstant="([^"]*)Z"', lambda found: f'IssueInstant="{found[1]}.5Z"', text)
    assert changed_text != text, "there is nothing to change"
    return _again(landing, landing.url, _replaced(landing.pairs, "SAMLRequest", changed_text))


def with_other_name(landing):
    """The same response, about somebody else."""
    text = base64.b64decode(landing.params["SAMLResponse"]).decode()
    made = re.sub(r"(<(?:\w+:)?NameID\b[^>]*>)[^<]+", r"\1somebody-else", text)
    assert made != text, "there is nothing to change"
    return _again(landing, landing.url, _replaced(landing.pairs, "SAMLResponse", made))


def _replaced(pairs, name, text):
    data = base64.b64encode(text.encode()).decode()
    return [(key, data if key == name else value) for key, value in pairs]


def _again(landing, url, pairs):
    made = Landing(url=url, method=landing.method, pairs=pairs)
    if hasattr(landing, "request"):
        made.request = landing.request
    return made
