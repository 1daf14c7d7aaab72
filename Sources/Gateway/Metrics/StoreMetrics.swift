import Storage
import Vocabulary

extension WriterLane {
    fileprivate var word: String { "\(self)" }
}

extension WriterStatistics {
    var families: [MetricFamily] {
        var waiting = MetricFamily.gauge("gatehouse_writer_waiting", "Changes that wait for the writer.")
        var refused = MetricFamily.counter(
            "gatehouse_writer_refused_total", "Changes refused because their lane was full.")
        var wait = MetricFamily.histogram("gatehouse_writer_wait_seconds", "Time a change waited for the writer.")
        for lane in WriterLane.allCases {
            waiting = waiting.adding(self[lane].waiting, ["lane": lane.word])
            refused = refused.adding(self[lane].refused, ["lane": lane.word])
            wait = wait.adding(self[lane].wait, ["lane": lane.word])
        }
        return [
            waiting, refused, wait,
            .histogram("gatehouse_writer_batch_size", "Changes in one transaction.").adding(batchSize),
            .histogram("gatehouse_writer_commit_seconds", "Time until a commit was durable.").adding(commit),
            .histogram("gatehouse_writer_held_seconds", "Time a transaction held the writer.").adding(held),
        ]
    }
}

extension DecisionRecorderStatistics {
    var families: [MetricFamily] {
        [
            .counter("gatehouse_decisions_total", "Decisions, by what was answered.")
                .adding(answered.permitted, ["outcome": "permit"]).adding(answered.denied, ["outcome": "deny"])
                .adding(answered.asksStepUp, ["outcome": "step_up"]).adding(answered.failed, ["outcome": "error"]),
            .counter("gatehouse_decisions_recorded_total", "Decisions taken over for the record.")
                .adding(recorded + durable),
            .counter("gatehouse_decisions_folded_total", "Recorded decisions that became part of another's count.")
                .adding(folded),
            .counter("gatehouse_decisions_lost_total", "Decisions that stand without a record: only a gap counts them.")
                .adding(lost),
            .counter("gatehouse_decisions_overflowed_total", "Decisions denied because they could not be recorded.")
                .adding(overflowed),
            .gauge("gatehouse_decisions_waiting", "Decisions in memory that wait to be written.").adding(waiting),
            .gauge("gatehouse_decisions_waiting_bytes", "Bytes of them.").adding(waitingBytes),
            .gauge(
                "gatehouse_decision_flush_seconds_max",
                "The longest time from taking decisions over to their being durable."
            )
            .adding(slowestFlush),
            .counter("gatehouse_decision_flushes_total", "Times that decisions were written.").adding(flushes),
            .counter("gatehouse_decision_segments_closed_total", "Segments of decisions that were closed.")
                .adding(segmentsClosed),
            .gauge("gatehouse_decision_recorder_up", "0 once recording has stopped: then decisions are denied.")
                .adding(failure == nil ? 1 : 0),
        ]
    }
}
