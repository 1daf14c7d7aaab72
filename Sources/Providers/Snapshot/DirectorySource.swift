import Identity
import Vocabulary

/// Where a directory job reads from.
public protocol DirectorySource: Sendable {
    /// Names under which this source fills `PersonRecord.attributes`.
    var attributeNames: [String] { get }

    /// Everything the directory has, complete. A page that fails throws; half an answer is never returned.
    ///
    /// - Throws: `Fault` with a code under `directory.`.
    func snapshot() async throws -> DirectorySnapshot
}
