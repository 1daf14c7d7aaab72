import Vocabulary

/// Reads a list of common passwords, one a line, from a file of bounded size.
public enum BlockListFile {
    /// Largest file that is read, in bytes; larger lists belong in the breached-password file, which is searched in
    /// place.
    public static let sizeLimit = 16 * 1_024 * 1_024

    /// The file's text.
    /// - Throws: `blocklist.unreadable`, `blocklist.too-large`, `blocklist.encoding` when it is not UTF-8.
    public static func read(path: String) throws(Fault) -> String {
        let file = try PositionedFile(path: path)
        guard file.size <= Int64(sizeLimit) else {
            throw Fault("blocklist.too-large", .ourselves, "\(path): larger than \(sizeLimit) bytes.")
        }
        let bytes = try file.read(at: 0, count: Int(file.size))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault("blocklist.encoding", .ourselves, "\(path): not UTF-8.")
        }
        return text
    }
}
