/// A point in time as SAML writes it: xs:dateTime, in UTC.
public struct SAMLTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970 in UTC, without leap seconds.
    public let microseconds: Int64

    /// A point in time.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// A point in time.
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    /// Reads `2014-03-21T21:42:01.5Z`: with a zone (`Z` or an offset; SAML Core §1.3.3 asks for UTC), fractions of a second
    /// cut at microseconds, years 1900 to 9999. nil for anything else.
    public init?(_ text: String) {
        var scan = TimeScan(Array(text.utf8))
        guard let value = scan.read() else { return nil }
        microseconds = value
    }

    public static func < (left: SAMLTime, right: SAMLTime) -> Bool { left.microseconds < right.microseconds }

    /// The time some seconds later, or earlier.
    public func adding(seconds: Int64) -> SAMLTime {
        let (sum, overflow) = microseconds.addingReportingOverflow(seconds * 1_000_000)
        return SAMLTime(microseconds: overflow ? (seconds < 0 ? .min : .max) : sum)
    }

    /// `2014-03-21T21:42:01Z`, with a fraction where there is one.
    public var description: String {
        let second = Calendar.floorDivide(microseconds, 1_000_000)
        let fraction = microseconds - second * 1_000_000
        let day = Calendar.floorDivide(second, 86_400)
        let inDay = second - day * 86_400
        let (year, month, date) = Calendar.date(ofDay: day)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let head = "\(year)-\(two(month))-\(two(date))T\(two(inDay / 3600)):\(two(inDay / 60 % 60)):\(two(inDay % 60))"
        guard fraction != 0 else { return head + "Z" }
        let digits = String(fraction)
        var tail = String(repeating: "0", count: 6 - digits.count) + digits
        while tail.hasSuffix("0") { tail.removeLast() }
        return "\(head).\(tail)Z"
    }
}

/// The Gregorian calendar, by days since 1970.
private enum Calendar {
    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    static func day(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        // Years begin in March, so that the leap day is a year's last.
        let shifted = month <= 2 ? year - 1 : year
        let era = floorDivide(shifted, 400), inEra = shifted - era * 400
        let inYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
        return era * 146_097 + inEra * 365 + inEra / 4 - inEra / 100 + inYear - 719_468
    }

    static func date(ofDay day: Int64) -> (Int64, Int64, Int64) {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097), inEra = shifted - era * 146_097
        let year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * year + year / 4 - year / 100)
        let part = (5 * inYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, inYear - (153 * part + 2) / 5 + 1)
    }

    static func length(of month: Int64, _ year: Int64) -> Int64 {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}

private struct TimeScan {
    let bytes: [UInt8]
    var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> Int64? {
        guard let year = number(4), (1_900...9_999).contains(year), take("-"), let month = number(2),
            (1...12).contains(month), take("-"), let date = number(2),
            (1...Calendar.length(of: month, year)).contains(date), take("T"), let hour = number(2), hour <= 23,
            take(":"), let minute = number(2), minute <= 59, take(":"), let second = number(2), second <= 59,
            let fraction = fraction(), let offset = zone(), at == bytes.count
        else { return nil }
        let seconds = Calendar.day(year, month, date) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    private mutating func number(_ digits: Int) -> Int64? {
        guard at + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[at..<at + digits] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        at += digits
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var value: Int64 = 0, digits = 0
        while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
            if digits < 6 { value = value * 10 + Int64(bytes[at] - 0x30) }
            digits += 1
            at += 1
        }
        guard (1...18).contains(digits) else { return nil }
        for _ in min(digits, 6)..<6 { value *= 10 }
        return value
    }

    private mutating func zone() -> Int64? {
        if take("Z") { return 0 }
        let isWest: Bool
        if take("-") { isWest = true } else if take("+") { isWest = false } else { return nil }
        guard let hours = number(2), hours <= 14, take(":"), let minutes = number(2), minutes <= 59 else { return nil }
        return (hours * 3_600 + minutes * 60) * (isWest ? -1 : 1)
    }
}
