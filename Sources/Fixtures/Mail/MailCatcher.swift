import Foundation

/// A real SMTP server on a loopback port (aiosmtpd), which keeps what it takes in a file. It needs a Python with
/// aiosmtpd, named by `JUDGE_PYTHON`.
public final class MailCatcher: Sendable {
    /// How its connections are protected.
    public enum Protection: Sendable, Hashable {
        case plain
        /// STARTTLS that has to be used before anything else.
        case startTLS(ServerCertificate)
        /// TLS from the first byte.
        case tls(ServerCertificate)
    }

    /// One message as it came in.
    public struct Caught: Sendable, Hashable, Codable {
        public let from: String
        public let to: [String]
        /// The message's bytes.
        public let message: String
        /// Whether the connection was protected.
        public let tls: Bool
        /// Who had signed in; nil for nobody.
        public let user: String?
    }

    /// The user and password of a server that asks for them.
    public static let user = "gatehouse"
    public static let password = "only the catcher knows"

    public let port: Int
    private let folder: String
    private let process: ChildProcess

    /// The Python to run it with.
    public static var python: String { ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "/usr/bin/python3" }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - asksForPassword: refuses mail of whoever has not signed in.
    ///   - refusing: a recipient that is refused for good.
    ///   - busyTimes: how often a message is put off before one is taken.
    /// - Throws: `FixtureError` when it does not come up.
    public init(
        _ protection: Protection = .plain, asksForPassword: Bool = false, refusing: String = "", busyTimes: Int = 0,
        port: Int? = nil
    ) async throws {
        folder = NSTemporaryDirectory() + "gatehouse-mail-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.script.write(toFile: folder + "/catcher.py", atomically: true, encoding: .utf8)
        self.port = try port ?? LoopbackPort.free()
        let (mode, certificate): (String, ServerCertificate?) =
            switch protection {
            case .plain: ("plain", nil)
            case .startTLS(let files): ("starttls", files)
            case .tls(let files): ("tls", files)
            }
        process = try ChildProcess(
            [
                Self.python, folder + "/catcher.py", "\(self.port)", folder + "/caught.jsonl", mode,
                certificate?.certificateFile ?? "-", certificate?.keyFile ?? "-", asksForPassword ? "auth" : "open",
                refusing.isEmpty ? "-" : refusing, "\(busyTimes)",
            ], output: folder + "/output", atParentsEnd: .kill)
        for _ in 0..<600 where !LoopbackPort.accepts(self.port) {
            if !process.isRunning { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard LoopbackPort.accepts(self.port) else {
            let said = (try? String(contentsOfFile: folder + "/output", encoding: .utf8)) ?? ""
            throw FixtureError("The mail server did not come up: \(said.suffix(400))")
        }
    }

    deinit {
        process.end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What was taken so far, oldest first.
    public var caught: [Caught] {
        let text = (try? String(contentsOfFile: folder + "/caught.jsonl", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            try? JSONDecoder().decode(Caught.self, from: Data(line.utf8))
        }
    }

    /// Stops it, so that nobody answers at its port.
    public func stop() {
        process.end()
    }

    private static let script = """
        import asyncio, json, ssl, sys
        from aiosmtpd.smtp import SMTP, AuthResult

        port, path, mode, cert, key, auth, refused, busy = sys.argv[1:9]
        left = int(busy)

        def context():
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(cert, key)
            return made

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                if address == refused:
                    return '550 5.1.1 nobody of that name'
                envelope.rcpt_tos.append(address)
                return '250 OK'

            async def handle_DATA(self, server, session, envelope):
                global left
                if left > 0:
                    left -= 1
                    return '451 4.3.0 come back later'
                entry = {
                    'from': envelope.mail_from, 'to': envelope.rcpt_tos,
                    'message': envelope.content.decode('utf-8', 'replace'),
                    'tls': mode == 'tls' or session.ssl is not None,
                    'user': session.auth_data.login.decode() if session.auth_data else None,
                }
                with open(path, 'a') as out:
                    out.write(json.dumps(entry) + '\\n')
                return '250 taken'

        def authenticate(server, session, envelope, mechanism, data):
            good = data.login == b'gatehouse' and data.password == b'only the catcher knows'
            return AuthResult(success=good, auth_data=data) if good else AuthResult(success=False, handled=False)

        options = {}
        if auth == 'auth':
            options = dict(authenticator=authenticate, auth_required=True, auth_require_tls=mode == 'starttls')
        if mode == 'starttls':
            options.update(tls_context=context(), require_starttls=True)

        async def main():
            protection = context() if mode == 'tls' else None
            server = await asyncio.get_running_loop().create_server(
                lambda: SMTP(Handler(), **options), '127.0.0.1', int(port), ssl=protection)
            await server.serve_forever()

        asyncio.run(main())
        """
}
