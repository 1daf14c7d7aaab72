import Foundation

extension SlapdServer {
    static let changer = "/usr/bin/ldapmodify"

    /// Changes entries of the running server, as its own administrator would.
    ///
    /// - Parameter ldif: change records (RFC 2849 §5).
    /// - Throws: `FixtureError`, with what the program says.
    public func change(_ ldif: String) async throws {
        let base = NSTemporaryDirectory() + "gatehouse-change-" + UUID().uuidString
        let (records, password) = (base + ".ldif", base + ".password")
        defer { for file in [records, password] { try? FileManager.default.removeItem(atPath: file) } }
        try Data(ldif.utf8).write(to: URL(fileURLWithPath: records))
        try Data(rootPassword.utf8).write(to: URL(fileURLWithPath: password))
        try await ChildProcess.run([
            Self.changer, "-x", "-H", ldapURL, "-D", rootDN, "-y", password, "-f", records,
        ])
    }
}
