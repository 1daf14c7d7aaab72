import JOSE

/// What a device is told to show (RFC 8628 §3.2).
public enum DeviceAnswer {
    /// The body of the answer. The complete address spares the typing; the page still asks whether the code is the one
    /// on the device, because whoever sent the address may be somebody else (§5.4).
    public static func json(deviceCode: String, userCode: String, verificationURI: String) -> JSONObject {
        let shown = UserCode.shown(userCode)
        return [
            "device_code": .string(deviceCode), "user_code": .string(shown),
            "verification_uri": .string(verificationURI),
            "verification_uri_complete": .string(verificationURI + "?user_code=" + shown),
            "expires_in": .integer(DeviceRequest.lifetime), "interval": .integer(DeviceRequest.firstInterval),
        ]
    }
}
