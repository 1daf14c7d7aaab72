import JOSE

/// Files that are to be written, and nothing of how: whoever writes them makes folders with mode 0700.
public struct FilePlan: Sendable {
    /// In the order of their paths, each path once.
    public private(set) var files: [PlannedFile]

    /// No files yet.
    public init() { files = [] }

    /// The file at a path.
    public subscript(path: String) -> PlannedFile? { files.first { $0.path == path } }

    mutating func add(_ path: [String], _ mode: PlannedFile.Mode, _ content: SecretOctets) throws {
        for part in path { try FileName.check(part) }
        files.append(PlannedFile(path: path.joined(separator: "/"), mode: mode, content: content))
    }

    mutating func add(_ path: [String], _ mode: PlannedFile.Mode, _ text: String) throws {
        try add(path, mode, SecretOctets(Array(text.utf8)))
    }

    /// Sorts, and refuses two files of one path; two that differ in the case of letters only would be one on some systems.
    func finished() throws -> FilePlan {
        var plan = self
        plan.files.sort { $0.path < $1.path }
        var seen: Set<String> = []
        for file in plan.files where !seen.insert(file.path.lowercased()).inserted {
            throw NATSFault(
                .duplicateFile, quoted(file.path), "would be written twice", "Give what has one name two.")
        }
        return plan
    }
}

/// A file that is to be written.
public struct PlannedFile: Sendable {
    /// Below the folder that the caller chose; `/` between its parts, none of which leads out of it.
    public let path: String
    public let mode: Mode
    /// What is in it: secret or not, it is wiped when the plan goes.
    public let content: SecretOctets

    /// Who may do what with a file.
    public enum Mode: UInt32, Sendable {
        /// 0400: a secret that nobody has to change.
        case ownerReads = 0o400
        /// 0600
        case ownerWrites = 0o600
        /// 0644: public.
        case allRead = 0o644
    }
}

/// Names that become files and folders.
enum FileName {
    /// Longest part of a path, in bytes, as most file systems have it; room is left for an ending.
    static let byteLimit = 240

    /// - Throws: `NATSFault` with `invalid_name` for a part that leads elsewhere, hides, or that a file system would change.
    static func check(_ part: String) throws {
        func refuse(_ problem: String) -> NATSFault {
            NATSFault(
                .invalidName, quoted(part), problem, "Choose a name of letters, digits and dashes, for it names files.")
        }
        guard !part.isEmpty, part.utf8.count <= byteLimit else { throw refuse("is empty or too long for a file") }
        guard part != ".", part != "..", !part.hasPrefix(".") || Self.own.contains(part) else {
            throw refuse("begins with a dot")
        }
        let isPlain = part.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && !"/\\:".unicodeScalars.contains(scalar)
                && scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
        }
        guard isPlain, part.hasFewMarks else { throw refuse("has a character that no file should have") }
        let stem = Self.endings.first { part.hasSuffix($0) }.map { String(part.dropLast($0.count)) } ?? part
        guard stem == stem.trimmed else { throw refuse("has blanks around it") }
    }

    private static let endings = [".jwt", ".creds", ".nk"]
    /// Files that are hidden on purpose.
    private static let own: Set<String> = [".nsc", ".gitignore"]
}
