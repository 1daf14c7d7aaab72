"""HTTP over TLS, one connection for each request, and nothing followed by itself."""
import functools
import http.client
import json
import ssl
import urllib.parse


class Answer:
    """What came back: the status, the headers with their repetitions, the body."""

    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers, self.body = url, status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        """The body as an object; empty where it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def error(self):
        return self.json.get("error")

    @property
    def content_type(self):
        return (self.header("Content-Type") or "").split(";")[0].strip().lower()

    def __str__(self):
        return f"{self.status} {self.text[:300]}"


class Wire:
    """Requests to hosts whose certificates one authority signed."""

    def __init__(self, authority_file, timeout=40):
        self.authority_file = authority_file
        self.timeout = timeout
        self.context = ssl.create_default_context(cafile=authority_file)
        # Where a name is really listened for, when it is not at the port that addresses say.
        self.ports = {}
        # Stands between us and the server, to try what a judge makes of wrong answers: (method, url, headers, body, send).
        self.between = None

    def send(self, method, url, headers=(), body=None, certificate=None):
        """Sends exactly these headers: a list of pairs, so that one may stand there twice.

        :param certificate: the files of the certificate that the connection is opened with, and of its key."""
        body = body.encode() if isinstance(body, str) else body
        send = functools.partial(self._send, certificate=certificate)
        if self.between:
            return self.between(method, url, list(headers), body, send)
        return send(method, url, headers, body)

    def _send(self, method, url, headers, body, certificate=None):
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        port = self.ports.get((host, port), port)
        if host == "localhost" or host.endswith(".localhost"):
            address = "127.0.0.1"
        else:
            address = host
        if parts.scheme == "https":
            connection = _Connection(address, port, host, self._context(certificate), self.timeout)
        else:
            connection = http.client.HTTPConnection(address, port, timeout=self.timeout)
        target = parts.path or "/"
        if parts.query:
            target += "?" + parts.query
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", parts.netloc)
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            if body:
                connection.send(body)
            answer = connection.getresponse()
            return Answer(url, answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def _context(self, certificate):
        if certificate is None:
            return self.context
        context = ssl.create_default_context(cafile=self.authority_file)
        context.load_cert_chain(*certificate)
        return context

    def get(self, url, headers=(), certificate=None):
        return self.send("GET", url, headers, certificate=certificate)

    def form(self, url, fields, headers=(), certificate=None):
        """Posts fields: a dictionary, or a list of pairs where a name may repeat."""
        return self.send(
            "POST", url, [("Content-Type", "application/x-www-form-urlencoded"), *headers], encode(fields), certificate)


class _Connection(http.client.HTTPSConnection):
    """Connects to an address, and asks for the name it was called by."""

    def __init__(self, address, port, name, context, timeout):
        super().__init__(address, port, timeout=timeout, context=context)
        self.name = name
        self.own = context

    def connect(self):
        http.client.HTTPConnection.connect(self)
        self.sock = self.own.wrap_socket(self.sock, server_hostname=self.name)


def encode(fields):
    pairs = fields.items() if isinstance(fields, dict) else fields
    return urllib.parse.urlencode([(name, value) for name, value in pairs if value is not None])


def with_query(url, fields):
    return url + ("&" if "?" in url else "?") + encode(fields)


def parameters(text):
    """The parameters of a query or form body, in order."""
    return urllib.parse.parse_qsl(text, keep_blank_values=True)
