import CCurl
import Glibc
import Vocabulary

/// What one transfer has received so far, and why it was stopped. Lives on one fetch thread, for one request.
final class Transfer {
    private enum Stop {
        case body, headers, address(IPAddress?)
    }

    let pinned: [IPAddress]?
    private let limits: FetchLimits
    private let ticket: FetchTicket
    private var headerBytes = 0
    private var headers: [FetchHeader] = []
    private var body: [UInt8] = []
    private var stop: Stop?

    init(_ limits: FetchLimits, _ ticket: FetchTicket, pinned: [IPAddress]?) {
        self.limits = limits
        self.ticket = ticket
        self.pinned = pinned
    }

    static func at(_ context: UnsafeMutableRawPointer?) -> Transfer {
        // libcurl hands back the pointer that `callbacks` set; it is never null while a transfer runs.
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    }

    var shouldStop: Bool { ticket.isCancelled }

    /// Returns the bytes taken; fewer than given stops the transfer.
    func receive(body bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= limits.responseBytes else {
            stop = .body
            return bytes.isEmpty ? 0 : bytes.count - 1
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    func receive(header bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        let line = String(decoding: bytes, as: UTF8.self).filter { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
        // A status line begins another response: what an interim one (1xx) or the proxy's said does not count.
        if line.hasPrefix("HTTP/") { headers = [] }
        guard headerBytes <= limits.headerBytes, headers.count < limits.headerCount else {
            stop = .headers
            return bytes.count - 1
        }
        if let colon = line.firstIndex(of: ":"), !line.hasPrefix("HTTP/") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append(FetchHeader(String(line[..<colon]), String(value)))
        }
        return bytes.count
    }

    /// The last word on where bytes go: only an address that the guard has approved gets a socket.
    func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address else { return -1 }
        let found = withUnsafePointer(to: &address.pointee.addr) { IPAddress($0) }
        guard let found, pinned?.contains(found) == true else {
            stop = .address(found)
            return -1
        }
        return socket(
            address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    }

    func finish(_ code: CURLcode, host: String, detail: String, status: Int) throws -> FetchResponse {
        switch stop {
        case .body: throw Fault.fetchTooLarge(host, "body")
        case .headers: throw Fault.fetchTooLarge(host, "header")
        case .address(let found?): throw Fault.fetchForbidden(host, found, found.specialPurpose ?? .reserved)
        case .address(nil): throw Fault.fetchInvalid("\(host) leads to something other than an Internet address.")
        case nil: break
        }
        if code == CURLE_ABORTED_BY_CALLBACK, ticket.isCancelled { throw CancellationError() }
        guard code == CURLE_OK else { throw Fault.fetchFailed(code, host, detail: detail) }
        return FetchResponse(status: status, headers: headers, body: body)
    }
}
