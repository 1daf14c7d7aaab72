"""mod_shib, the module of Apache that is a service provider by its own daemon, shibd."""
import glob
import os
import socket
import subprocess

from interop.stage import until

from harness.wire import with_query

from . import messages
from .apache import BehindApache
from .messages import OIDS
from .simplesamlphp import UNPACKED


def unpacked():
    """Where Shibboleth is: unpacked by .ci/saml-peers, else the system's."""
    return next((folder for folder in (UNPACKED, "") if os.path.exists(folder + "/usr/sbin/shibd")), None)


class Shibboleth(BehindApache):
    KEY, TITLE, MODULE = "shibboleth", "mod_shib", "mod_shib"

    @classmethod
    def missing(cls):
        if unpacked() is None:
            return "Debian's libapache2-mod-shib is not here (.ci/saml-peers .build-saml-peers)"
        return None if os.path.exists("/usr/sbin/apache2") else "apache2 is not installed (.ci/packages interop)"

    @classmethod
    def version(cls):
        done = subprocess.run([unpacked() + "/usr/sbin/shibd", "-v"], capture_output=True, text=True,
                              env={"LD_LIBRARY_PATH": libraries()})
        return (done.stdout + done.stderr).strip().removeprefix("shibboleth ") + " of Debian"

    def __init__(self, stage):
        super().__init__(stage)
        self.daemon, self.folder = None, stage.scratch.path(self.name + "-conf")
        self.house_entity = "https://nobody.example/"
        self.serve()

    @property
    def entity(self):
        return self.url + "/shibboleth"

    @property
    def metadata(self):
        answer = self.stage.wire.get(self.url + "/Shibboleth.sso/Metadata")
        assert answer.status == 200, f"{answer} {self.log[-1500:]}"
        # The gateway would tell it by SOAP, where the run's authority counts for nothing.
        return messages.by_browser_only(messages.unpromising(answer.text))

    def meet(self, house):
        super().meet(house)
        self.house_entity = house.entity

    @property
    def log(self):
        return super().log + self.stage.scratch.logged(
            self.name + "-shibd.log", self.folder + "/shibd.log", self.folder + "/native.log", last=1500)

    def serve(self):
        self.stop_apache()
        self.stop_daemon()
        with open(self.keys.key, encoding="utf-8") as file:
            key = self.write("sp.key", file.read(), 0o600)
        certificate = self.write("sp.pem", self.keys.certificate_text)
        provider = ""
        if self.house:
            provider = f'<MetadataProvider type="XML" validate="true" path="{self.write("house.xml", self.given())}">' \
                '<MetadataFilter type="RequireValidUntil" maxValidityInterval="2419200"/>' \
                + (f'<MetadataFilter type="Signature" certificate="{self.write("house.pem", self.signer())}"/>'
                   if self.how.get("binding") != "post" else "") + "</MetadataProvider>"
        self.write("shibboleth2.xml", CONFIGURATION.format(
            entity=self.entity, house=self.house_entity, signing="true" if self.how.get("signed") else "back", key=key,
            certificate=certificate, provider=provider, folder=self.folder, authority=self.stage.authority, share=f"{unpacked()}/etc/shibboleth"))
        self.write("attribute-map.xml", ATTRIBUTES.format(
            rows="".join(f'<Attribute name="{oid}" id="{name}"/>' for name, oid in OIDS.items())))
        for name in ("shibd", "native"):
            self.write(f"{name}.logger", LOGGER.format(path=f"{self.folder}/{name}.log"))
        for path in glob.glob(unpacked() + "/etc/shibboleth/*.html"):
            with open(path, encoding="utf-8") as file:
                self.write("shibboleth/" + os.path.basename(path), file.read())
        catalogs = [self.write(os.path.basename(os.path.dirname(path)) + "-" + os.path.basename(path), self.relocated(path))
                    for path in glob.glob(unpacked() + "/usr/share/xml/*/*catalog*.xml")]
        # Apache's processes write their log there.
        os.chmod(self.folder, 0o777)
        env = {
            "LD_LIBRARY_PATH": libraries(), "SHIBSP_CFGDIR": self.folder, "SHIBSP_RUNDIR": self.folder,
            "SHIBSP_LOGDIR": self.folder, "SHIBSP_CACHEDIR": self.folder, "SHIBSP_SCHEMAS": ":".join(catalogs),
            "SHIBSP_LIBDIR": unpacked() + "/usr/lib/x86_64-linux-gnu", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "SHIBSP_XMLDIR": unpacked() + "/usr/share/xml/shibboleth"}
        place = self.folder + "/shibd.sock"
        self.daemon = self.stage.scratch.start(
            [unpacked() + "/usr/sbin/shibd", "-f", "-F", "-c", self.folder + "/shibboleth2.xml", "-p",
             self.folder + "/shibd.pid"], f"{self.name}-shibd.log", env=env, cwd=self.folder)
        if not until(lambda: self.daemon.poll() is not None or connects(place)):
            raise AssertionError(f"shibd did not start: {self.log[-2500:]}")
        os.chmod(place, 0o777)
        self.start([
            f"ShibConfig {self.folder}/shibboleth2.xml", "<Location /Shibboleth.sso>", "SetHandler shib", "</Location>",
            "<Location /secure>", "AuthType shibboleth", "ShibRequestSetting requireSession 1", "Require shib-session",
            *(f'Header always set X-{name} "%{{{name}}}e"' for name in OIDS), 'Header always set X-name "%{persistent-id}e"',
            'Header always set X-context "%{Shib-AuthnContext-Class}e"',
            'Header always set X-instant "%{Shib-Authentication-Instant}e"', "</Location>"],
            load=f"LoadModule mod_shib {unpacked()}/usr/lib/apache2/modules/mod_shib.so",
            env={name: value for name, value in env.items() if name != "PATH"})

    def signer(self):
        """The certificate that the gateway's metadata are signed with: the first of its keys."""
        found = messages.entity(self.house.metadata).find("ds:Signature//ds:X509Certificate", messages.NAMES)
        if found is None:
            found = messages.entity(self.house.metadata).find("md:IDPSSODescriptor//ds:X509Certificate", messages.NAMES)
        body = "".join(found.text.split())
        return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"

    @staticmethod
    def relocated(path):
        with open(path, encoding="utf-8") as file:
            return file.read().replace('uri="/usr/share/xml', f'uri="{unpacked()}/usr/share/xml')

    def leaves(self, browser):
        return browser.open(self.url + "/Shibboleth.sso/Logout", cross_site=False)

    def login(self, query):
        asked = {"target": self.url + "/secure/"}
        if self.answers == "artifact":
            asked["acsIndex"] = messages.index_of(self.metadata, "HTTP-Artifact")
        asked |= {{"force": "forceAuthn", "passive": "isPassive"}[name]: "true" for name in query}
        return with_query(self.url + "/Shibboleth.sso/Login", asked)

    def stop_daemon(self):
        if self.daemon:
            self.stage.scratch.stop(self.daemon)

    def stop(self):
        super().stop()
        self.stop_daemon()


def libraries():
    return ":".join(glob.glob((unpacked() or "") + "/usr/lib/*-linux-gnu"))


def connects(place):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(place)
            return True
        except OSError:
            return False


CONFIGURATION = """<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180">
  <OutOfProcess logger="{folder}/shibd.logger" tranLogFormat="%u|%s"/>
  <InProcess logger="{folder}/native.logger"/>
  <UnixListener address="{folder}/shibd.sock"/>
  <ApplicationDefaults entityID="{entity}" REMOTE_USER="persistent-id" signing="{signing}" encryption="false"
      signingAlg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" digestAlg="http://www.w3.org/2001/04/xmlenc#sha256"
      requireConfidentiality="true" requireTransportAuth="true">
    <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="true"
        cookieProps="; path=/; secure; HttpOnly; SameSite=None" redirectLimit="exact">
      <SSO ECP="true" entityID="{house}" NameIDFormat="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">SAML2</SSO>
      <Logout signing="true">SAML2 Local</Logout>
      <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
      <Handler type="Session" Location="/Session" showAttributeValues="true"/>
    </Sessions>
    <Errors supportContact="nobody@sp.example"/>
    {provider}
    <AttributeExtractor type="XML" validate="true" path="{folder}/attribute-map.xml"/>
    <AttributeFilter type="XML" validate="true" path="{share}/attribute-policy.xml"/>
    <CredentialResolver type="File" key="{key}" certificate="{certificate}"/>
    <TrustEngine type="Chaining">
      <TrustEngine type="ExplicitKey"/>
      <TrustEngine type="StaticPKIX" certificate="{authority}"/>
    </TrustEngine>
  </ApplicationDefaults>
  <SecurityPolicyProvider type="XML" validate="true" path="{share}/security-policy.xml"/>
  <ProtocolProvider type="XML" validate="true" path="{share}/protocols.xml"/>
</SPConfig>
"""
ATTRIBUTES = """<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  {rows}
  <Attribute name="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" id="persistent-id">
    <AttributeDecoder xsi:type="NameIDAttributeDecoder" formatter="$Name"/>
  </Attribute>
</Attributes>
"""
LOGGER = """log4j.rootCategory=INFO, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.fileName={path}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%p %c %x: %m%n
"""
