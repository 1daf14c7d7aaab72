import Testing

@testable import LDAP

@Suite struct BindRefusalTests {
    @Test(arguments: [
        ("52e", BindRefusal.invalidCredentials), ("525", .unknownAccount), ("530", .outsideLogonHours),
        ("531", .workstationNotPermitted), ("532", .passwordExpired), ("533", .accountDisabled),
        ("701", .accountExpired), ("773", .mustChangePassword), ("775", .accountLocked), ("zz", .invalidCredentials),
    ])
    func activeDirectoryCodesAreNamed(_ code: String, _ expected: BindRefusal) {
        let text = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data \(code), v4563"
        #expect(BindRefusal(code: 49, diagnostic: text, policyError: nil) == expected)
    }

    @Test func policyErrorsAndOtherResultsAreNamed() {
        #expect(BindRefusal(code: 49, diagnostic: "", policyError: 1) == .accountLocked)
        #expect(BindRefusal(code: 53, diagnostic: "", policyError: nil) == .accountInactive)
        #expect(BindRefusal(code: 13, diagnostic: "", policyError: nil) == .confidentialityRequired)
        #expect(BindRefusal(code: 51, diagnostic: "busy", policyError: nil) == .other(code: 51, diagnostic: "busy"))
    }

    @Test func policyControlIsReadAndGarbageIsNot() {
        #expect(PasswordPolicyValue([0x30, 5, 0xA0, 3, 0x81, 1, 2])?.warnings.graceLoginsRemaining == 2)
        #expect(PasswordPolicyValue([0x30, 3, 0x81, 1, 2])?.warnings.mustChange == true)
        #expect(PasswordPolicyValue([0x30, 9, 0x81, 1, 2]) == nil)
        for _ in 0..<5_000 {
            _ = PasswordPolicyValue((0..<Int.random(in: 0..<16)).map { _ in UInt8.random(in: 0...255) })
        }
    }
}
