import FuzzDriver
import PasswordFormats

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzPasswordHash_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        guard let hash = try? PasswordHash(text) else { return }
        hold(hash.encoded == text, "a hash is stored as it was read")
        hold(!hash.format.isEmpty && !"\(hash)".contains(text), "its description does not show it")
        hold((try? PasswordHash(hash.encoded)) == hash, "a hash reads back as itself")
    }
}
