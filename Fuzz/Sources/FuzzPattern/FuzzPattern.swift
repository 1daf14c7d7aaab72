import FuzzDriver

@testable import Authorization

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzPattern_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        // A pattern, then a text it is tried on; what takes long is found by libFuzzer's own limit of time.
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let source = String(decoding: parts[0], as: UTF8.self)
        guard let pattern = try? Pattern(source) else { return }
        hold(pattern.program.count <= Pattern.programLimit, "a program is bounded")
        hold(pattern.source == source, "a pattern is kept as it was written")
        let text = String(decoding: parts.count > 1 ? parts[1].prefix(Pattern.textLimit) : [], as: UTF8.self)
        hold(pattern.matches(text) == pattern.matches(text), "the same text has the same answer")
    }
}
