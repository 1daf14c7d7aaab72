import CCurl
import Foundation
import Synchronization
import Vocabulary

/// The one way out over HTTP: every request the gateway makes to the outside passes here, under limits, to an address
/// that was judged before it was spoken to, over TLS 1.2 or newer, without redirects, cookies or ambient settings.
///
/// libcurl blocks, so requests run on a few threads of their own behind a bounded queue; each thread keeps its
/// connections for reuse. Cancelling the calling task abandons the transfer.
public final class HTTPFetcher: Sendable {
    private let configuration: FetchConfiguration
    private let queue: FetchQueue

    /// - Throws: `fetch.invalid_configuration`, `fetch.unavailable` when libcurl cannot start.
    public init(_ configuration: FetchConfiguration = FetchConfiguration()) throws {
        guard (1...64).contains(configuration.threadCount), configuration.queueLimit >= 1 else {
            throw Fault(
                "fetch.invalid_configuration", .ourselves, "Thread count must be 1 to 64, queue limit at least 1.")
        }
        guard curlIsReady else { throw Fault("fetch.unavailable", .ourselves, "libcurl cannot be initialized.") }
        self.configuration = configuration
        queue = FetchQueue(limit: configuration.queueLimit)
        for number in 0..<configuration.threadCount {
            let thread = Thread { [queue] in queue.run(CurlClient(configuration)) }
            thread.name = "fetch-\(number)"
            thread.start()
        }
    }

    deinit { queue.close() }

    /// Refuses new and waiting requests; those on the wire end by their own limits.
    public func shutdown() { queue.close() }

    /// Performs the request and returns whatever status came back.
    ///
    /// - Throws: `fetch.invalid_request`, `fetch.forbidden_address`, `fetch.unresolved`, `fetch.unreachable`,
    ///   `fetch.timeout`, `fetch.tls`, `fetch.response_too_large`, `fetch.overloaded`, `fetch.closed`, `fetch.failed`;
    ///   `CancellationError` when the task was cancelled.
    public func fetch(_ request: FetchRequest) async throws -> FetchResponse {
        try request.check(bodyLimit: configuration.requestBodyLimit)
        try Task.checkCancellation()
        let ticket = FetchTicket(deadline: .now + request.limits.totalTimeout)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.submit(FetchJob(request: request, ticket: ticket, continuation: continuation))
            }
        } onCancel: {
            ticket.cancel()
        }
    }
}

/// `curl_global_init` must happen once, before any handle.
let curlIsReady = gw_curl_global_init() == CURLE_OK

extension FetchRequest {
    /// What would let a value escape from its header line, or contradict what the client itself sends, is refused.
    func check(bodyLimit: Int) throws {
        guard body.count <= bodyLimit else { throw Fault.fetchInvalid("The request body exceeds the limit.") }
        guard headers.count <= 64 else { throw Fault.fetchInvalid("Too many request headers.") }
        guard method != .get || body.isEmpty else { throw Fault.fetchInvalid("A GET request has no body.") }
        let reserved: Set = ["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "te"]
        for header in headers {
            let name = header.name.lowercased()
            // RFC 9110 §5.1: a field name is a token.
            let isToken =
                !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                        || "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            guard isToken, name.utf8.count <= 128, !reserved.contains(name) else {
                throw Fault.fetchInvalid("A request header's name is not allowed.")
            }
            // RFC 9110 §5.5: CR, LF and NUL in a value are dangerous, other controls are not useful.
            guard header.value.utf8.count <= 16_384,
                header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 })
            else { throw Fault.fetchInvalid("A request header's value is not allowed.") }
        }
        // Fewer keys than are meant would be another trust than was asked for.
        guard serverKeys.count <= 64, serverKeys.allSatisfy({ $0.count == 32 }) else {
            throw Fault.fetchInvalid("A server's keys are named by SHA-256, 64 of them at most.")
        }
        guard limits.totalTimeout > .zero, limits.connectTimeout > .zero, limits.responseBytes >= 0 else {
            throw Fault.fetchInvalid("The request's limits make no sense.")
        }
    }
}
