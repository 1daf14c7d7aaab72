import Gateway

extension TLSFiles {
    /// The files as a listener takes them.
    public var ofListener: HTTPServerConfiguration.TLSFiles {
        HTTPServerConfiguration.TLSFiles(certificatePath: certificate, keyPath: key)
    }
}

extension HTTPServerConfiguration {
    /// The listener that asks clients for certificates (RFC 8705); nil where the configuration has none.
    public init?(askingForCertificates configuration: Configuration, limits: HTTPLimits = HTTPLimits()) {
        guard let mutual = configuration.oauth.mutualTLS, let listen = mutual.listen,
            let files = mutual.tls ?? configuration.server.tls
        else { return nil }
        self.init(address: .tcp(host: listen.host, port: listen.port), tls: files.ofListener, limits: limits)
        asksForCertificates = true
    }
}
