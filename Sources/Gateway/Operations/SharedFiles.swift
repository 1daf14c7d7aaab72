import Foundation

/// Files that are installed with the program: the block list, the demo's directory.
public enum SharedFiles {
    /// The first of `$GATEHOUSE_SHARE`, the installed place beside the program, and `config/` of the source tree around
    /// the current folder, that holds a readable file of this name.
    public static func find(_ name: String) -> String? {
        // Found by its name on the path, a program is not told where it is; the system knows.
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = URL(fileURLWithPath: own ?? CommandLine.arguments.first ?? "").deletingLastPathComponent().path
        var folders = [program + "/../share/gatehouse", program + "/config"]
        if let share = ProcessInfo.processInfo.environment["GATEHOUSE_SHARE"] { folders.insert(share, at: 0) }
        var folder = FileManager.default.currentDirectoryPath
        for _ in 0..<6 {
            folders.append(folder + "/config")
            folder = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        }
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isReadableFile(atPath: $0) }
    }
}
