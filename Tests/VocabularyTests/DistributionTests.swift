import Testing
import Vocabulary

@Suite("Measurements in buckets")
struct DistributionTests {
    @Test func aMeasurementIsCountedInTheFirstBucketThatHoldsIt() {
        var distribution = Distribution(bounds: [10, 1])
        for value in [0, 1, 1.5, 10, 10.5] { distribution.add(value) }
        #expect(distribution.bounds == [1, 10])
        #expect(distribution.counts == [2, 2, 1])
        #expect(distribution.sum == 23 && distribution.count == 5)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func whatIsNotFiniteIsLeftOut(_ value: Double) {
        var distribution = Distribution(bounds: [1])
        distribution.add(value)
        #expect(distribution.count == 0 && distribution.sum == 0)
    }

    @Test func timesAreSeconds() {
        var distribution = Distribution.seconds
        distribution.add(.milliseconds(3))
        #expect(distribution.sum == 0.003)
        #expect(distribution.counts[Distribution.seconds.bounds.firstIndex(of: 0.005)!] == 1)
    }

    @Test(arguments: [Distribution.seconds, .longSeconds, .sizes])
    func boundsAscend(_ distribution: Distribution) {
        #expect(zip(distribution.bounds, distribution.bounds.dropFirst()).allSatisfy { $0 < $1 })
    }
}
