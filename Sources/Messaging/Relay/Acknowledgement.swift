import Foundation

/// What a stream answers to a message.
enum Acknowledgement: Sendable, Hashable {
    case stored(sequence: UInt64, isDuplicate: Bool)
    case refused(code: Int, String)
    /// Another stream has the subject, or the answer is none.
    case misread

    /// Servers write `{"stream":"NAME", "seq":N}` for what they took, with spaces of some versions: that is read without a reader
    /// of JSON, which costs more than all the rest of an event.
    init(_ payload: [UInt8], stream: String) {
        if let quick = Self.quick(payload, stream) {
            self = quick
            return
        }
        guard let read = try? JSONDecoder().decode(Answer.self, from: Data(payload)) else {
            self = .misread
            return
        }
        if let error = read.error {
            self = .refused(code: error.err_code ?? 0, safe(error.description ?? ""))
        } else if read.stream == stream, let sequence = read.seq, sequence > 0 {
            self = .stored(sequence: sequence, isDuplicate: read.duplicate ?? false)
        } else {
            self = .misread
        }
    }

    private struct Answer: Decodable {
        let stream: String?
        let seq: UInt64?
        let duplicate: Bool?
        let error: Failure?

        struct Failure: Decodable {
            let err_code: Int?
            let description: String?
        }
    }

    private static func quick(_ payload: [UInt8], _ stream: String) -> Acknowledgement? {
        var rest = payload[...]
        func skip(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            rest = rest.dropFirst(text.utf8.count)
            return true
        }
        guard skip(#"{"stream":""#), skip(stream), skip(#"","#) else { return nil }
        _ = skip(" ")
        guard skip(#""seq":"#) else { return nil }
        _ = skip(" ")
        var sequence: UInt64 = 0
        while let byte = rest.first, byte >= 0x30, byte <= 0x39, sequence < 1 << 59 {
            sequence = sequence * 10 + UInt64(byte - 0x30)
            rest = rest.dropFirst()
        }
        guard sequence > 0, rest.elementsEqual("}".utf8) else { return nil }
        return .stored(sequence: sequence, isDuplicate: false)
    }
}
