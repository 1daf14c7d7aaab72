"""A relying party's address for logout tokens: TLS, and a memory."""
import http.server
import ssl
import threading
import time
import urllib.parse

from harness.scratch import free_port


class LogoutReceiver:
    def __init__(self):
        self.port = free_port()
        self.url = f"https://localhost:{self.port}/backchannel_logout"
        self.received = []
        # Changes what came, to try what a judge makes of wrong tokens.
        self.between = None
        self._changed = threading.Condition()
        self._server = None

    def start(self, certificate, key):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                fields = urllib.parse.parse_qsl(body, keep_blank_values=True)
                if receiver.between:
                    fields = receiver.between(fields)
                with receiver._changed:
                    receiver.received.append({
                        "path": self.path, "type": (self.headers.get("Content-Type") or "").split(";")[0],
                        "fields": fields, "at": time.time()})
                    receiver._changed.notify_all()
                self.send_response(200)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A handshake that fails is the caller's loss, and shows as a token that did not come."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, fits, seconds=20):
        """The first request that fits, waiting for it; None when it does not come."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for request in self.received:
                    if fits(request):
                        return request
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def close(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
