/// From one time of the day to another, both left out, to the second; over midnight where the end comes first.
public struct ClockRange: Sendable, Hashable, CustomStringConvertible {
    /// In seconds since midnight, below 86,400.
    public let start: Int
    public let end: Int

    /// Between two times of the day, in seconds since midnight.
    ///
    /// - Throws: `NATSFault` with `invalid_times` for what no clock shows.
    public init(start: Int, end: Int) throws {
        guard (0..<Self.day).contains(start), (0..<Self.day).contains(end) else {
            throw NATSFault(.invalidTimes, "times", "has what no clock shows", "A day has 86400 seconds.")
        }
        self.start = start
        self.end = end
    }

    /// Between two times of the day as tokens have them, `HH:MM:SS`.
    ///
    /// - Throws: `NATSFault` with `invalid_times`.
    public init(_ start: String, _ end: String, place: String = "times") throws {
        try self.init(start: Self.seconds(start, place), end: Self.seconds(end, place))
    }

    private static let day = 86_400

    private static func seconds(_ text: String, _ place: String) throws -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            part.utf8.count == 2 && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        guard parts.count == 3, numbers.count == 3, numbers[0] < 24, numbers[1] < 60, numbers[2] < 60 else {
            throw NATSFault(.invalidTimes, place, "has \(quoted(text))", "Write HH:MM:SS, up to 23:59:59.")
        }
        return numbers[0] * 3_600 + numbers[1] * 60 + numbers[2]
    }

    /// `HH:MM:SS`.
    public var startText: String { Self.text(start) }
    public var endText: String { Self.text(end) }

    /// `HH:MM:SS`.
    static func text(_ seconds: Int) -> String {
        [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// Whether a time of the day, in seconds since midnight, is inside, as servers judge it.
    public func contains(_ second: Int) -> Bool {
        start <= end ? start < second && second < end : second > start || second < end
    }

    func faults(_ place: String) -> [NATSFault] {
        guard start == end else { return [] }
        return [
            NATSFault(.invalidTimes, place, "begins and ends at once", "Such a window is never open: leave it out.")
        ]
    }

    /// The zone's form is looked at, and not whether anybody's tables have it: a server without it lets nobody in.
    static func zoneFault(_ name: String, _ place: String) -> NATSFault? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName =
            name.utf8.count <= 64 && !parts.contains { $0.isEmpty || $0.hasPrefix(".") }
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "/_+-".utf8.contains(byte)
            }
        guard isName, name != "Local" else {
            return NATSFault(
                .invalidTimes, place, "is \(quoted(name))", "Write a zone of the IANA's tables: Europe/Berlin.")
        }
        return nil
    }

    public var description: String { "\(Self.text(start))–\(Self.text(end))" }
}
