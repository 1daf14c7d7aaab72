import Gateway
import Identity
import Vocabulary

// How the API shows things: one function per kind, names in snake case, absent values left out.

func json(_ members: [String: AttributeValue?]) -> AttributeValue { .object(members.compactMapValues { $0 }) }

extension Identifier {
    var json: AttributeValue { .string(description) }
}

extension Timestamp {
    var json: AttributeValue { .string(rfc3339) }
}

extension Tenant {
    var json: AttributeValue {
        ["id": id.json, "slug": .string(slug), "name": .string(name), "disabled": .bool(isDisabled)]
    }
}

extension Person {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "login": .string(login), "display_name": displayName.map(AttributeValue.string),
            "given_name": givenName.map(AttributeValue.string), "family_name": familyName.map(AttributeValue.string),
            "mail": mail.map(AttributeValue.string), "department": department.map(AttributeValue.string),
            "organization_unit": organizationUnit?.json, "manager": manager?.json, "status": .string(status.word),
            "attributes": .object(attributes), "managed_by": .string(managedBy.rawValue), "version": .integer(version),
            "created_at": createdAt.json, "updated_at": updatedAt.json,
        ])
    }
}

extension Group {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": description.map(AttributeValue.string),
            "provider": upstream?.provider.json, "upstream_key": upstream.map { .string($0.key) },
            "upstream_name": upstreamName.map(AttributeValue.string), "managed_by": .string(managedBy.rawValue),
            "version": .integer(version),
        ])
    }
}

extension Role {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": description.map(AttributeValue.string),
            "inherits": .list(parents.map(\.json)),
            "permissions": .list(
                permissions.map {
                    HTTPAPI.json([
                        "action": .string($0.action), "type": .string($0.resourceType),
                        "resource": $0.pattern.map(AttributeValue.string),
                    ])
                }),
            "predefined": .bool(isPredefined), "protected": .bool(isProtected), "requires_mfa": .bool(requiresMFA),
            "managed_by": .string(managedBy.rawValue), "version": .integer(version),
        ])
    }
}

extension RoleMapping {
    var json: AttributeValue {
        var members: [String: AttributeValue?] = [
            "id": id.json, "provider": provider.json, "role": role.json, "managed_by": .string(managedBy.rawValue),
        ]
        switch match {
        case .group(let key): members["group"] = .string(key)
        case .attribute(let name, let values):
            members["when"] = ["attribute": .string(name), "in": .list(values.map(AttributeValue.string))]
        }
        return HTTPAPI.json(members)
    }
}

extension RoleAssignment {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "subject": ["type": .string(subject.kind), "id": .string(subject.id)], "role": role.json,
            "granted_by": .string(grantedBy.description), "granted_at": grantedAt.json, "expires_at": expiresAt?.json,
        ])
    }
}

extension ServiceAccount {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "description": description.map(AttributeValue.string),
            "disabled": .bool(isDisabled), "created_at": createdAt.json,
        ])
    }
}

extension APIKey {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "name": .string(name), "scopes": scopes.map { .list($0.map(AttributeValue.string)) },
            "created_at": createdAt.json, "expires_at": expiresAt.json, "revoked_at": revokedAt?.json,
        ])
    }
}

extension Session {
    var json: AttributeValue {
        HTTPAPI.json([
            "id": id.json, "person": person.json, "acr": .string(strength.acr),
            "amr": .list(events.map { .string($0.method.rawValue) }), "created_at": createdAt.json,
            "last_seen_at": lastSeenAt.json, "expires_at": expiresAt.json,
        ])
    }
}

extension PolicyDocumentView {
    var json: AttributeValue {
        [
            "id": id.json, "name": .string(name), "document": document, "managed_by": .string(managedBy.rawValue),
            "version": .integer(version), "updated_at": updatedAt.json,
        ]
    }
}

extension AuditEntry {
    var json: AttributeValue {
        HTTPAPI.json([
            "position": .integer(position), "type": .string(type), "at": at.json,
            "stream": ["kind": .string(streamKind), "id": .string(streamID)], "actor": .string(actor),
            "command": command.json, "trace": trace.map(AttributeValue.string), "facts": .object(facts),
        ])
    }
}
