import FuzzDriver
import Vocabulary
import Wire

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzStrictJSON_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let value = try? StrictJSON.parse(bytes) else { return }
        let text = CanonicalJSON.encode(value)
        guard let again = try? StrictJSON.parse(Array(text.utf8)) else {
            return hold(false, "what we write, we read")
        }
        hold(CanonicalJSON.encode(again) == text, "canonical stays canonical")
    }
}
