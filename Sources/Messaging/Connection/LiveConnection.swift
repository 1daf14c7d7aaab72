import CNATS

/// One connection of the library while it lasts, with what is subscribed to on it. Of the worker's thread.
final class LiveConnection {
    let pointer: OpaquePointer
    let server: MessagingServer
    let since = ContinuousClock.now
    private let callbacks: [UInt]
    private var subscriptions: [UInt: (pointer: OpaquePointer, message: UInt, ended: UInt)] = [:]

    init(_ pointer: OpaquePointer, _ server: MessagingServer, callbacks: [UInt]) {
        self.pointer = pointer
        self.server = server
        self.callbacks = callbacks
    }

    var payloadLimit: Int { Int(natsConnection_GetMaxPayload(pointer)) }
    var isClosed: Bool { natsConnection_IsClosed(pointer) }

    /// Subscribes to what a registration names.
    func subscribe(_ registration: Registration, _ number: UInt, ended: @escaping @Sendable () -> Void) -> natsStatus {
        let message = CallbackTable.add(.message(registration.receive))
        let end = CallbackTable.add(.ended(ended))
        var made: OpaquePointer?
        let closure = CallbackTable.pointer(message)
        let status =
            if let queue = registration.queue {
                natsConnection_QueueSubscribe(
                    &made, pointer, registration.subject, queue, CallbackTable.onMessage, closure)
            } else {
                natsConnection_Subscribe(&made, pointer, registration.subject, CallbackTable.onMessage, closure)
            }
        guard status == NATS_OK, let made else {
            CallbackTable.remove(message)
            CallbackTable.remove(end)
            return status
        }
        natsSubscription_SetPendingLimits(made, Int32(registration.messageLimit), Int32(registration.byteLimit))
        natsSubscription_SetOnCompleteCB(made, CallbackTable.onEnded, CallbackTable.pointer(end))
        subscriptions[number] = (made, message, end)
        return NATS_OK
    }

    /// Lets no more messages come; those that came are handed over still, then `ended` is called. False when there is no
    /// such subscription.
    func drain(_ number: UInt, timeout: Duration) -> Bool {
        guard let subscription = subscriptions[number]?.pointer else { return false }
        return natsSubscription_DrainTimeout(subscription, timeout.milliseconds) == NATS_OK
    }

    func has(_ number: UInt) -> Bool { subscriptions[number] != nil }

    /// How many messages the library had no room for.
    func dropped(_ number: UInt) -> Int {
        var count: Int64 = 0
        guard let subscription = subscriptions[number]?.pointer else { return 0 }
        natsSubscription_GetDropped(subscription, &count)
        return Int(count)
    }

    func remove(_ number: UInt) {
        guard let (subscription, message, ended) = subscriptions.removeValue(forKey: number) else { return }
        natsSubscription_Destroy(subscription)
        CallbackTable.remove(message)
        CallbackTable.remove(ended)
    }

    /// Ends it. What was written before has left when `flush` said so.
    func close() {
        for number in Array(subscriptions.keys) { remove(number) }
        natsConnection_Destroy(pointer)
        for callback in callbacks { CallbackTable.remove(callback) }
    }

    /// Whether the server has seen all that was written.
    func flush(timeout: Duration) -> Bool {
        natsConnection_FlushTimeout(pointer, timeout.milliseconds) == NATS_OK
    }
}

/// Something to be subscribed to on every connection.
struct Registration: Sendable {
    let subject: String
    let queue: String?
    /// How much may wait in the library until it is handed over.
    let messageLimit: Int
    let byteLimit: Int
    /// Called on a thread of the library's; must neither wait nor take long.
    let receive: @Sendable (OpaquePointer) -> Void
}
