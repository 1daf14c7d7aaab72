import Foundation

/// A site in front of one application, and the gateway that is asked about each of its requests.
public struct NginxSite: Sendable {
    /// The name in the browser's address; several sites share one port by it.
    public var serverName: String
    /// Where the application listens, such as `http://127.0.0.1:8081`.
    public var application: String
    /// False passes everything to the application unasked: for the gateway's own host.
    public var isProtected: Bool
    /// Whether the application takes access tokens beside sessions.
    public var takesTokens: Bool

    public init(serverName: String, application: String, isProtected: Bool = true, takesTokens: Bool = false) {
        self.serverName = serverName
        self.application = application
        self.isProtected = isProtected
        self.takesTokens = takesTokens
    }
}

/// What the fixture's nginx serves.
public struct NginxConfiguration: Sendable {
    public var sites: [NginxSite]
    /// Where the gateway listens, such as `http://127.0.0.1:8080`.
    public var gateway: String
    /// PEM files; one certificate that names every site.
    public var certificatePath: String
    public var keyPath: String
    /// 0 takes a free one.
    public var port: Int
    /// The gateway's identity headers, each passed on under its own name.
    public var identityHeaders: [String]

    public init(
        sites: [NginxSite], gateway: String, certificatePath: String, keyPath: String, port: Int = 0,
        identityHeaders: [String] = [
            "X-Gatehouse-User", "X-Gatehouse-Name", "X-Gatehouse-Mail", "X-Gatehouse-Roles", "X-Gatehouse-Subject",
            "X-Gatehouse-Client", "X-Gatehouse-Scope",
        ]
    ) {
        self.sites = sites
        self.gateway = gateway
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.port = port
        self.identityHeaders = identityHeaders
    }

    /// Refuses what could end a directive and start another.
    func validate() throws(FixtureError) {
        let words = sites.flatMap { [$0.serverName, $0.application] } + [gateway, certificatePath, keyPath]
        let isPlain = (words + identityHeaders).allSatisfy { word in
            !word.isEmpty
                && word.utf8.allSatisfy { byte in
                    byte > 0x20 && byte < 0x7F && !"\"'\\;{}$#".utf8.contains(byte)
                }
        }
        guard isPlain, !sites.isEmpty, (0...65_535).contains(port) else {
            throw FixtureError("The nginx configuration has a name, path or address that cannot be written down.")
        }
    }
}

/// What kept a real server from running beside a test or the demo.
public struct FixtureError: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
