"""Certificates of clients, by a throw-away authority that the gateway is told to believe."""
import os
import subprocess


class ClientAuthority:
    def __init__(self, folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.folder = folder
        self.file = os.path.join(folder, "authority.pem")
        self.key = os.path.join(folder, "authority.key")
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                  "-out", self.file, "-days", "30", "-subj", "/CN=Authority of clients", "-addext",
                  "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name, organization="Judged"):
        """The files of a certificate for a client of this name, and of its key."""
        base = os.path.join(self.folder, f"{name} of {organization}".replace(" ", "-"))
        self._run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", base + ".key", "-out",
                  base + ".csr", "-subj", f"/O={organization}/CN={name}")
        with open(base + ".ext", "w", encoding="utf-8") as file:
            file.write(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
                       f"subjectAltName=DNS:{name}.rp.example\n")
        self._run("x509", "-req", "-in", base + ".csr", "-CA", self.file, "-CAkey", self.key, "-CAcreateserial", "-days", "30",
                  "-sha256", "-extfile", base + ".ext", "-out", base + ".pem")
        return base + ".pem", base + ".key"

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
