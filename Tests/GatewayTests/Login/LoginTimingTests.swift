import Passwords
import Testing
import Vocabulary

@testable import Gateway

/// Whether a login exists must not be told by how long the answer takes. The work is compared, not the clock: what is
/// asked of the hashing threads is the same for everybody.
@Suite struct LoginTimingTests {
    @Test(arguments: ["anna", "nobody"])
    func `a login costs one hash, whether or not somebody has it`(name: String) async throws {
        let bench = try await LoginBench()
        bench.credentials.hasher.shutDown()
        // Without its hash no login is answered at all: whoever is answered now was answered without one.
        await #expect(throws: Fault.self) { try await bench.signIn(name, SecretText("another long passphrase")) }
    }
}
