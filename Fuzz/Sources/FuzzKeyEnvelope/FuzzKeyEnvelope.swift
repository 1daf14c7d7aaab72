import FuzzDriver

@testable import JournalForm

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzKeyEnvelope_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        if let mac = MAC(bytes: bytes) { hold(mac.bytes == bytes, "a code reads back as itself") }
        guard let envelope = try? KeyEnvelope(reading: bytes) else { return }
        hold(envelope.header == Array(bytes.prefix(KeyEnvelope.headerLength)), "a head has one spelling")
    }
}
