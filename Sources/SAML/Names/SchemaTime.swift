/// Moments and durations as XML Schema writes them, in whole seconds since 1970 in UTC.
enum SchemaTime {
    /// A moment, `2026-11-21T23:00:00Z`.
    static func text(_ seconds: Int64) -> String { SAMLTime(seconds: seconds).description }

    /// Reads an `xs:dateTime` that names its zone; a fraction of a second is cut. Nil for anything else.
    static func seconds(_ text: String) -> Int64? { SAMLTime(text.trimmingXMLSpace()).map(seconds) }

    /// Whole seconds, rounded down.
    static func seconds(_ time: SAMLTime) -> Int64 {
        time.microseconds >= 0 ? time.microseconds / 1_000_000 : (time.microseconds - 999_999) / 1_000_000
    }

    /// Reads an `xs:duration` into seconds, a month as 30 days and a year as 365: what caches go by need not be finer.
    /// Nil for a negative one, for none, and for more than a century.
    static func duration(_ text: String) -> Int64? {
        var rest = Array(text.trimmingXMLSpace().utf8)[...]
        guard rest.count <= 64, skip(&rest, "P"), !rest.isEmpty else { return nil }
        var units: [(UInt8, Int64)] = [
            (UInt8(ascii: "Y"), 31_536_000), (UInt8(ascii: "M"), 2_592_000), (UInt8(ascii: "D"), 86_400),
        ]
        var (total, parts, isInTime): (Int64, Int, Bool) = (0, 0, false)
        while !rest.isEmpty {
            if !isInTime, skip(&rest, "T") {
                guard !rest.isEmpty else { return nil }
                units = [(UInt8(ascii: "H"), 3_600), (UInt8(ascii: "M"), 60), (UInt8(ascii: "S"), 1)]
                isInTime = true
                continue
            }
            guard let number = number(&rest) else { return nil }
            if isInTime, skip(&rest, ".") {
                guard self.number(&rest) != nil, rest.first == UInt8(ascii: "S") else { return nil }
            }
            guard let unit = rest.popFirst(), let place = units.firstIndex(where: { $0.0 == unit }) else { return nil }
            total += number * units[place].1
            units.removeFirst(place + 1)
            parts += 1
            guard total <= 3_153_600_000 else { return nil }
        }
        return parts > 0 ? total : nil
    }

    /// An `xs:duration` in seconds.
    static func durationText(_ seconds: Int64) -> String { "PT\(max(0, seconds))S" }

    private static func skip(_ rest: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        var (value, count): (Int64, Int) = (0, 0)
        while let next = rest.first, (0x30...0x39).contains(next) {
            value = value * 10 + Int64(next - 0x30)
            count += 1
            rest = rest.dropFirst()
            guard count <= 10 else { return nil }
        }
        return count > 0 ? value : nil
    }
}
