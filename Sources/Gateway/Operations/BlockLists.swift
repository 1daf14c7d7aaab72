import Identity
import Passwords
import Vocabulary

/// Loads the block list of passwords: the one shipped beside the program, and the operator's own.
enum BlockLists {
    static func load(_ settings: PasswordConfiguration) throws -> BlockList {
        var texts: [String] = []
        if settings.blockList {
            guard let path = SharedFiles.find("blocklist/common-passwords.txt") else {
                throw Fault(
                    "configuration.block_list", .ourselves,
                    "The shipped block list common-passwords.txt was not found.",
                    remedy: "Install it beside the program, set GATEHOUSE_SHARE, or set passwords.block_list: false.")
            }
            texts.append(try BlockListFile.read(path: path))
        }
        if let own = settings.blockListFile { texts.append(try BlockListFile.read(path: own)) }
        return BlockList(texts)
    }
}
