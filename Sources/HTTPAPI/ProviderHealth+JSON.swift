import Gateway
import Vocabulary

extension ProviderHealth {
    func json(withFailures: Bool) -> AttributeValue {
        HTTPAPI.json([
            "tenant": .string(tenant), "provider": .string(key), "state": .string(state),
            "last_sync": lastSync.map { sync in
                HTTPAPI.json([
                    "state": .string(sync.state),
                    "failure": withFailures ? sync.failure.map(AttributeValue.string) : nil,
                    "started_at": sync.startedAt.json, "age_seconds": .integer(sync.ageSeconds),
                ])
            },
        ])
    }
}
