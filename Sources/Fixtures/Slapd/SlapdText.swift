/// What slapd is told, as LDIF.
struct SlapdText {
    let options: SlapdOptions
    let folder: String
    let rootDN: String
    let rootPassword: String
    let serviceDN: String
    let servicePassword: String
    let policyDN: String

    static let schemaFolder = "/etc/ldap/schema"
    static let moduleFolder = "/usr/lib/ldap"

    /// The content of `cn=config`.
    var configuration: String {
        ([global, modules, schemas, database, passwordPolicyOverlay] + (options.keepsMemberOf ? [memberOfOverlay] : []))
            .joined(separator: "\n\n") + "\n"
    }

    /// The service account and the default password policy, which the given entries need not hold.
    var ownEntries: String {
        """
        dn: \(serviceDN)
        objectClass: applicationProcess
        objectClass: simpleSecurityObject
        cn: gatehouse-service
        userPassword: \(servicePassword)

        dn: \(policyDN)
        objectClass: device
        objectClass: pwdPolicy
        cn: gatehouse-password-policy
        pwdAttribute: userPassword
        pwdLockout: TRUE
        pwdMaxFailure: \(options.failuresUntilLockout)
        pwdLockoutDuration: 60
        pwdFailureCountInterval: 60
        pwdMinLength: \(options.minimumPasswordLength)
        pwdCheckQuality: \(options.minimumPasswordLength > 0 ? 2 : 0)
        pwdMustChange: TRUE
        pwdAllowUserChange: TRUE

        """
    }

    private var global: String {
        var lines = ["dn: cn=config", "objectClass: olcGlobal", "cn: config", "olcToolThreads: 2", "olcIdleTimeout: 0"]
        if let certificates = options.certificates {
            lines.append("olcTLSCertificateFile: \(certificates.certificateFile)")
            lines.append("olcTLSCertificateKeyFile: \(certificates.keyFile)")
        }
        if options.minimumBindStrength > 0 {
            lines.append("olcSecurity: simple_bind=\(options.minimumBindStrength)")
        }
        return lines.joined(separator: "\n")
    }

    private var modules: String {
        let names = ["back_mdb", "ppolicy"] + (options.keepsMemberOf ? ["memberof"] : [])
        return """
            dn: cn=module{0},cn=config
            objectClass: olcModuleList
            cn: module{0}
            olcModulePath: \(Self.moduleFolder)

            """ + names.map { "olcModuleLoad: \($0)" }.joined(separator: "\n")
    }

    private var schemas: String {
        let names = ["core", "cosine", "nis", "inetorgperson"]
        return "dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\n"
            + names.map { "include: file://\(Self.schemaFolder)/\($0).ldif" }.joined(separator: "\n\n")
    }

    /// Anonymous callers may authenticate and nothing else; the service account reads all but passwords.
    private var database: String {
        """
        dn: olcDatabase={1}mdb,cn=config
        objectClass: olcDatabaseConfig
        objectClass: olcMdbConfig
        olcDatabase: {1}mdb
        olcSuffix: \(options.suffix)
        olcRootDN: \(rootDN)
        olcRootPW: \(rootPassword)
        olcDbDirectory: \(folder)/data
        olcDbMaxSize: 8589934592
        olcDbNoSync: TRUE
        olcDbIndex: objectClass,uid,mail,member,memberUid,entryUUID,entryCSN eq
        olcDbIndex: cn eq,sub
        olcLimits: {0}dn.exact="\(serviceDN)" size=unlimited time=unlimited
        olcAccess: {0}to attrs=userPassword by self write by anonymous auth by * none
        olcAccess: {1}to * by dn.exact="\(serviceDN)" read by self read by anonymous auth by * none
        """
    }

    private var passwordPolicyOverlay: String {
        """
        dn: olcOverlay={0}ppolicy,olcDatabase={1}mdb,cn=config
        objectClass: olcOverlayConfig
        objectClass: olcPPolicyConfig
        olcOverlay: {0}ppolicy
        olcPPolicyDefault: \(policyDN)
        olcPPolicyUseLockout: TRUE
        """
    }

    private var memberOfOverlay: String {
        """
        dn: olcOverlay={1}memberof,olcDatabase={1}mdb,cn=config
        objectClass: olcOverlayConfig
        objectClass: olcMemberOfConfig
        olcOverlay: {1}memberof
        olcMemberOfRefInt: TRUE
        """
    }
}
