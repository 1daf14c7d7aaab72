import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Every header field as it arrived, in order and with repetitions: what the tour shows, and what it tries to replay.
struct HeaderDump: Encodable {
    struct Field: Encodable {
        let name: String
        let value: String
    }

    let headers: [Field]

    init(_ fields: HTTPFields) {
        headers = fields.map { Field(name: $0.name.rawName, value: $0.value) }
    }

    func response() -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(self) else { return Response(status: .internalServerError) }
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json + Data("\n".utf8))))
    }
}
