/// A new file that is written part by part, so that no export has to fit into memory.
public struct ExportFile: Sendable {
    private let path: String

    /// Makes the file, empty and readable by its owner alone (mode 0600).
    ///
    /// - Throws: `storage.file` where there is one of this name already.
    public init(new path: String) throws {
        self.path = path
        try Files.create(path, [])
    }

    /// Adds a part, durably; the whole part or an error.
    public func append(_ bytes: [UInt8]) throws { try Files.append(path, bytes) }
}
