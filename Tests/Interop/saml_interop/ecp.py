"""A client that is no browser, between a service provider and the gateway (SAML V2.0 Enhanced Client or Proxy Profile Version
2.0): it carries the messages as they are, and reads what stands beside them."""
import base64
import re
import xml.etree.ElementTree as tree

SOAP, PAOS = "http://schemas.xmlsoap.org/soap/envelope/", "urn:liberty:paos:2003-08"
ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
MEDIA_TYPE = "application/vnd.paos+xml"
HEADER = re.compile(r"<((?:[\w-]+:)?Header)\b[^>]*?(?:/>|>.*?</\1\s*>)", re.DOTALL)


class Asked:
    """What a service provider wants to be carried: the envelope for the identity provider, and what the client remembers."""

    def __init__(self, envelope):
        header = tree.fromstring(envelope).find(f"{{{SOAP}}}Header")
        self.consumer = header.find(f"{{{PAOS}}}Request").get("responseConsumerURL")
        state = header.find(f"{{{ECP}}}RelayState")
        self.state = None if state is None else state.text
        # The message is left as it was written: another prefix would break its signature.
        self.body, self.media_type = HEADER.sub("", envelope, count=1), "text/xml"

    def package(self, answer):
        """What the service provider is brought; only to the place that both name."""
        found = tree.fromstring(answer).find(f"{{{SOAP}}}Header/{{{ECP}}}Response")
        assert found is not None, f"nobody says where it goes: {answer[:1500]}"
        place = found.get("AssertionConsumerServiceURL")
        assert place == self.consumer, f"the service provider says {self.consumer}, the identity provider {place}"
        block = "" if self.state is None else (
            f'<e:RelayState xmlns:e="{ECP}" xmlns:s="{SOAP}" s:mustUnderstand="1"'
            f' s:actor="http://schemas.xmlsoap.org/soap/actor/next">{self.state}</e:RelayState>')
        return HEADER.sub(lambda _: f'<s:Header xmlns:s="{SOAP}">{block}</s:Header>', answer, count=1)


def asks(browser, url):
    """Opens a page as such a client does, and reads the request that comes in its place."""
    answer = browser.sends("GET", url, [
        ("Accept", f"text/html, {MEDIA_TYPE}"), ("PAOS", f'ver="{PAOS}";"{ECP}"')])
    assert answer.status == 200 and (answer.header("Content-Type") or "").startswith(MEDIA_TYPE), f"{answer} {answer.text[:600]}"
    return Asked(answer.text)


def brings(browser, url, asked, login, password):
    """Takes the request to the identity provider, for somebody."""
    headers = [("Content-Type", asked.media_type), ("Accept", "text/xml")]
    if login:
        shown = base64.b64encode(f"{login}:{password}".encode()).decode()
        headers.append(("Authorization", "Basic " + shown))
    return browser.sends("POST", url, headers, asked.body.encode())
