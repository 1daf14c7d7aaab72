import Storage
import Vocabulary

extension AuditEntry {
    /// The event as a line of the Common Event Format, version 0, without a syslog header. Every fact is in it as JSON,
    /// under a name of our own, because the format's own fields end at 1,023 or 4,000 characters.
    ///
    /// - Throws: what encoding the facts throws.
    public func cef(in tenant: TenantID) throws -> String {
        let meaning = EventCatalogue.meaning(of: type)
        let header =
            ["CEF:0", "Gatehouse", "Gatehouse", GatehouseVersion.current, type, meaning.name]
            .map(CEF.header) + ["\(meaning.severity.cef)"]
        var fields: [(String, String)] = [
            ("rt", "\(at.microseconds / 1_000)"), ("externalId", event.description), ("cat", streamKind),
            ("cn1Label", "position"), ("cn1", "\(position)"), ("cs1Label", "tenant"), ("cs1", tenant.description),
            ("cs2Label", "command"), ("cs2", command.description), ("cs3Label", "stream"), ("cs3", streamID),
            ("suid", actor), ("outcome", meaning.isFailure ? "failure" : "success"),
        ]
        if let party { fields.append(("duid", "\(party.kind):\(party.id)")) }
        if let reason = (facts["code"] ?? facts["reason"])?.string { fields.append(("reason", reason)) }
        if let trace { fields += [("cs4Label", "trace"), ("cs4", trace)] }
        if !facts.isEmpty { fields.append(("GatehouseFacts", try Self.text(.object(facts)))) }
        return (header + [fields.map { "\($0)=\(CEF.value($1))" }.joined(separator: " ")]).joined(separator: "|")
    }

    /// One line of JSON with its members in order.
    static func text(_ value: AttributeValue) throws -> String {
        let json = try JSONColumn.text(of: value)
        return json
    }
}

/// How the Common Event Format escapes: what is special in a header is `|`, in an extension `=`, in both `\`; a line
/// ends the event, so that none may be in it.
enum CEF {
    static func header(_ text: String) -> String {
        escape(text) { $0 == UInt8(ascii: "|") ? "\\|" : $0 == 0x0A || $0 == 0x0D ? " " : nil }
    }

    static func value(_ text: String) -> String {
        escape(text) { byte in
            switch byte {
            case UInt8(ascii: "="): "\\="
            case 0x0A: "\\n"
            case 0x0D: "\\r"
            default: nil
            }
        }
    }

    private static func escape(_ text: String, _ special: (UInt8) -> String?) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\\") {
                out += [byte, byte]
            } else if let other = special(byte) {
                out += Array(other.utf8)
            } else if byte < 0x20 || byte == 0x7F {
                out.append(0x20)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
