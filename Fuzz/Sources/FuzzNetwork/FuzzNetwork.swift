import FuzzDriver
import Vocabulary

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzNetwork_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let address = IPAddress(text) { hold(IPAddress("\(address)") == address, "an address reads back as itself") }
        if let range = CIDR(text) { hold(CIDR("\(range)") == range, "a range reads back as itself") }
    }
}
