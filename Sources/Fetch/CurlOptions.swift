import CCurl
import Foundation
import Vocabulary

/// Sets a handle's options for one transfer, each checked: an option libcurl does not take is a failed request, never
/// a weaker one.
final class CurlOptions {
    private let curl: UnsafeMutableRawPointer
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    init(_ curl: UnsafeMutableRawPointer) { self.curl = curl }

    func freeLists() {
        for list in lists { curl_slist_free_all(list) }
        lists = []
    }

    func set(
        _ target: FetchTarget, _ request: FetchRequest, _ ticket: FetchTicket, _ configuration: FetchConfiguration,
        pinned: [IPAddress]?
    ) throws {
        try pointer(CURLOPT_CURLU, UnsafeMutableRawPointer(target.handle))
        try setProtocol(target, request, configuration)
        try setLimits(request.limits, ticket)
        try setRoute(target, request, configuration, pinned)
        try setHeaders(request)
    }

    private func setProtocol(
        _ target: FetchTarget, _ request: FetchRequest, _ configuration: FetchConfiguration
    ) throws {
        try string(CURLOPT_PROTOCOLS_STR, target.isTLS ? "https" : "http")
        try long(CURLOPT_FOLLOWLOCATION, 0)
        try long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try long(CURLOPT_NOSIGNAL, 1)
        try long(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try setTrust(target, request, configuration)
        try string(CURLOPT_USERAGENT, configuration.userAgent)
    }

    /// Either authorities vouch for the name, or the server has one of the keys that the request names.
    private func setTrust(
        _ target: FetchTarget, _ request: FetchRequest, _ configuration: FetchConfiguration
    ) throws {
        guard !request.serverKeys.isEmpty else {
            try long(CURLOPT_SSL_VERIFYPEER, 1)
            try long(CURLOPT_SSL_VERIFYHOST, 2)
            if let file = configuration.certificateAuthorityFile { try string(CURLOPT_CAINFO, file) }
            return
        }
        guard target.isTLS else { throw Fault.fetchInvalid("A server's key is seen over https only.") }
        // The keys first: authorities are not asked on a handle that has none, and libcurl compares the key before a byte of
        // the request goes out.
        try string(
            CURLOPT_PINNEDPUBLICKEY,
            request.serverKeys.map { "sha256//" + Data($0).base64EncodedString() }.joined(separator: ";"))
        // Without a certificate there would be no key to compare.
        try string(CURLOPT_SSL_CIPHER_LIST, "HIGH:!aNULL:!PSK")
        try long(CURLOPT_SSL_VERIFYPEER, 0)
        try long(CURLOPT_SSL_VERIFYHOST, 0)
        // Neither a connection nor a session of TLS that another trust made, and none for another.
        try long(CURLOPT_FRESH_CONNECT, 1)
        try long(CURLOPT_FORBID_REUSE, 1)
        try long(CURLOPT_SSL_SESSIONID_CACHE, 0)
    }

    private func setLimits(_ limits: FetchLimits, _ ticket: FetchTicket) throws {
        let remaining = max(1, ticket.remaining.microseconds / 1_000)
        try long(CURLOPT_TIMEOUT_MS, Int(remaining))
        try long(CURLOPT_CONNECTTIMEOUT_MS, Int(max(1, min(remaining, limits.connectTimeout.microseconds / 1_000))))
        try check(gw_curl_set_offset(curl, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(1, limits.responseBytes))))
        try long(CURLOPT_MAXCONNECTS, 8)
    }

    /// Pins the approved addresses, so that no second resolution can answer differently (DNS rebinding).
    private func setRoute(
        _ target: FetchTarget, _ request: FetchRequest, _ configuration: FetchConfiguration, _ pinned: [IPAddress]?
    ) throws {
        // An empty proxy switches the environment's off; a set one ignores the environment's exceptions.
        try string(CURLOPT_PROXY, request.unixSocket == nil ? configuration.proxy?.url ?? "" : "")
        try string(CURLOPT_NOPROXY, "")
        if let path = request.unixSocket {
            guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else {
                throw Fault.fetchInvalid("The socket's path must have 1 to 107 bytes.")
            }
            try string(CURLOPT_UNIX_SOCKET_PATH, path)
            return
        }
        let texts = (pinned ?? []).map { $0.bitWidth == 128 ? "[\($0)]" : "\($0)" }
        if let proxy = configuration.proxy, let first = texts.first {
            if let credentials = proxy.credentials { try string(CURLOPT_PROXYUSERPWD, credentials.reveal()) }
            try long(CURLOPT_HTTPPROXYTUNNEL, 1)
            try list(CURLOPT_CONNECT_TO, ["::\(first):\(target.port)"])
        } else if target.literal == nil {
            try list(CURLOPT_RESOLVE, ["\(target.host):\(target.port):" + texts.joined(separator: ",")])
        }
    }

    private func setHeaders(_ request: FetchRequest) throws {
        // "Name;" is libcurl's way to send an empty value; "Expect:" keeps it from waiting for 100-continue.
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        lines.append("Expect:")
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        try list(CURLOPT_HTTPHEADER, lines)
    }

    /// The body is not copied: the caller keeps it in place until the transfer has ended.
    func set(body: UnsafeBufferPointer<UInt8>, of request: FetchRequest) throws {
        switch request.method {
        case .get: return try long(CURLOPT_HTTPGET, 1)
        case .delete where body.isEmpty: return try string(CURLOPT_CUSTOMREQUEST, "DELETE")
        default: break
        }
        try long(CURLOPT_POST, 1)
        try check(gw_curl_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        if body.isEmpty {
            try string(CURLOPT_COPYPOSTFIELDS, "")
        } else {
            try pointer(CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress))
        }
        if request.method != .post { try string(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    /// The transfer is not retained: the caller keeps it alive until the handle is reset.
    func callbacks(_ transfer: Transfer) throws {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try check(
            gw_curl_set_data_callback(curl, CURLOPT_WRITEFUNCTION) { data, size, count, context in
                Transfer.at(context).receive(body: UnsafeRawBufferPointer(start: data, count: size * count))
            })
        try pointer(CURLOPT_WRITEDATA, context)
        try check(
            gw_curl_set_data_callback(curl, CURLOPT_HEADERFUNCTION) { data, size, count, context in
                Transfer.at(context).receive(header: UnsafeRawBufferPointer(start: data, count: size * count))
            })
        try pointer(CURLOPT_HEADERDATA, context)
        try check(
            gw_curl_set_progress_callback(curl) { context, _, _, _, _ in Transfer.at(context).shouldStop ? 1 : 0 })
        try pointer(CURLOPT_XFERINFODATA, context)
        try long(CURLOPT_NOPROGRESS, 0)
        guard transfer.pinned != nil else { return }
        try check(
            gw_curl_set_socket_callback(curl) { context, _, address in
                Transfer.at(context).openSocket(address)
            })
        try pointer(CURLOPT_OPENSOCKETDATA, context)
    }

    func pointer(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) throws {
        try check(gw_curl_set_pointer(curl, option, value))
    }

    private func string(_ option: CURLoption, _ value: String) throws {
        try check(gw_curl_set_string(curl, option, value))
    }

    private func long(_ option: CURLoption, _ value: Int) throws { try check(gw_curl_set_long(curl, option, value)) }

    private func list(_ option: CURLoption, _ lines: [String]) throws {
        var head: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(head, line) else {
                curl_slist_free_all(head)
                throw Fault("fetch.memory", .ourselves, "Out of memory.")
            }
            head = longer
        }
        if let head { lists.append(head) }
        try check(gw_curl_set_list(curl, option, head))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else {
            throw Fault(
                "fetch.option", .ourselves, "libcurl refused an option: \(String(cString: curl_easy_strerror(code))).")
        }
    }
}
