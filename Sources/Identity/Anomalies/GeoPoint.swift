import Glibc

/// A place on earth, in degrees (WGS 84).
public struct GeoPoint: Hashable, Sendable {
    /// -90 (south pole) to 90.
    public let latitude: Double
    /// -180 (west) to 180.
    public let longitude: Double

    /// Nil outside the ranges, and for what is no number.
    public init?(latitude: Double, longitude: Double) {
        guard (-90...90).contains(latitude), (-180...180).contains(longitude) else { return nil }
        self.latitude = latitude
        self.longitude = longitude
    }

    /// Kilometres along the great circle, on a sphere of 6,371 km: half a percent off at most, which is less than what a
    /// network's place is off.
    public func kilometres(to other: GeoPoint) -> Double {
        let (from, to) = (Self.radians(latitude), Self.radians(other.latitude))
        let across = sin(Self.radians(other.longitude - longitude) / 2)
        let along = sin((to - from) / 2)
        let chord = along * along + cos(from) * cos(to) * across * across
        return 2 * 6_371 * asin(min(1, chord.squareRoot()))
    }

    private static func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
}
