import FuzzDriver
import LDAP

// SwiftPM names an executable's entry point after its module.
@_cdecl("FuzzDistinguishedName_main")
public func entry(_ count: Int32, _ arguments: Arguments) -> Int32 {
    drive(count, arguments) { bytes in
        guard let name = DistinguishedName(String(decoding: bytes, as: UTF8.self)) else { return }
        hold(DistinguishedName(name.description) == name, "a name reads back as itself")
        hold(name.isWithin(name), "a name is within itself")
    }
}
