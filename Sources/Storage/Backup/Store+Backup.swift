import Crypto
import FoundationEssentials
import Vocabulary

extension Store {
    /// Copies the store, while it runs, to a new file and writes its manifest beside it (`.manifest.json`), after heads
    /// were signed. Holds a reader, never the writer.
    @discardableResult public func backup(to path: String, now: Timestamp) async throws -> BackupManifest {
        try refuseBackup(over: path)
        try await signHeads(now: now)
        return try await writeBackup(to: path, now: now)
    }
}

extension StoreReading {
    /// Copies the store to a new file and writes its manifest beside it (`.manifest.json`). Erased content is not in
    /// the copy: it is rebuilt from live rows only. Throws `backup.exists`.
    @discardableResult public func writeBackup(to path: String, now: Timestamp) async throws -> BackupManifest {
        try refuseBackup(over: path)
        try await copy(to: path)
        let heads = try await newestHeads().values.sorted { $0.tenant < $1.tenant }
        let (bytes, digest) = try Files.digest(path)
        let manifest = BackupManifest(version: 1, takenAt: now, bytes: bytes, sha256: digest, heads: heads)
        try Files.create(path + ".manifest.json", [UInt8](try JSONEncoder().encode(manifest)))
        return manifest
    }

    fileprivate func refuseBackup(over path: String) throws {
        for file in [path, path + ".manifest.json"] where Files.exists(file) {
            throw Fault("backup.exists", .caller, "There is already a file at \(file).")
        }
    }
}

extension Files {
    /// Size and SHA-256 of a file, read in pieces.
    static func digest(_ path: String) throws -> (bytes: Int64, sha256: String) {
        var hash = SHA256()
        var total: Int64 = 0
        try readPieces(path) { piece in
            hash.update(data: piece)
            total += Int64(piece.count)
        }
        return (total, Hex.text(hash.finalize()))
    }
}
