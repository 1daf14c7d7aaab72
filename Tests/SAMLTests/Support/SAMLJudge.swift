import Foundation

/// What others think of our messages: OASIS' schemas, python3-saml and pysaml2, asked by Tests/Tools/saml_judge.py.
enum SAMLJudge {
    private static let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Tools/saml_judge.py").path

    /// Whether the packages are there that `.ci/python-venv` installs.
    static let isThere: Bool =
        Tool.run(python, ["-c", "import onelogin.saml2, saml2.samlp, lxml"]).status == 0

    /// Whether signxml is there beside them.
    static let hasSignXML: Bool = Tool.run(python, ["-c", "import signxml, lxml"]).status == 0

    /// The judge's answer to a task.
    static func ask(_ task: [String: Any]) throws -> (ok: Bool, said: Any) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("saml-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try JSONSerialization.data(withJSONObject: task).write(to: file)
        let output = Tool.run("/bin/sh", ["-c", "exec \"$0\" \"$1\" < \"$2\" 2>/dev/null", python, script, file.path])
            .output
        guard let answer = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else {
            return (false, output)
        }
        return (answer["ok"] as? Bool ?? false, answer["said"] ?? "")
    }

    /// Who is at what, and by which keys.
    static var scene: [String: Any] {
        get throws {
            [
                "service": Federation.service, "provider": Federation.provider, "consumer": Federation.consumer,
                "sign_on": Federation.signOn, "service_certificate": try TestKey.service.certificatePEM,
                "service_key": try TestKey.service.privatePEM,
                "provider_certificate": try TestKey.provider.certificatePEM,
            ]
        }
    }
}
