/// A decimal number in its only spelling: digits, no sign, no leading zero, at most nine digits.
func canonicalDecimal(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8
    guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard digits.count == 1 || digits.first != 0x30 else { return nil }
    return Int(text)
}
