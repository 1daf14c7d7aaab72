import FuzzDriver
import Wire

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzOriginalURI_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let uri = try? OriginalURI(String(decoding: bytes, as: UTF8.self)) else { return }
        let path = uri.path
        hold(path.hasPrefix("/") && !path.contains("//"), "a path is absolute, and has no empty segment")
        let segments = path.split(separator: "/", omittingEmptySubsequences: true)
        hold(!segments.contains(".") && !segments.contains(".."), "dot segments are resolved")
        hold(!path.utf8.contains { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x5C || $0 == 0x23 }, "a path is plain ASCII")
        hold((try? OriginalURI(path))?.path == path, "canonical stays canonical")
    }
}
