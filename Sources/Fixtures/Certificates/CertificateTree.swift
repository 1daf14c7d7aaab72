import Foundation

/// Throwaway authorities of any depth, good ones and bad ones, and what they issue to clients, in a folder that goes with
/// the last of them.
public final class CertificateTree: Sendable {
    /// A certificate, its key, and what leads from it to its root, as PEM files.
    public struct Node: Sendable, Hashable {
        public let certificateFile: String
        public let keyFile: String
        /// The certificate first, then its issuers but for the root.
        public let chainFile: String
        fileprivate let isRoot: Bool
        /// Kept, for the files are in it.
        fileprivate let folder: Folder

        /// DER.
        public func der() throws -> [UInt8] { try Self.ders(certificateFile)[0] }
        /// DER, leaf first.
        public func chain() throws -> [[UInt8]] { try Self.ders(chainFile) }
        /// PEM of the private key.
        public func key() throws -> String { try String(contentsOfFile: keyFile, encoding: .utf8) }
        /// PEM.
        public func pem() throws -> String { try String(contentsOfFile: certificateFile, encoding: .utf8) }

        private static func ders(_ file: String) throws -> [[UInt8]] {
            let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
            return try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: begin).dropFirst().map {
                let lines = ($0.components(separatedBy: end).first ?? "").split(whereSeparator: \.isWhitespace)
                return Array(Data(base64Encoded: lines.joined()) ?? Data())
            }
        }
    }

    /// What certificates may say of themselves.
    public enum Kind: Sendable, Hashable {
        case authority(pathLength: Int?)
        /// A certificate authority that never says that it is one.
        case authorityWithoutBit
        case client
        /// Only for servers (`extendedKeyUsage`).
        case server
        /// The lines of an extension file.
        case other([String])

        fileprivate var lines: [String] {
            switch self {
            case .authority(let length):
                [
                    "basicConstraints=critical,CA:TRUE" + (length.map { ",pathlen:\($0)" } ?? ""),
                    "keyUsage=critical,keyCertSign,cRLSign",
                ]
            case .authorityWithoutBit: ["keyUsage=critical,keyCertSign,cRLSign,digitalSignature"]
            case .client: Self.leaf + ["extendedKeyUsage=clientAuth"]
            case .server: Self.leaf + ["extendedKeyUsage=serverAuth"]
            case .other(let lines): lines
            }
        }

        private static let leaf = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"]
    }

    private let folder: Folder

    public init() throws { folder = try Folder() }

    fileprivate final class Folder: Sendable, Hashable {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "gatehouse-tree-" + UUID().uuidString
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        static func == (left: Folder, right: Folder) -> Bool { left === right }
        func hash(into hasher: inout Hasher) { hasher.combine(path) }
    }

    /// A certificate that signs itself.
    ///
    /// - Parameters:
    ///   - subject: as openssl writes it, such as `/O=Example/CN=shop`.
    ///   - days: until it expires; negative for one that has.
    ///   - key: `EC`, or `RSA:2048`.
    public func selfSigned(
        _ subject: String, _ kind: Kind = .client, days: Int = 30, key: String = "EC"
    ) async throws -> Node {
        try await make(subject, kind, names: [], days: days, issuer: nil, key: key)
    }

    /// A root.
    public func root(_ subject: String = "/CN=Root", days: Int = 30) async throws -> Node {
        try await selfSigned(subject, .authority(pathLength: nil), days: days)
    }

    /// A certificate that another one's key signs, whatever that one may do.
    ///
    /// - Parameters:
    ///   - names: alternative names as openssl writes them, such as `DNS:shop.example`.
    ///   - key: `EC`, or `RSA:2048`.
    public func issue(
        _ subject: String, _ kind: Kind = .client, names: [String] = [], days: Int = 30, by issuer: Node,
        key: String = "EC"
    ) async throws -> Node {
        try await make(subject, kind, names: names, days: days, issuer: issuer, key: key)
    }

    private func make(
        _ subject: String, _ kind: Kind, names: [String], days: Int, issuer: Node?, key: String
    ) async throws -> Node {
        let base = folder.path + "/" + UUID().uuidString
        let node = Node(
            certificateFile: base + ".pem", keyFile: base + ".key", chainFile: base + ".chain", isRoot: issuer == nil,
            folder: folder)
        let bits = key.split(separator: ":").dropFirst().first.map(String.init)
        let algorithm =
            bits.map { ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\($0)"] }
            ?? ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        try await run(["genpkey"] + algorithm + ["-out", node.keyFile])
        try await run([
            "req", "-new", "-utf8", "-key", node.keyFile, "-sha256", "-subj", subject, "-out", base + ".csr",
        ])
        let lines = kind.lines + (names.isEmpty ? [] : ["subjectAltName=" + names.joined(separator: ",")])
        try (lines.joined(separator: "\n") + "\n").write(toFile: base + ".ext", atomically: true, encoding: .utf8)
        let signer = issuer.map { ["-CA", $0.certificateFile, "-CAkey", $0.keyFile] } ?? ["-signkey", node.keyFile]
        try await run(
            [
                "x509", "-req", "-in", base + ".csr", "-sha256", "-days", "\(days)", "-extfile", base + ".ext",
                "-set_serial", "0x" + UUID().uuidString.replacingOccurrences(of: "-", with: ""), "-out",
                node.certificateFile,
            ] + signer)
        let rest = try issuer.map { $0.isRoot ? "" : try String(contentsOfFile: $0.chainFile, encoding: .utf8) } ?? ""
        try (try node.pem() + rest).write(toFile: node.chainFile, atomically: true, encoding: .utf8)
        return node
    }

    private func run(_ arguments: [String]) async throws {
        try await ChildProcess.run([LocalCertificates.openssl] + arguments, limit: .seconds(60))
    }
}
