import FuzzDriver
import LDAP

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzLDAPTemplate_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        let value = String(decoding: bytes, as: UTF8.self)
        guard let template = try? LDAPTemplate("(&(objectClass=person)(uid={login}))", grammar: .filter),
            let filter = template.filled(["login": value])
        else { return }
        hold(LDAPFilter.isWellFormed(filter), "no login makes the filter another filter")
        hold(filter.utf8.count { $0 == UInt8(ascii: "(") } == 3, "no login adds a clause")
        holdPrincipal(value)
    }
}

/// A principal's name knows no escape: what is filled in stays one name of the template's own domain, or is refused.
private func holdPrincipal(_ value: String) {
    guard let template = try? LDAPTemplate("{login}@corp.example", grammar: .principal),
        let name = template.filled(["login": value])
    else { return }
    hold(name.utf8.suffix(13).elementsEqual("@corp.example".utf8), "no login changes the domain")
    hold(LDAPPrincipal.account(of: name) == value, "no login becomes another account")
    hold(DistinguishedName(name) == nil, "no login becomes a distinguished name")
}
