import Fetch
import Fixtures
import Foundation
import Logging
import SAML
import Synchronization
import Testing
import Vocabulary

@testable import Providers

// Metadata decide whose word is taken: what is fetched, from where, how often, and what may take the place of what.
@Suite("Metadata of identity providers")
struct SAMLMetadataSourceTests {
    private let publisher: Publisher
    private let policy = MetadataPolicy(requiresSignature: true, requiresValidUntil: true, longestValidity: 14 * 86_400)
    private let plain = MetadataPolicy(requiresSignature: false, requiresValidUntil: false, longestValidity: nil)

    init() async throws { publisher = try await Publisher.made.value }

    @Test func theyAreFetchedOnceHoweverManyAskAndAgainWhenTheyAreDueWithoutAnybodyWaiting() async throws {
        let place = try Place(publisher)
        let source = try place.source(policy)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await source.peer() } }
            try await group.waitForAll()
        }
        #expect(place.asked == 1)
        place.pass(3_600)
        _ = try await source.peer()
        #expect(place.asked == 1)
        place.pass(86_400)
        place.isSlow = true
        let start = ContinuousClock.now
        _ = try await source.peer()
        #expect(ContinuousClock.now - start < .seconds(1))
        try await place.waits(until: 2)
        #expect(place.sentVersions == [nil, "\"1\""])
    }

    @Test("a signature that is asked for has to be there, hold, and be by the pinned key")
    func signatures() async throws {
        for (name, change) in [
            ("unsigned", { $0.isSigned = false }), ("by another key", { $0.signsWithOther = true }),
            ("changed afterwards", { $0.isTampered = true }), ("without an end", { $0.hasEnd = false }),
            ("over", { $0.validFor = -600 }), ("for too long", { $0.validFor = 30 * 86_400 }),
        ] as [(String, (inout Published) -> Void)] {
            let place = try Place(publisher)
            change(&place.published)
            let source = try place.source(policy)
            await #expect(throws: (any Error).self, "\(name)") { _ = try await source.peer() }
        }
    }

    @Test("signed metadata may change keys; older ones do not come back")
    func rollover() async throws {
        let place = try Place(publisher)
        let source = try place.source(policy)
        let first = try await source.peer()
        #expect(first.isVouchedFor)
        place.pass(2 * 86_400)
        place.published.keys = [publisher.second]
        place.version = "\"2\""
        try await place.renewed(source) { $0.keys != first.keys }
        // What was published before the change, brought back by somebody who kept it.
        let now = try await source.peer()
        place.pass(2 * 86_400)
        place.published.keys = [publisher.first]
        place.published.validFor = -86_400 + 600
        place.version = "\"3\""
        _ = try await source.peer()
        try await place.waits(until: 3)
        let after = try await source.peer()
        #expect(after.keys == now.keys)
    }

    @Test("without a signature a change of keys is not taken: only the connection vouches for it")
    func unconfirmed() async throws {
        let place = try Place(publisher)
        place.published.isSigned = false
        let source = try place.source(plain, keys: [])
        let first = try await source.peer()
        #expect(!first.isVouchedFor)
        place.pass(2 * 86_400)
        place.published.keys = [publisher.second]
        place.version = "\"2\""
        _ = try await source.peer()
        try await place.waits(until: 2)
        let after = try await source.peer()
        #expect(after.keys == first.keys)
    }

    @Test("a few redirections are followed, circles and other schemes are not")
    func redirections() async throws {
        let place = try Place(publisher)
        place.redirects = ["https://meta.example/idp": "https://cdn.example/idp"]
        _ = try await place.source(policy).peer()
        for target in ["https://meta.example/idp", "file:///etc/passwd", "/idp"] {
            let other = try Place(publisher)
            other.redirects = ["https://meta.example/idp": target]
            let source = try other.source(policy)
            await #expect(throws: (any Error).self) { _ = try await source.peer() }
            #expect(other.asked <= SAMLMetadataSource.redirectLimit + 1)
        }
    }

    @Test("of a responder's answer nothing is taken that is about somebody else")
    func queries() async throws {
        let place = try Place(publisher)
        func source(_ entityID: String) throws -> SAMLMetadataSource {
            let keys = [publisher.signer.verificationKey]
            return try place.source(
                policy, at: .query("https://mdq.example/", entityID: entityID, keys: keys), entityID: entityID)
        }
        _ = try await source("https://idp.example").peer()
        #expect(place.addresses == ["https://mdq.example/entities/https%3A%2F%2Fidp.example"])
        let other = try source("https://other.example")
        await #expect(throws: (any Error).self) { _ = try await other.peer() }
    }

    @Test("a copy goes on being used while no new one can be had, and no longer than it says")
    func patience() async throws {
        let place = try Place(publisher)
        let source = try place.source(policy)
        _ = try await source.peer()
        place.isDown = true
        place.pass(6 * 86_400)
        _ = try await source.peer()
        place.pass(2 * 86_400)
        await #expect(throws: (any Error).self) { _ = try await source.peer() }
    }

    @Test("a file is read again when it changes, and of several identity providers the named one is taken")
    func files() async throws {
        let place = try Place(publisher)
        let path = NSTemporaryDirectory() + "metadata-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(place.document()).write(to: URL(fileURLWithPath: path))
        let source = try place.source(plain, at: .file(path))
        let first = try await source.peer()
        #expect(first.isVouchedFor)
        place.published.keys = [publisher.second]
        try Data(place.document()).write(to: URL(fileURLWithPath: path))
        place.pass(60)
        try await place.renewed(source) { $0.keys != first.keys }
        let named = try place.source(plain, at: .file(path), entityID: "https://other.example")
        let complaint = await #expect(throws: SAMLMetadataFailure.self) { _ = try await named.peer() }
        #expect(complaint?.detail == "they do not tell of https://other.example; they tell of 1 entities")
        let nowhere = try place.source(plain, at: .file(path + ".not"))
        let missing = await #expect(throws: SAMLMetadataFailure.self) { _ = try await nowhere.peer() }
        #expect(missing?.detail == "\(path).not cannot be read")
    }
}

extension SAMLPeer {
    fileprivate var keys: [[UInt8]] { entity.identityProviders.first?.role.signingKeys.map(\.publicKey) ?? [] }
}

/// What stands at the address.
private struct Published: Sendable {
    var keys: [MetadataKey]
    var isSigned = true
    var signsWithOther = false
    var isTampered = false
    var hasEnd = true
    var validFor: Int64 = 7 * 86_400
}

/// Keys, made once.
private struct Publisher: Sendable {
    let signer: SAMLSigningKey
    let other: SAMLSigningKey
    let first: MetadataKey
    let second: MetadataKey

    static let made = Task { try await Publisher() }

    private init() async throws {
        let tree = try CertificateTree()
        func key() async throws -> SAMLSigningKey {
            let node = try await tree.selfSigned("/CN=publisher", key: "RSA:2048")
            return try SAMLSigningKey(pem: try node.key(), certificate: try node.pem())
        }
        func published() async throws -> MetadataKey {
            let certificate = try #require(try await key().verificationKey.certificate)
            return try #require(MetadataKey(certificate: certificate, use: .signing))
        }
        (signer, other) = (try await key(), try await key())
        (first, second) = (try await published(), try await published())
    }
}

/// An address where metadata stand, with a clock that moves when it is told to.
private final class Place: Sendable {
    private struct State {
        var published: Published
        var version = "\"1\""
        var now: Int64 = 1_800_000_000
        var asked = 0
        var sentVersions: [String?] = []
        var addresses: [String] = []
        var redirects: [String: String] = [:]
        var isDown = false
        var isSlow = false
    }

    private let publisher: Publisher
    private let executor: SAMLExecutor
    private let state: Mutex<State>

    init(_ publisher: Publisher) throws {
        self.publisher = publisher
        executor = try SAMLExecutor(threadCount: 1)
        state = Mutex(State(published: Published(keys: [publisher.first])))
    }

    deinit { executor.stop() }

    var published: Published {
        get { state.withLock { $0.published } }
        set { state.withLock { $0.published = newValue } }
    }
    var version: String {
        get { state.withLock { $0.version } }
        set { state.withLock { $0.version = newValue } }
    }
    var redirects: [String: String] {
        get { state.withLock { $0.redirects } }
        set { state.withLock { $0.redirects = newValue } }
    }
    var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set { state.withLock { $0.isDown = newValue } }
    }
    var isSlow: Bool {
        get { state.withLock { $0.isSlow } }
        set { state.withLock { $0.isSlow = newValue } }
    }
    var asked: Int { state.withLock { $0.asked } }
    var sentVersions: [String?] { state.withLock { $0.sentVersions } }
    var addresses: [String] { state.withLock { $0.addresses } }

    func pass(_ seconds: Int64) { state.withLock { $0.now += seconds } }

    /// Until it was asked so often.
    func waits(until count: Int) async throws {
        for _ in 0..<500 where asked < count { try await Task.sleep(for: .milliseconds(20)) }
        #expect(asked >= count)
        // What was answered is read and judged.
        try await Task.sleep(for: .milliseconds(200))
    }

    /// Until what the source tells is so.
    func renewed(_ source: SAMLMetadataSource, _ isSo: (SAMLPeer) -> Bool) async throws {
        for _ in 0..<500 {
            if isSo(try await source.peer()) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("nothing was renewed")
    }

    func source(
        _ policy: MetadataPolicy, at place: SAMLMetadataPlace? = nil, keys: [SAMLVerificationKey]? = nil,
        entityID: String? = nil
    ) throws -> SAMLMetadataSource {
        SAMLMetadataSource(
            place ?? .address("https://meta.example/idp", keys: keys ?? [publisher.signer.verificationKey]),
            policy: policy, entityID: entityID, executor: executor, fetch: { try await self.answer($0) },
            clock: { Timestamp(seconds: self.state.withLock { $0.now }) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func document() throws -> [UInt8] {
        let (published, now) = state.withLock { ($0.published, $0.now) }
        var entity = EntityDescriptor(entityID: "https://idp.example")
        var role = IdentityProviderDescriptor()
        role.role.keys = published.keys
        role.singleSignOn = [Endpoint(.redirect, "https://idp.example/sso")]
        entity.identityProviders = [role]
        var element = try entity.element(id: "_doc", validUntil: now + published.validFor)
        if !published.hasEnd { element.setAttribute("validUntil", nil) }
        guard published.isSigned else { return try XMLWriter.bytes(of: element) }
        let bytes = try SAMLSignatures.sign(
            element, with: published.signsWithOther ? publisher.other : publisher.signer)
        guard published.isTampered else { return bytes }
        return Array(String(decoding: bytes, as: UTF8.self).replacing("idp.example/sso", with: "evil.example/sso").utf8)
    }

    private func answer(_ request: FetchRequest) async throws -> FetchResponse {
        let (down, slow, redirect, version) = state.withLock { state in
            state.asked += 1
            state.addresses.append(request.url)
            let sent = request.headers.first { $0.name == "If-None-Match" }?.value
            state.sentVersions.append(sent)
            return (state.isDown, state.isSlow, state.redirects[request.url], state.version)
        }
        if down { throw Fault("fetch.unresolved", .peer, "Nobody is there.") }
        if slow { try await Task.sleep(for: .seconds(2)) }
        if let redirect { return FetchResponse(status: 302, headers: [FetchHeader("location", redirect)]) }
        if request.headers.contains(where: { $0.name == "If-None-Match" && $0.value == version }) {
            return FetchResponse(status: 304)
        }
        return FetchResponse(status: 200, headers: [FetchHeader("etag", version)], body: try document())
    }
}
