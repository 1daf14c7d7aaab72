import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import OAuth

/// Reads the certificate that a proxy was shown where it ended a client's TLS, out of a header.
///
/// A header is as good as whoever wrote it: it is read of trusted proxies alone, which take it away where a client sent it.
struct ForwardedCertificate: Sendable {
    private let form: MutualTLSConfiguration.Header
    private let name: HTTPField.Name
    private static let chainName = HTTPField.Name("Client-Cert-Chain")!

    /// Nil where the header's name is none.
    init?(_ form: MutualTLSConfiguration.Header) {
        self.form = form
        switch form {
        case .clientCert: name = HTTPField.Name("Client-Cert")!
        case .escapedPEM(let text):
            guard let name = HTTPField.Name(text) else { return nil }
            self.name = name
        }
    }

    /// The certificate; nil where there is none.
    ///
    /// - Throws: `invalid_request` for a header that stands twice, is malformed, or holds more than is read.
    func read(_ headers: HTTPFields) throws(OAuthError) -> ShownCertificate? {
        let values = headers[values: name]
        guard values.count <= 1 else { throw Self.refusal("\(name.rawName) stands twice") }
        let text = (values.first ?? "").trimmingSpaces()
        switch form {
        case .clientCert: return try Self.structured(text, headers[values: Self.chainName], name)
        case .escapedPEM: return text.isEmpty ? nil : try ShownCertificate(leaf: try Self.pem(text, name))
        }
    }

    private static func refusal(_ reason: String) -> OAuthError { OAuthError(.invalidRequest, reason) }

    // MARK: RFC 9440

    private static func structured(
        _ text: String, _ chain: [String], _ name: HTTPField.Name
    ) throws(OAuthError) -> ShownCertificate? {
        // §2.3: the chain never comes without what it is the chain of.
        guard !text.isEmpty else {
            guard chain.isEmpty else { throw refusal("\(chainName.rawName) stands without \(name.rawName)") }
            return nil
        }
        let leaf = try bytes(text, name)
        var intermediates: [[UInt8]] = []
        for line in chain {
            for member in line.split(separator: ",", maxSplits: 64, omittingEmptySubsequences: false) {
                intermediates.append(try bytes(String(member).trimmingSpaces(), chainName))
            }
        }
        // §2.2: some send the leaf once more as the first of its chain.
        if intermediates.first == leaf { intermediates.removeFirst() }
        return try ShownCertificate(leaf: leaf, intermediates: intermediates)
    }

    /// A byte sequence (RFC 9651 §3.3.5) without parameters, which mean nothing here.
    private static func bytes(_ text: String, _ name: HTTPField.Name) throws(OAuthError) -> [UInt8] {
        guard text.utf8.count >= 2, text.utf8.first == UInt8(ascii: ":"), text.utf8.last == UInt8(ascii: ":"),
            let data = Data(base64Encoded: String(text.dropFirst().dropLast())), !data.isEmpty
        else { throw refusal("\(name.rawName) is no byte sequence") }
        return Array(data)
    }

    // MARK: nginx

    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// One block of PEM (RFC 7468) and nothing else. A plus sign is one: this is no form.
    private static func pem(_ text: String, _ name: HTTPField.Name) throws(OAuthError) -> [UInt8] {
        let malformed = refusal("\(name.rawName) is no percent-encoded certificate in PEM")
        guard let decoded = text.removingPercentEncoding else { throw malformed }
        let block = decoded.trimmingCharacters(in: .whitespacesAndNewlines)
        guard block.hasPrefix(begin), block.hasSuffix(end), block.utf8.count > begin.utf8.count + end.utf8.count else {
            throw malformed
        }
        let lines = block.dropFirst(begin.count).dropLast(end.count).split(whereSeparator: \.isWhitespace)
        guard let data = Data(base64Encoded: lines.joined()), !data.isEmpty else { throw malformed }
        return Array(data)
    }
}

/// Tells routes what a trusted proxy was shown; of everybody else the header is not looked at.
struct ForwardedCertificateMiddleware: RouterMiddleware {
    let header: ForwardedCertificate
    let trusted: TrustedProxies

    func handle(
        _ request: Request, context: GatewayRequestContext,
        next: (Request, GatewayRequestContext) async throws -> Response
    ) async throws -> Response {
        guard trusted.contains(context.peer) else { return try await next(request, context) }
        var context = context
        do throws(OAuthError) {
            context.certificate = try header.read(request.headers).map { .success($0) }
        } catch {
            context.certificate = .failure(error)
        }
        return try await next(request, context)
    }
}
