"""A receiver of security events over TLS that knows nothing of Gatehouse: joserfc verifies what is pushed to it.

Usage: signal_receiver.py CERTIFICATE KEY KEYSET ISSUER AUDIENCE COUNT
The first COUNT // 2 pushes are answered as by somebody who does not know the key yet. Its port is the first line it prints;
each push it took is another line, and with the COUNTth it ends.
"""
import http.server
import json
import ssl
import sys

from joserfc import jws
from joserfc.jwk import KeySet

certificate, key, keys, issuer, audience, count = sys.argv[1:]
count = int(count)
stale = count // 2
taken = []


def fault(body):
    """The code of RFC 8935 section 2.4 for what is wrong with a push; None for one that is right."""
    global stale
    if stale:
        stale -= 1
        return "invalid_key"
    try:
        with open(keys, encoding="utf-8") as file:
            token = jws.deserialize_compact(body, KeySet.import_key_set(json.load(file)), algorithms=["RS256"])
    except Exception as error:  # whatever joserfc refuses
        print(f"refused: {error!r}", file=sys.stderr)
        return "invalid_key"
    claims = json.loads(token.payload)
    if token.headers().get("typ") != "secevent+jwt" or "sub" in claims or "exp" in claims:
        return "invalid_request"
    if claims["iss"] != issuer:
        return "invalid_issuer"
    if claims["aud"] != audience:
        return "invalid_audience"
    if len(claims["events"]) != 1 or "jti" not in claims or "txn" not in claims:
        return "invalid_request"
    taken.append(claims)
    return None


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code = fault(body)
        if self.headers["Content-Type"] != "application/secevent+jwt":
            code = "invalid_request"
        answer = json.dumps({"err": code, "description": "no"}).encode() if code else b""
        self.send_response(400 if code else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        if not code:
            print(json.dumps(taken[-1]), flush=True)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.timeout = 20
print(server.server_address[1], flush=True)
while len(taken) < count:
    server.handle_request()
server.server_close()
