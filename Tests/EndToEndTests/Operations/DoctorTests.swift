import Fixtures
import Foundation
import Testing
import Vocabulary

@Suite("The doctor ends with status 1, and says cause and cure", .timeLimit(.minutes(3)))
struct DoctorTests {
    private static func use(_ server: ServerCertificate, in installed: Installed) throws {
        for (from, to) in [(server.certificateFile, "server.pem"), (server.keyFile, "server.key")] {
            let target = installed.folder + "/conf/" + to
            try FileManager.default.removeItem(atPath: target)
            try FileManager.default.copyItem(atPath: from, toPath: target)
        }
    }

    @Test func ofTheGatewaysOwnCertificate() async throws {
        let installed = try await Installed()
        let well = try await installed.run("doctor")
        #expect(well.status == 0 && well.output.contains("✓ TLS: "), "\(well.output)")
        let authority = try await LocalCertificates()
        try Self.use(try await authority.server(names: ["localhost"], validity: .expired), in: installed)
        let expired = try await installed.run("doctor")
        #expect(expired.status == 1 && expired.output.contains("has expired"), "\(expired.output)")
        #expect(expired.error.contains("1 of "))
        try Self.use(try await authority.server(names: ["other.example.org"]), in: installed)
        let misnamed = try await installed.run("doctor", "--json")
        #expect(misnamed.status == 1 && misnamed.output.contains("is not for localhost"), "\(misnamed.output)")
        let (one, other) = (
            try await authority.server(names: ["localhost"]), try await authority.server(names: ["localhost"])
        )
        try Self.use(ServerCertificate(certificateFile: one.certificateFile, keyFile: other.keyFile), in: installed)
        let mismatched = try await installed.run("doctor")
        #expect(mismatched.status == 1 && mismatched.output.contains("is not the key of its certificate"))
    }

    @Test func ofAChangeOfTheMasterKeyThatWasCutOff() async throws {
        let installed = try await Installed()
        try await installed.done("user", "list")
        let next = installed.folder + "/conf/master.key.next"
        try String(repeating: "ab", count: 32).write(toFile: next, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: next)
        let found = try await installed.run("doctor")
        #expect(found.status == 1 && found.output.contains("gatehouse key rewrap"), "\(found.output)")
        // The key that was put there is taken up, and the database follows.
        try await installed.done("key", "rewrap")
        let path = installed.folder + "/conf/master.key"
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("abab"))
        let well = try await installed.run("doctor")
        #expect(well.status == 0, "\(well.output)")
    }
}
