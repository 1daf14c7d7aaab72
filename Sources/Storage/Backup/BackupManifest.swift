import Vocabulary

/// What a backup file holds, written beside it. The master key is in neither.
public struct BackupManifest: Codable, Sendable, Hashable {
    /// 1.
    public let version: Int
    public let takenAt: Timestamp
    public let bytes: Int64
    /// SHA-256 of the file, in hexadecimal.
    public let sha256: String
    /// The newest head of each tenant inside it.
    public let heads: [SignedHead]
}
