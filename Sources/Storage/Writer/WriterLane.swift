/// Who goes first at the single writer. Served in this order; none waits for ever.
public enum WriterLane: Int, Sendable, CaseIterable {
    case revocation, login, administration, sync, spool

    /// Lanes whose callers wait at a keyboard; a batch that holds one closes before it starts bulk work.
    var isInteractive: Bool { rawValue <= WriterLane.administration.rawValue }
}
