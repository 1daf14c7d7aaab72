import HTTPTypes
import Hummingbird
import NIOCore
import Vocabulary

/// An error as RFC 9457 has it (`application/problem+json`).
public struct Problem: Sendable, Equatable {
    public var status: Int
    /// Short and the same for every problem of this status; never holds what was sent.
    public var title: String
    /// What this caller can do differently; nil when there is nothing to say to a stranger.
    public var detail: String?
    /// A stable, machine-readable code, our one extension member.
    public var code: String?
    public var instance: String?
    /// What kind of problem it is, where a standard names one.
    public var type = "about:blank"

    public init(status: Int, code: String? = nil, detail: String? = nil) {
        self.status = status
        self.title = Self.titles[status] ?? (status >= 500 ? "Something went wrong here" : "The request was refused")
        self.code = code
        self.detail = detail
    }

    public var json: AttributeValue {
        var members: [String: AttributeValue] = [
            "type": .string(type), "title": .string(title), "status": .integer(Int64(status)),
        ]
        if let detail { members["detail"] = .string(detail) }
        if let code { members["code"] = .string(code) }
        if let instance { members["instance"] = .string(instance) }
        return .object(members)
    }

    /// The problem as `application/problem+json` under its own status (RFC 9457 §3).
    public func response() -> Response {
        Response(
            status: HTTPResponse.Status(code: status),
            headers: [.contentType: "application/problem+json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: CanonicalJSON.encode(json))))
    }

    private static let titles: [Int: String] = [
        400: "The request is malformed", 401: "Please sign in", 403: "That is not allowed",
        404: "There is nothing here",
        405: "That method is not offered here", 409: "That conflicts with what is there", 410: "That is no longer here",
        412: "It has changed since you read it", 413: "That is too large", 415: "That media type is not understood",
        422: "The request cannot be carried out", 428: "Say which version you are changing",
        429: "Too many requests; please wait", 502: "A server we depend on misbehaved",
        503: "The gateway is busy; please try again",
    ]
}
