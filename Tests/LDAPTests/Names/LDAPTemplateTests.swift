import Testing

@testable import LDAP

@Suite struct LDAPTemplateTests {
    @Test func loginsBecomeOneValue() throws {
        let filter = try LDAPTemplate("(&(objectClass=person)(uid={login}))", grammar: .filter)
        #expect(filter.filled(["login": "*)(uid=*"]) == #"(&(objectClass=person)(uid=\2a\29\28uid=\2a))"#)
        #expect(filter.filled(["login": #"back\slash"#]) == #"(&(objectClass=person)(uid=back\5cslash))"#)
        #expect(filter.filled(["login": "a\u{0}b"]) == nil)
        #expect(filter.filled([:]) == nil)
        #expect(filter.filled(["login": String(repeating: "a", count: LDAPTemplate.valueByteLimit)]) != nil)
        #expect(filter.filled(["login": String(repeating: "a", count: LDAPTemplate.valueByteLimit + 1)]) == nil)
        let name = try LDAPTemplate("uid={login},dc=x", grammar: .distinguishedName)
        #expect(name.filled(["login": "a,dc=evil"]) == #"uid=a\,dc\=evil,dc=x"#)
    }

    @Test(arguments: ["(uid={login)", "({login}=x)", "(uid={other})", "(uid={login}", "({login})", "uid={login}", "{}"])
    func badTemplatesAreRefused(_ text: String) {
        #expect(throws: LDAPTemplate.Flaw.self) { try LDAPTemplate(text, grammar: .filter) }
    }

    @Test func nestingIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "(!", count: depth) + "(a=b)" + String(repeating: ")", count: depth)
        }
        #expect(LDAPFilter.isWellFormed(nested(LDAPFilter.depthLimit)))
        #expect(!LDAPFilter.isWellFormed(nested(LDAPFilter.depthLimit + 1)))
    }
}
