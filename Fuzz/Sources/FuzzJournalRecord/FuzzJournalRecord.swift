import FuzzDriver
import JournalForm

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzJournalRecord_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let envelope = try? EnvelopeCodec.decode(bytes) else { return }
        hold((try? EnvelopeCodec.encode(envelope)) == bytes, "a record has one spelling")
    }
}
