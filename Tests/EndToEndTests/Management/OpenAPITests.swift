import Foundation
import Gateway
import HTTPAPI
import HTTPTypes
import Testing
import Vocabulary

@Suite("The OpenAPI document says what is there")
struct OpenAPITests {
    @Test func everyOperationOfTheDocumentIsARouteAndTheOtherWayRound() async throws {
        let running = try await TestGateway.open()
        try await running.serve { api in
            let document = try await api.send(.get, "/api/v1/openapi.json", token: .some(nil)).body
            var described: Set<String> = []
            for (path, operations) in document?["paths"]?.object ?? [:] {
                for method in (operations.object ?? [:]).keys { described.insert("\(method.uppercased()) \(path)") }
            }
            let routes = Set(api.registry.routes.map { "\($0.method.rawValue) \($0.path)" })
            #expect(routes.count > 50)
            #expect(routes == described)
            for route in api.registry.routes {
                let path = route.path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }
                    .joined(separator: "/")
                let answer = try await api.send(route.method, "/" + path, token: .some(nil))
                #expect(answer.status == 401, "\(route.method) \(route.path) answered \(answer.status) to nobody")
                #expect(!route.summary.hasSuffix("."), "\(route.operationID)")
                #expect(route.response == nil || route.response != .any, "\(route.operationID) describes no answer")
            }
        }
    }

    /// Another's judgement: a validator of the standard's own schema, from PyPI (`make test` installs it).
    @Test func aValidatorOfTheStandardFindsNoFault() async throws {
        let running = try await TestGateway.open()
        let folder = running.folder
        try await running.serve { api in
            let document = try await api.send(.get, "/api/v1/openapi.json", token: .some(nil))
            let file = folder + "/openapi.json"
            try document.text.write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try Self.validate(file) == "", "the document is not OpenAPI 3.1")
            // The judge judges: a document that breaks a rule of the standard is found out.
            let broken = document.text.replacing("\"operationId\":\"listPeople\"", with: "\"operationId\":7")
            #expect(broken != document.text)
            try broken.write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try Self.validate(file) != "")
        }
    }

    private static func validate(_ file: String) throws -> String {
        let python = ProcessInfo.processInfo.environment["JUDGE_PYTHON"] ?? "python3"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            python, "-c",
            """
            import json, sys
            from openapi_spec_validator import OpenAPIV31SpecValidator
            for error in OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).iter_errors():
                print(error.message)
            """, file,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? text : "exit \(process.terminationStatus): \(text)"
    }
}
