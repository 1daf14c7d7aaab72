import FuzzDriver
import Vocabulary

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzIdentifier_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let id = TenantID(String(decoding: bytes, as: UTF8.self)) else { return }
        hold(TenantID(id.description) == id, "an id reads back as itself")
        hold(TenantID(bytes: id.bytes) == id, "an id reads back from its bytes")
    }
}
