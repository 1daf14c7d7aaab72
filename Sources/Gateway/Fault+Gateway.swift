import Vocabulary

extension Fault {
    /// HTTP 404: not there, or not in this tenant; the two are never told apart.
    static func notFound(_ what: String) -> Fault {
        Fault("not_found", .caller, "There is no such \(what) here.")
    }

    /// HTTP 412: somebody changed it since it was read.
    static func stale(_ what: String) -> Fault {
        Fault(
            "stale", .caller, "The \(what) was changed by somebody else in the meantime.",
            remedy: "Read it again and repeat the change.")
    }

    /// HTTP 400: the request is well-formed but says something that cannot be.
    static func invalid(_ message: String, remedy: String? = nil) -> Fault {
        Fault("invalid", .caller, message, remedy: remedy)
    }

    /// HTTP 403.
    static func forbidden(_ message: String, remedy: String? = nil) -> Fault {
        Fault("forbidden", .caller, message, remedy: remedy)
    }
}
