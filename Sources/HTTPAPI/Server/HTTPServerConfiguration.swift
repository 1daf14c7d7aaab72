import NIOSSL
import Vocabulary

/// Where and how the gateway listens. Values only: nothing is opened until `HTTPServer` runs.
public struct HTTPServerConfiguration: Sendable {
    /// Where a listener accepts connections.
    public enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        /// A control socket. Its folder must be private: whoever may write there may answer in the gateway's name.
        case unix(path: String)
    }

    /// PEM files of the server's certificate chain (leaf first) and its private key.
    public struct TLSFiles: Sendable, Equatable {
        public var certificatePath: String
        public var keyPath: String

        public init(certificatePath: String, keyPath: String) {
            self.certificatePath = certificatePath
            self.keyPath = keyPath
        }
    }

    public var address: Address
    /// Nil speaks plain HTTP: for the control socket, or behind a proxy on the same host.
    public var tls: TLSFiles?
    /// Whether whoever connects is asked for a certificate, which may be anybody's, and may be missing. Needs TLS.
    public var asksForCertificates = false
    public var limits: HTTPLimits
    /// How often the TLS files are looked at; a renewed certificate is in use at most this much later.
    public var certificateInterval: Duration = .seconds(10)

    public init(address: Address, tls: TLSFiles? = nil, limits: HTTPLimits = HTTPLimits()) {
        self.address = address
        self.tls = tls
        self.limits = limits
    }
}

/// Limits every listener keeps, each one tested one past it.
public struct HTTPLimits: Sendable, Equatable {
    /// Bytes of a request body where the route says nothing else.
    public var bodyBytes = 64 * 1_024
    /// Bytes of one header field.
    public var headerFieldBytes = 8 * 1_024
    /// Bytes of all header fields together.
    public var headerListBytes = 32 * 1_024
    public var headerCount = 100
    /// Seconds after which a silent connection is closed, and within which a handshake and the head of a request must be
    /// whole, however busily their bytes trickle in.
    public var idleSeconds = 60
    /// Seconds within which a request's body must be whole once its head is.
    public var requestSeconds = 30
    /// Seconds that an answer may wait for its reader.
    public var writeStallSeconds = 30
    /// Bytes of an unread body that are thrown away after the answer, before the connection is closed.
    public var discardedBytes = 256 * 1_024
    /// Connections accepted at once; more wait in the kernel's queue.
    public var connections = 4_096
    /// Requests answered at once; more get 503 with Retry-After.
    public var requestsInFlight = 1_024

    public init() {}
}

extension HTTPServerConfiguration.TLSFiles {
    /// Reads both files into a server configuration that speaks TLS 1.2 and newer.
    ///
    /// Throws `Fault` `http.tls_certificate` or `http.tls_key`, naming the file.
    func load() throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificatePath) } catch {
            throw Fault(
                "http.tls_certificate", .ourselves, "The TLS certificate \(certificatePath) cannot be read.",
                remedy: "Give a PEM file with the chain, the server's own certificate first.")
        }
        guard !chain.isEmpty else {
            throw Fault("http.tls_certificate", .ourselves, "\(certificatePath) holds no certificate.")
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: keyPath, format: .pem) } catch {
            throw Fault(
                "http.tls_key", .ourselves, "The TLS key \(keyPath) cannot be read.",
                remedy: "Give an unencrypted PEM key that only the gateway's user can read.")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        // RFC 9325 §4.2: of TLS 1.2 what has forward secrecy and authenticates what it encrypts. TLS 1.3 has nothing else.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}
