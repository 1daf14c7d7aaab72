"""Stands before a provider that speaks HTTP: TLS by the run's authority, and the place where its answers can be changed."""
import http.client
import http.server
import socketserver
import ssl
import threading

from harness.scratch import free_port

# RFC 9110 §7.6.1, and what is counted anew.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date", "upgrade"}


class Listener:
    """Listens at `https://localhost:PORT`, each request in a thread of its own."""

    def __init__(self, stage):
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(stage.gateway.certificate, stage.gateway.key)
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                # Here and not where connections are taken, so that a slow one holds up nobody.
                self.request.settimeout(30)
                self.request.do_handshake()
                super().setup()

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                listener.answer(self, self.rfile.read(length) if length else None)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                # Whoever goes away in the middle is no news.
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        stage.scratch.closers.append(self.stop)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, body):
        """Answers a request with `say`; its body was read."""
        raise NotImplementedError

    @staticmethod
    def say(handler, status, headers, content):
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)


class Relay(Listener):
    """Behind it is a port of loopback without TLS."""

    def __init__(self, stage, behind=None):
        self.behind = behind or free_port()
        # (path, status, body) -> (status, body): what the provider is made to say.
        self.tamper = None
        # What was asked for, as (method, path without its query).
        self.asked = []
        super().__init__(stage)

    def answer(self, handler, body):
        path = handler.path.split("?")[0]
        self.asked.append((handler.command, path))
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=30)
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in HOP:
                    connection.putheader(name, value)
            for name, value in (("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "https"),
                                ("X-Forwarded-Host", handler.headers.get("Host", ""))):
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            status, headers, content = answer.status, answer.getheaders(), answer.read()
        except OSError:
            status, headers, content = 502, [], b""
        finally:
            connection.close()
        if self.tamper:
            status, content = self.tamper(path, status, content)
        self.say(handler, status, headers, content)
