import Foundation
import Synchronization

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The default transport. One session for all requests, so that connections are kept.
public enum URLSessionTransport {
    /// - Parameters:
    ///   - timeout: seconds without a byte after which a request fails.
    ///   - total: seconds after which it fails in any case.
    public static func make(timeout: Double = 5, total: Double = 10) -> HTTPTransport {
        let session = BoundedSession(timeout: timeout, total: total)
        return { try await session.send($0) }
    }
}

/// Owns the session and, through its delegate, every transfer under way.
private final class BoundedSession: Sendable {
    private let session: URLSession
    private let transfers = Transfers()

    init(timeout: Double, total: Double) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        configuration.timeoutIntervalForResource = total
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpMaximumConnectionsPerHost = 16
        session = URLSession(configuration: configuration, delegate: transfers, delegateQueue: nil)
    }

    // A session keeps its delegate until it is told to end.
    deinit { session.finishTasksAndInvalidate() }

    func send(_ request: TransportRequest) async throws -> TransportAnswer {
        var native = URLRequest(url: request.url)
        native.httpMethod = request.method
        if !request.body.isEmpty { native.httpBody = request.body }
        for (name, value) in request.headers { native.setValue(value, forHTTPHeaderField: name) }
        let task = session.dataTask(with: native)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfers.begin(task.taskIdentifier, continuation)
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }
}

/// Collects answers up to their limit and hands each to who waits for it, once.
private final class Transfers: NSObject, URLSessionDataDelegate, Sendable {
    private struct Transfer {
        let continuation: CheckedContinuation<TransportAnswer, any Error>
        var body = Data()
        var isTooLarge = false
    }

    private let running = Mutex<[Int: Transfer]>([:])

    func begin(_ id: Int, _ continuation: CheckedContinuation<TransportAnswer, any Error>) {
        running.withLock { $0[id] = Transfer(continuation: continuation) }
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLarge = running.withLock { running in
            guard var transfer = running.removeValue(forKey: dataTask.taskIdentifier) else { return false }
            transfer.isTooLarge = transfer.isTooLarge || transfer.body.count + data.count > TransportAnswer.limit
            if !transfer.isTooLarge { transfer.body.append(data) }
            running[dataTask.taskIdentifier] = transfer
            return transfer.isTooLarge
        }
        if isTooLarge { dataTask.cancel() }
    }

    // The API key goes to the issuer and nowhere else.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let transfer = running.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        transfer.continuation.resume(with: Self.result(transfer, task.response, error))
    }

    private static func result(
        _ transfer: Transfer, _ response: URLResponse?, _ error: (any Error)?
    ) -> Result<TransportAnswer, any Error> {
        if transfer.isTooLarge {
            return .failure(GatehouseError("transport.too_large", "The answer has more than 256 KiB."))
        }
        if let error = error as? URLError, error.code == .timedOut {
            return .failure(GatehouseError("transport.timeout", "The gateway did not answer in time."))
        }
        guard error == nil, let response = response as? HTTPURLResponse else {
            let reason = (error as? URLError).map { " (\($0.code.rawValue))" } ?? ""
            return .failure(GatehouseError("transport.unavailable", "The gateway cannot be reached\(reason)."))
        }
        return .success(TransportAnswer(status: response.statusCode, body: transfer.body))
    }
}
