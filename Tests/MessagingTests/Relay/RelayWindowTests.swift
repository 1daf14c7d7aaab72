import Testing

@testable import Messaging

@Suite("What answers mean for the events in flight")
struct RelayWindowTests {
    private func window(_ count: Int) -> RelayWindow {
        var window = RelayWindow(
            stream: "S", after: RelayCursor(position: 100, sequence: 10, streamCreated: "now"))
        for number in 1...count {
            window.send(
                RelayedEvent(position: 100 + Int64(number) * 2, subject: "a", messageID: "\(number)", payload: []))
        }
        return window
    }

    private func outcome(_ sequence: UInt64, _ text: String) -> RelayMailbox.Outcome {
        RelayMailbox.Outcome(attempt: 1, sequence: sequence, result: .success(.init(payload: bytes(text))))
    }

    private func trouble(_ window: RelayWindow, _ outcome: RelayMailbox.Outcome) -> RelayTrouble? {
        var window = window
        do throws(RelayTrouble) {
            _ = try window.settle(outcome)
            return nil
        } catch {
            return error
        }
    }

    @Test("An acknowledgement stands for all before it, and counts once")
    func prefix() throws {
        var window = window(5)
        #expect(window.count == 5)
        #expect(window.sequence == 15)
        let third = try window.settle(outcome(13, #"{"stream":"S", "seq":13}"#))
        #expect(third?.position == 106)
        #expect(third?.count == 3)
        #expect(try window.settle(outcome(11, #"{"stream":"S", "seq":11}"#)) == nil)
        #expect(try window.settle(outcome(13, #"{"stream":"S", "seq":13}"#)) == nil)
        #expect(window.count == 2)
        let last = try window.settle(outcome(15, #"{"stream":"S", "seq":15,"duplicate": true}"#))
        #expect(last?.count == 2)
        #expect(last?.isDuplicate == true)
        #expect(window.count == 0)
    }

    @Test("Many acknowledgements, of which the window forgets the old ones")
    func long() throws {
        var window = window(1)
        for number in 1...5_000 {
            let sequence = UInt64(10 + number)
            #expect(try window.settle(outcome(sequence, #"{"stream":"S", "seq":\#(sequence)}"#))?.count == 1)
            window.send(
                RelayedEvent(position: 1_000 + Int64(number), subject: "a", messageID: "x", payload: []))
        }
        #expect(window.count == 1)
    }

    @Test(
        "Answers that are no acknowledgement are trouble",
        arguments: [
            (#"{"stream":"S", "seq":13}"#, RelayTrouble.outOfStep),
            (#"{"stream":"S", "seq":5,"duplicate": true}"#, .outOfStep),
            (
                #"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 99"},"stream":"S","seq":0}"#,
                .overtaken
            ),
            (
                #"{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},"stream":"S","seq":0}"#,
                .outOfStep
            ),
            (
                #"{"error":{"code":400,"err_code":10070,"description":"wrong last msg ID: x"},"stream":"S","seq":0}"#,
                .overtaken
            ),
            (
                #"{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"S","seq":0}"#,
                .stream(.noRoom("maximum messages exceeded"))
            ),
            (
                #"{"error":{"code":400,"err_code":10054,"description":"too big"},"stream":"S","seq":0}"#,
                .event(position: 102, .library("too big"))
            ),
            (#"{"stream":"T", "seq":11}"#, .stream(.misread)),
        ])
    func refused(text: String, expected: RelayTrouble) {
        #expect(trouble(window(3), outcome(11, text)) == expected)
    }

    @Test(
        "Answers that do not come are trouble",
        arguments: [
            (MessagingError.connectionLost, RelayTrouble.disconnected), (.timedOut, .unacknowledged),
            (.noResponders, .stream(.noJetStream)),
            (.notPermitted(subject: "a"), .stream(.notPermitted(subject: "a"))),
            (.payloadTooLarge(bytes: 2, limit: 1), .event(position: 102, .payloadTooLarge(bytes: 2, limit: 1))),
        ])
    func failed(error: MessagingError, expected: RelayTrouble) {
        let outcome = RelayMailbox.Outcome(attempt: 1, sequence: 11, result: .failure(error))
        #expect(trouble(window(3), outcome) == expected)
    }
}
