"""nginx ends the TLS of clients that have certificates, and hands them on, as docs/nginx.md says."""
import os
import shutil
import subprocess
import urllib.parse

from harness.scratch import free_port

from . import authlib_certificate
from .stage import until

NAME = "nginx-certificate"
NGINX = "/usr/sbin/nginx"


def missing():
    return None if shutil.which(NGINX) else "nginx is not installed (.ci/packages interop)"


def clients(stage):
    return authlib_certificate.clients(stage)


def run(stage, told):
    told.steps.append(subprocess.run([NGINX, "-v"], capture_output=True, text=True).stderr.strip())
    asking, ordinary = free_port(), free_port()
    folder = stage.scratch.path("nginx")
    os.makedirs(folder)
    os.chmod(stage.scratch.folder, 0o711)
    conf = stage.scratch.write("nginx/nginx.conf", configuration(stage, folder, asking, ordinary))
    process = stage.scratch.start([NGINX, "-p", folder, "-c", conf, "-e", folder + "/error.log"], "nginx.log")
    own = stage.clients.issue(authlib_certificate.NAME)
    other = stage.clients.issue(authlib_certificate.NAME, "Somebody else")

    def revoke(port, certificate=None, headers=()):
        """A revocation is answered 200 to whoever has proved to be the client, whatever the token."""
        return stage.wire.form(f"https://localhost:{port}/oauth2/revoke", {
            "token": "unknown", "client_id": authlib_certificate.NAME}, headers, certificate)

    def answers():
        try:
            return revoke(asking) and revoke(ordinary)
        except OSError:
            return None

    told.proves(until(answers), f"nginx answers ({process.poll()})")
    told.steps.pop()
    told.proves(revoke(asking, own).status == 200, "a client is proved by the certificate that nginx was shown")
    told.proves(revoke(asking, other).error == "invalid_client", "another subject is not")
    told.proves(revoke(asking).error == "invalid_client", "nobody is, without one")
    with open(own[0], encoding="utf-8") as file:
        smuggled = [("X-Client-Cert", urllib.parse.quote(file.read(), safe=""))]
    told.proves(revoke(asking, None, smuggled).error == "invalid_client", "a header of the client's own is replaced")
    told.proves(revoke(asking, other, smuggled).error == "invalid_client", "beside another certificate too")
    told.proves(revoke(ordinary, None, smuggled).error == "invalid_client", "where nobody is asked it is emptied")
    stage.scratch.stop(process)


def configuration(stage, folder, asking, ordinary):
    tls = f"ssl_certificate {stage.gateway.certificate}; ssl_certificate_key {stage.gateway.key};"
    onward = f"proxy_pass https://127.0.0.1:{stage.gateway.port}; proxy_set_header Host localhost:{stage.gateway.port};"
    return f"""
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{asking} ssl; {tls}
        ssl_verify_client optional_no_ca; ssl_session_tickets off; ssl_session_cache none;
        location /oauth2/ {{
            {onward}
            proxy_set_header X-Client-Cert   $ssl_client_escaped_cert;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
    server {{
        listen 127.0.0.1:{ordinary} ssl; {tls}
        location / {{ {onward} proxy_set_header X-Client-Cert ""; proxy_set_header X-Forwarded-For $remote_addr; }}
    }}
}}
"""
