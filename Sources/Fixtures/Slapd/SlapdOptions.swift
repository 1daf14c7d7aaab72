import Foundation

/// Where a fixture directory's entries come from.
public enum LDIFSource: Sendable, ExpressibleByStringLiteral {
    case text(String)
    case file(URL)

    public init(stringLiteral value: String) { self = .text(value) }
}

/// What a fixture slapd is made of.
public struct SlapdOptions: Sendable {
    /// Entries, parents first, beginning with the entry of `suffix` itself.
    public var ldif: LDIFSource
    public var suffix: String
    /// With these the server listens at an LDAPS port as well, and offers StartTLS at the other one.
    public var certificates: ServerCertificate?
    /// Keeps `memberOf` by the memberof overlay for changes made while the server runs.
    public var keepsMemberOf = false
    /// Refuses a simple bind below this security strength factor, as `security simple_bind=128` does; 0 permits all.
    public var minimumBindStrength = 0
    /// Wrong passwords in a row that lock an account for a minute.
    public var failuresUntilLockout = 100
    /// New passwords shorter than this are refused; 0 takes any.
    public var minimumPasswordLength = 0
    /// The ports to listen at; free ones when zero.
    public var port = 0
    public var securePort = 0
    /// Logs every operation, which `SlapdServer.log` then shows.
    public var logsOperations = false

    public init(ldif: LDIFSource, suffix: String, certificates: ServerCertificate? = nil) {
        self.ldif = ldif
        self.suffix = suffix
        self.certificates = certificates
    }

    func validate() throws(FixtureError) {
        let isSafe = !suffix.isEmpty && !suffix.contains(where: { $0.isNewline || $0 == "\"" })
        guard isSafe else { throw FixtureError("The suffix is not one line of text.") }
        guard failuresUntilLockout > 0 else { throw FixtureError("A lockout needs a failure.") }
        let ports = [port, securePort]
        guard ports.allSatisfy({ (0...65_535).contains($0) }) else { throw FixtureError("A port is out of range.") }
    }
}
