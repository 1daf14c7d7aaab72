import Storage
import Vocabulary

extension KeyRing {
    /// Seals a record that the gateway alone reads again. `context` is what it will be found by: it opens nowhere else.
    func seal(record: some Encodable, tenant: TenantID, context: [UInt8]) throws -> [UInt8] {
        try seal(Array(try JSONColumn.text(of: record).utf8), purpose: .record, tenant: tenant, context: context)
    }

    /// The record that was sealed for this context.
    func open<Record: Decodable>(
        record: Record.Type, _ sealed: [UInt8], tenant: TenantID, context: [UInt8]
    ) throws -> Record {
        let bytes = try open(sealed, purpose: .record, tenant: tenant, context: context)
        return try JSONColumn.decode(record, String(decoding: bytes, as: UTF8.self))
    }
}
