import Foundation
import Identity
import Passwords
import Vocabulary

/// Loads the block list of passwords: the one shipped beside the program, and the operator's own.
enum BlockLists {
    static func load(_ settings: PasswordConfiguration) throws -> BlockList {
        var texts: [String] = []
        if settings.blockList {
            guard let path = shipped() else {
                throw Fault(
                    "configuration.block_list", .ourselves, "The shipped block list common-passwords.txt was not found.",
                    remedy: "Install it beside the program, set GATEHOUSE_SHARE, or set passwords.block_list: false.")
            }
            texts.append(try BlockListFile.read(path: path))
        }
        if let own = settings.blockListFile { texts.append(try BlockListFile.read(path: own)) }
        return BlockList(texts)
    }

    /// `$GATEHOUSE_SHARE`, the installed place beside the program, and the source tree while developing.
    private static func shipped() -> String? {
        let name = "blocklist/common-passwords.txt"
        let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent().path
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
