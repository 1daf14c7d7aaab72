import Testing

@testable import LDAP

@Suite struct DistinguishedNameTests {
    @Test(arguments: [
        ("UID=mixedcase, OU=People,DC=example", "uid=MixedCase,ou=people,dc=EXAMPLE"),
        ("cn=a  b,dc=x", "CN=A b;dc=X"), ("cn=a+uid=b,dc=x", "uid=B+cn=A,dc=x"),
        (#"cn=a\2Cb,dc=x"#, #"cn=a\,b,dc=x"#), (#"cn="a,b",dc=x"#, #"cn=a\,b,dc=x"#), ("2.5.4.3=a", "cn=A"),
    ])
    func sameNamesAreEqual(_ left: String, _ right: String) throws {
        #expect(try #require(DistinguishedName(left)) == #require(DistinguishedName(right)))
    }

    @Test func differentNamesDiffer() throws {
        #expect(try #require(DistinguishedName(#"cn=a\,dc=x"#)) != #require(DistinguishedName("cn=a,dc=x")))
        #expect(try #require(DistinguishedName("cn=ab,dc=x")) != #require(DistinguishedName("cn=a b,dc=x")))
    }

    @Test(arguments: ["cn", "=a", "cn=a,", #"cn=a\"#, #"cn=a\zz"#, "cn=a<b", #"cn="a"#, #"cn=\ff"#, "cn=#0", ",cn=a"])
    func malformedNamesAreRefused(_ text: String) { #expect(DistinguishedName(text) == nil) }

    @Test func limitsHold() {
        let parts = Array(repeating: "cn=a", count: DistinguishedName.partLimit)
        #expect(DistinguishedName(parts.joined(separator: ",")) != nil)
        #expect(DistinguishedName((parts + ["cn=a"]).joined(separator: ",")) == nil)
        #expect(DistinguishedName("cn=" + String(repeating: "a", count: DistinguishedName.byteLimit - 3)) != nil)
        #expect(DistinguishedName("cn=" + String(repeating: "a", count: DistinguishedName.byteLimit - 2)) == nil)
    }

    @Test func randomTextNeverTrapsAndEveryValueSurvivesEscaping() throws {
        let alphabet = Array("cn=,+;\\\"#<> aé0fZ{}()*\u{0}\u{1}")
        for _ in 0..<5_000 {
            let text = String((0..<Int.random(in: 0..<24)).map { _ in alphabet.randomElement()! })
            if let name = DistinguishedName(text) { #expect(DistinguishedName(name.description) == name) }
            let value = DistinguishedName("cn=\(DistinguishedName.escape(text)),dc=x")
            #expect(value?.components.count == 2)
            #expect(value?.components.first?.first?.value == text)
        }
    }
}
