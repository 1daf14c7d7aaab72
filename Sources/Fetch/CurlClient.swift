import CCurl
import Foundation
import Vocabulary

/// A libcurl easy handle with its kept connections. Made and used by one thread; never shared.
final class CurlClient {
    private let configuration: FetchConfiguration
    private let addressGuard: AddressGuard
    private var curl: UnsafeMutableRawPointer?

    init(_ configuration: FetchConfiguration) {
        self.configuration = configuration
        addressGuard = AddressGuard(
            allowedNetworks: configuration.allowedNetworks, plainHTTP: configuration.plainHTTP)
        curl = curl_easy_init()
    }

    deinit { curl_easy_cleanup(curl) }

    func perform(_ request: FetchRequest, _ ticket: FetchTicket) throws -> FetchResponse {
        let target = try FetchTarget(request.url)
        let pinned = try approvedAddresses(request, target)
        guard let curl else { throw Fault("fetch.memory", .ourselves, "Out of memory.") }
        guard ticket.remaining > .zero else { throw Fault.fetchTimeout(target.host) }
        let transfer = Transfer(request.limits, ticket, pinned: configuration.proxy == nil ? pinned : nil)
        // Options go, connections and TLS sessions stay.
        curl_easy_reset(curl)
        let options = CurlOptions(curl)
        defer {
            // The lists, body and callbacks below end with this call; nothing of them stays behind in the handle.
            curl_easy_reset(curl)
            options.freeLists()
        }
        try options.set(target, request, ticket, configuration, pinned: pinned)
        return try request.body.withUnsafeBufferPointer { body in
            try options.set(body: body, of: request)
            var detail = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
            let code = try detail.withUnsafeMutableBufferPointer { buffer in
                try options.pointer(CURLOPT_ERRORBUFFER, buffer.baseAddress)
                try options.callbacks(transfer)
                return withExtendedLifetime(transfer) { curl_easy_perform(curl) }
            }
            let text = String(decoding: detail.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return try transfer.finish(code, host: target.host, detail: text, status: status(of: curl))
        }
    }

    /// Nil for a unix-domain socket, which has no address to judge.
    private func approvedAddresses(_ request: FetchRequest, _ target: FetchTarget) throws -> [IPAddress]? {
        if request.unixSocket != nil { return nil }
        let addresses = try target.literal.map { [$0] } ?? configuration.resolve(target.host)
        return try addressGuard.approve(addresses, host: target.host, isTLS: target.isTLS)
    }

    private func status(of curl: UnsafeMutableRawPointer) -> Int {
        var status = 0
        return gw_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0
    }
}
