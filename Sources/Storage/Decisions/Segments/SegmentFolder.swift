import Glibc
import Vocabulary

/// Names and side files of the segments: `<root>/<tenant>/<first-sequence>.seg`, beside each journalled one a `.sum`.
struct SegmentFolder: Sendable {
    static let digits = 16
    let root: String

    func directory(_ tenant: TenantID) -> String { root + "/" + tenant.description }
    func path(_ tenant: TenantID, _ name: String) -> String { directory(tenant) + "/" + name }

    static func name(_ first: Int64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: max(0, Self.digits - digits.utf8.count)) + digits + ".seg"
    }

    static func first(_ name: String) -> Int64? {
        guard name.hasSuffix(".seg"), name.utf8.count == digits + 4 else { return nil }
        return Int64(name.dropLast(4)).flatMap { $0 > 0 ? $0 : nil }
    }

    func tenants() throws -> [TenantID] {
        guard Files.exists(root) else { return [] }
        return try Self.names(in: root).compactMap { TenantID($0) }.sorted()
    }

    /// The segments there are, oldest first.
    func segments(_ tenant: TenantID) throws -> [String] {
        guard Files.exists(directory(tenant)) else { return [] }
        return try Self.names(in: directory(tenant)).filter { Self.first($0) != nil }.sorted()
    }

    /// What is known of the segments that are journalled, the deleted ones included, oldest first.
    func sums(_ tenant: TenantID) throws -> [SegmentClosed] {
        guard Files.exists(directory(tenant)) else { return [] }
        return try Self.names(in: directory(tenant)).filter { $0.hasSuffix(".seg.sum") }.sorted().map { name in
            let bytes = try Files.read(path(tenant, name), limit: 4_096)
            return try SegmentClosed(sum: String(decoding: bytes, as: UTF8.self), tenant: tenant)
        }
    }

    func hasSum(_ tenant: TenantID, _ name: String) -> Bool { Files.exists(path(tenant, name) + ".sum") }

    /// Writes the `.sum` whole or not at all; one that exists already is left as it is.
    func writeSum(_ segment: SegmentClosed) throws {
        let final = path(segment.tenant, segment.name) + ".sum"
        guard Self.first(segment.name) != nil else { throw SegmentBytesReader.malformed }
        guard !Files.exists(final) else { return }
        let draft = final + ".new"
        unlink(draft)
        try Files.create(draft, Array(segment.sumText.utf8))
        guard rename(draft, final) == 0 else { throw Files.failure("rename", draft) }
        try Files.syncDirectory(of: final)
    }

    /// Deletes a journalled segment and what was cut off it; its `.sum` stays.
    func delete(_ tenant: TenantID, _ name: String) throws {
        let path = path(tenant, name)
        guard unlink(path) == 0 || errno == ENOENT else { throw Files.failure("delete", path) }
        unlink(path + ".torn")
    }

    private static func names(in directory: String) throws -> [String] {
        guard let stream = opendir(directory) else { throw Files.failure("list", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }
}
