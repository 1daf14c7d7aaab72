import Foundation

/// A server's certificate and private key, as PEM files.
public struct ServerCertificate: Sendable, Hashable {
    public let certificateFile: String
    public let keyFile: String

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// A throwaway certificate authority and what it signs, in a folder that goes with the object.
public final class LocalCertificates: Sendable {
    /// The authority's own certificate, PEM.
    public let authorityFile: String
    private let folder: String
    private var authorityKey: String { folder + "/authority.key" }

    public static let openssl = "/usr/bin/openssl"

    /// Makes an authority of that name.
    ///
    /// - Throws: `FixtureError` with what openssl said.
    public init(name: String = "Gatehouse fixture authority") async throws {
        guard FileManager.default.isExecutableFile(atPath: Self.openssl) else {
            throw FixtureError("\(Self.openssl) is missing; install the package openssl.")
        }
        folder = NSTemporaryDirectory() + "gatehouse-certificates-" + UUID().uuidString
        authorityFile = folder + "/authority.pem"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try await makeKey(authorityKey)
        try await run([
            "req", "-x509", "-new", "-key", authorityKey, "-sha256", "-days", "30", "-subj",
            "/CN=\(Self.subject(name))", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign", "-out", authorityFile,
        ])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// When a certificate is good for.
    public enum Validity: Sendable, Hashable { case current, expired, notYetValid }

    /// A certificate for names and addresses (`localhost`, `127.0.0.1`, `::1`), signed by this authority.
    ///
    /// - Throws: `FixtureError` with what openssl said.
    public func server(names: [String], validity: Validity = .current) async throws -> ServerCertificate {
        let base = folder + "/server-" + UUID().uuidString
        try await makeKey(base + ".key")
        let subject = "/CN=\(Self.subject(names.first ?? "nobody"))"
        try await run(["req", "-new", "-key", base + ".key", "-sha256", "-subj", subject, "-out", base + ".csr"])
        try Self.extensions(names).write(toFile: base + ".ext", atomically: true, encoding: .utf8)
        // `openssl ca` is the one sub-command of OpenSSL 3.0 that takes a start date.
        try Self.authorityConfiguration(base).write(toFile: base + ".cnf", atomically: true, encoding: .utf8)
        try Data().write(to: URL(fileURLWithPath: base + ".index"))
        let dates = Self.dates(validity, now: Date())
        try await run([
            "ca", "-batch", "-config", base + ".cnf", "-cert", authorityFile, "-keyfile", authorityKey, "-in",
            base + ".csr", "-out", base + ".pem", "-notext", "-create_serial", "-extfile", base + ".ext", "-startdate",
            dates.start, "-enddate", dates.end,
        ])
        return ServerCertificate(certificateFile: base + ".pem", keyFile: base + ".key")
    }

    /// A certificate that signed itself, for the same kind of names.
    ///
    /// - Throws: `FixtureError` with what openssl said.
    public func selfSigned(names: [String]) async throws -> ServerCertificate {
        let base = folder + "/self-" + UUID().uuidString
        try await makeKey(base + ".key")
        try await run([
            "req", "-x509", "-new", "-key", base + ".key", "-sha256", "-days", "30", "-subj",
            "/CN=\(Self.subject(names.first ?? "nobody"))", "-addext",
            "subjectAltName=\(Self.alternativeNames(names))", "-out", base + ".pem",
        ])
        return ServerCertificate(certificateFile: base + ".pem", keyFile: base + ".key")
    }

    /// `sha256:` and the base64 SHA-256 of a certificate's public key (SubjectPublicKeyInfo).
    ///
    /// - Throws: `FixtureError` with what openssl said.
    public func pin(of certificate: ServerCertificate) async throws -> String {
        let base = folder + "/pin-" + UUID().uuidString
        try await run(["x509", "-in", certificate.certificateFile, "-pubkey", "-noout", "-out", base + ".pem"])
        try await run(["pkey", "-pubin", "-in", base + ".pem", "-outform", "DER", "-out", base + ".der"])
        try await run(["dgst", "-sha256", "-binary", "-out", base + ".sha", base + ".der"])
        return "sha256:" + (try Data(contentsOf: URL(fileURLWithPath: base + ".sha"))).base64EncodedString()
    }

    private func makeKey(_ file: String) async throws {
        try await run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file])
    }

    private func run(_ arguments: [String]) async throws {
        try await ChildProcess.run([Self.openssl] + arguments, limit: .seconds(30))
    }

    private static func subject(_ name: String) -> String {
        name.filter { $0.isLetter || $0.isNumber || " .-:".contains($0) }
    }

    private static func alternativeNames(_ names: [String]) -> String {
        names.map { name in
            let isAddress = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
            return (isAddress ? "IP:" : "DNS:") + name
        }.joined(separator: ",")
    }

    private static func extensions(_ names: [String]) -> String {
        """
        basicConstraints=critical,CA:FALSE
        keyUsage=critical,digitalSignature
        extendedKeyUsage=serverAuth
        subjectAltName=\(alternativeNames(names))

        """
    }

    private static func authorityConfiguration(_ base: String) -> String {
        """
        [ca]
        default_ca=fixture
        [fixture]
        database=\(base).index
        serial=\(base).serial
        serial=\(base).serial
        new_certs_dir=\((base as NSString).deletingLastPathComponent)
        default_md=sha256
        policy=names
        unique_subject=no
        [names]
        commonName=supplied

        """
    }

    private static func dates(_ validity: Validity, now: Date) -> (start: String, end: String) {
        let day = 86_400.0
        let (start, end) =
            switch validity {
            case .current: (-day, 29 * day)
            case .expired: (-10 * day, -day)
            case .notYetValid: (day, 10 * day)
            }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "yyyyMMddHHmmss'Z'"
        return (
            format.string(from: now.addingTimeInterval(start)), format.string(from: now.addingTimeInterval(end))
        )
    }
}
