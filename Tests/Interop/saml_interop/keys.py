"""Key pairs as SAML publishes them: RSA in a certificate that nobody signed but itself."""
import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


class KeyPair:
    """Two PEM files of a folder."""

    def __init__(self, folder, name):
        self.key, self.certificate = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".pem")
        private = rsa.generate_private_key(65537, 2048)
        subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.datetime.now(datetime.timezone.utc)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        made = made.not_valid_after(now + datetime.timedelta(days=30)).sign(private, hashes.SHA256())
        os.makedirs(folder, exist_ok=True)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        self._write(self.key, private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        self._write(self.certificate, made.public_bytes(pem))

    @staticmethod
    def _write(path, data):
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o600)

    @property
    def text(self):
        """The certificate as metadata have it."""
        return text_of(self.certificate)

    @property
    def private_text(self):
        with open(self.key, encoding="utf-8") as file:
            return file.read()

    @property
    def certificate_text(self):
        with open(self.certificate, encoding="utf-8") as file:
            return file.read()


def text_of(path):
    """A certificate of PEM as metadata have it."""
    with open(path, encoding="utf-8") as file:
        return "".join(line.strip() for line in file if not line.startswith("-----"))
