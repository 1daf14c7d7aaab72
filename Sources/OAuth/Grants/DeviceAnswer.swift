import JOSE

/// What a device is told to show (RFC 8628 §3.2).
public struct DeviceAnswer: Sendable, Hashable {
    public let deviceCode: String
    public let userCode: String
    public let verificationURI: String
    /// In seconds.
    public let expiresIn: Int64
    /// In seconds.
    public let interval: Int64

    /// The body of the answer. The complete address spares the typing; the page still asks whether the code is the one
    /// on the device, because whoever sent the address may be somebody else (§5.4).
    public var json: JSONObject {
        [
            "device_code": .string(deviceCode), "user_code": .string(userCode),
            "verification_uri": .string(verificationURI),
            "verification_uri_complete": .string(verificationURI + "?user_code=" + userCode),
            "expires_in": .integer(expiresIn), "interval": .integer(interval),
        ]
    }
}
