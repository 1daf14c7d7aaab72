import LDAP
import Testing

@testable import Providers

@Suite("The quick comparison form of names")
struct FoldedNameTests {
    @Test(
        "Whatever is folded quickly is folded as the full parser does",
        arguments: [
            "uid=ada,ou=people,dc=example,dc=org", "UID=Ada, OU=People, DC=Example,DC=org",
            "cn=Smith (Admin) & Co.,dc=example", "uid=a b c,dc=x", "uid=o'neil/hr@x,dc=x", "cn=a:b!c*d$e%f,c=DE",
        ])
    func quickEqualsFull(text: String) throws {
        let quick = try #require(FoldedName.simple(text))
        #expect(quick == DistinguishedName(text)?.normalized)
    }

    @Test(
        "A name with anything unusual is left to the full parser",
        arguments: [
            "", "uid", "uid=", "uid=a,", "uid=a,,dc=x", "=a,dc=x", "uid=a ,dc=x", "uid= a,dc=x", "uid=a  b,dc=x",
            "uid =a,dc=x", "cn=a\\,b,dc=x", "cn=a+sn=b,dc=x", "cn=\"a\",dc=x", "cn=#0403,dc=x", "cn=a=b,dc=x",
            "userid=a,dc=x", "2.5.4.3=a,dc=x", "cn=Zoë,dc=x", "cn=a;dc=x", "cn=a<b,dc=x",
        ])
    func unusualIsNotFoldedQuickly(text: String) {
        #expect(FoldedName.simple(text) == nil)
    }

    @Test("Spellings of one name fold to one text, and of two names to two")
    func equality() {
        #expect(FoldedName.of("UID=mixedcase, OU=People,dc=x") == FoldedName.of("uid=MixedCase,ou=people,dc=x"))
        #expect(FoldedName.of("userid=ada,dc=x") == FoldedName.of("uid=ada,dc=x"))
        #expect(FoldedName.of("cn=a\\2Cb,dc=x") == FoldedName.of("cn=a\\,b,dc=x"))
        #expect(FoldedName.of("uid=ada,dc=x") != FoldedName.of("uid=ad,dc=ax"))
        #expect(FoldedName.of("not a name") == nil)
    }
}
