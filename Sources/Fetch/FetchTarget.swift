import CCurl
import Vocabulary

/// A URL taken apart by the very parser that will speak it, so that guard and client cannot disagree about the host.
///
/// Confined to the thread that made it; owns the `CURLU` handle.
final class FetchTarget {
    let handle: OpaquePointer
    let isTLS: Bool
    /// Lower-case, brackets of an IPv6 literal removed.
    let host: String
    let port: Int

    init(_ url: String) throws {
        guard url.utf8.count <= 8_192, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Fault.fetchInvalid("The URL is too long or holds characters that must be escaped.")
        }
        // libcurl forgives a missing or a third slash and takes the path's first part for the host.
        guard let start = url.firstRange(of: "://")?.upperBound, start < url.endIndex, url[start] != "/" else {
            throw Fault.fetchInvalid("The URL has no host.")
        }
        guard let handle = curl_url() else { throw Fault("fetch.memory", .ourselves, "Out of memory.") }
        do {
            // Flags 0: no scheme guessing, only schemes libcurl knows.
            guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else {
                throw Fault.fetchInvalid("The URL cannot be read.")
            }
            let scheme = Self.part(handle, CURLUPART_SCHEME)
            guard scheme == "https" || scheme == "http" else {
                throw Fault.fetchInvalid("Only https URLs are fetched.")
            }
            guard Self.part(handle, CURLUPART_USER) == nil, Self.part(handle, CURLUPART_PASSWORD) == nil else {
                throw Fault.fetchInvalid("A URL with user information is refused.")
            }
            isTLS = scheme == "https"
            host = try Self.checkedHost(Self.part(handle, CURLUPART_HOST))
            port = Int(Self.part(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)) ?? "") ?? 0
            guard (1...65_535).contains(port) else { throw Fault.fetchInvalid("The URL's port is out of range.") }
        } catch {
            curl_url_cleanup(handle)
            throw error
        }
        self.handle = handle
    }

    deinit { curl_url_cleanup(handle) }

    /// The address, when the host is one already.
    var literal: IPAddress? { IPAddress(host) }

    private static func checkedHost(_ text: String?) throws -> String {
        guard var host = text?.lowercased(), !host.isEmpty else { throw Fault.fetchInvalid("The URL has no host.") }
        if host.hasPrefix("[") {
            host = String(host.dropFirst().dropLast())
            guard IPAddress(host) != nil else { throw Fault.fetchInvalid("The URL's address cannot be read.") }
            return host
        }
        let plain = host.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
        }
        // A trailing dot names the same host by another text, which pins and certificates would see differently.
        guard plain, host.utf8.count <= 253, !host.hasSuffix("."), !host.hasPrefix(".") else {
            throw Fault.fetchInvalid("The URL's host is not a name that can be looked up.")
        }
        return host
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
