"""An Apache of our own: started by hand on a port of loopback, in a folder of the run, without the system's configuration."""
import glob
import os
import shutil
import subprocess

from .stage import until

MODULES = "/usr/lib/apache2/modules"


def missing(module):
    if not shutil.which("apache2", path="/usr/sbin:/usr/bin"):
        return "apache2 is not installed (.ci/packages interop)"
    if not os.path.exists(f"{MODULES}/{module}.so"):
        return f"{module} of Apache is not installed (.ci/packages interop)"
    return None


class Apache:
    """Serves one configuration over TLS until the run ends."""

    def __init__(self, stage, name, module, lines, port, load=None, env=None):
        """:param load: the line that loads the module, where it is not Apache's own folder that has it."""
        self.stage, self.name, self.port = stage, name, port
        # Its processes run as somebody else where we are root, so they have to get to their folder, and only there.
        self.folder = stage.scratch.path(name)
        for place in ("open", "secure", "opaque"):
            os.makedirs(f"{self.folder}/site/{place}")
            with open(f"{self.folder}/site/{place}/index.html", "w", encoding="utf-8") as page:
                page.write(f"<!doctype html><title>{place}</title><p>This is {place}.\n")
        os.chmod(stage.scratch.folder, 0o711)
        for file, mode in ((stage.gateway.certificate, 0o644), (stage.gateway.key, 0o600), (stage.authority, 0o644)):
            shutil.copy(file, self.folder)
            os.chmod(os.path.join(self.folder, os.path.basename(file)), mode)
        with open(self.folder + "/apache.conf", "w", encoding="utf-8") as file:
            file.write("\n".join([*self._base(module, load), *lines, "</VirtualHost>", ""]))
        for path in [self.folder, *glob.glob(self.folder + "/**", recursive=True)]:
            if os.path.isdir(path):
                os.chmod(path, 0o755)
        self.process = stage.scratch.start(
            ["/usr/sbin/apache2", "-d", self.folder, "-f", self.folder + "/apache.conf", "-D", "FOREGROUND"],
            f"{name}.log", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})}, cwd=self.folder)
        if not until(self._answers) or self.process.poll() is not None:
            raise AssertionError(f"Apache did not start: {self.log[-2000:]}")

    def _base(self, module, load):
        wanted = ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "env", "headers", "socache_shmcb",
                  "ssl"]
        modules = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in wanted]
        name = module.removeprefix("mod_")
        lines = [
            *modules, load or f"LoadModule {name}_module {MODULES}/{module}.so", f"ServerRoot {self.folder}",
            f"PidFile {self.folder}/apache.pid", f"Mutex file:{self.folder} default", f"ErrorLog {self.folder}/error.log",
            "LogLevel warn", f"DefaultRuntimeDir {self.folder}", f"Listen 127.0.0.1:{self.port}", "TypesConfig /etc/mime.types",
            "ServerName app.localhost", "StartServers 1", "ServerLimit 1", "ThreadsPerChild 16", "MaxRequestWorkers 16",
        ]
        if os.geteuid() == 0:
            lines += ["User www-data", "Group www-data"]
        return [
            *lines, f"<VirtualHost 127.0.0.1:{self.port}>", "ServerName app.localhost", "ServerAlias localhost",
            "SSLEngine on", f"SSLCertificateFile {self.folder}/server.pem", f"SSLCertificateKeyFile {self.folder}/server.key",
            f"DocumentRoot {self.folder}/site", "DirectoryIndex index.html", "UseCanonicalName Off",
            "<Directory />", "Require all granted", "</Directory>",
        ]

    def _answers(self):
        if self.process.poll() is not None:
            return True
        try:
            return self.stage.wire.get(f"https://app.localhost:{self.port}/open/").status == 200
        except OSError:
            return False

    @property
    def log(self):
        return self.stage.scratch.logged(f"{self.name}.log", self.folder + "/error.log")

    def stop(self):
        self.stage.scratch.stop(self.process)


def version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
    return done.stdout.strip() or "of unknown version"
