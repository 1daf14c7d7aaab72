import FuzzDriver
import Vocabulary

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzTimestamp_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let time = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else { return }
        // An offset may carry a time out of the four-digit years; such a time is written, and not read back.
        guard (0...253_402_300_799).contains(time.microseconds / 1_000_000) else { return }
        hold(Timestamp(rfc3339: time.rfc3339) == time, "a time reads back as itself")
    }
}
