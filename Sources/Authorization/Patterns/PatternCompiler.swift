/// What a pattern says, before it becomes instructions.
indirect enum PatternTree {
    case empty
    case set(Pattern.ScalarSet)
    case scalar(UInt32)
    case start
    case end
    case sequence([PatternTree])
    case either([PatternTree])
    case repeated(PatternTree, minimum: Int, maximum: Int?)
}

/// Turns a tree into Thompson's instructions, and stops at the program limit.
struct PatternCompiler {
    private(set) var program: [Pattern.Instruction] = []

    mutating func append(_ instruction: Pattern.Instruction) throws(Pattern.Refusal) {
        guard program.count < Pattern.programLimit else {
            throw Pattern.Refusal(
                message: "it needs more than \(Pattern.programLimit) steps", remedy: "Shorten it or lower its counts")
        }
        program.append(instruction)
    }

    mutating func emit(_ tree: PatternTree) throws(Pattern.Refusal) {
        switch tree {
        case .empty: break
        case .set(let set): try append(.set(set))
        case .scalar(let scalar): try append(.scalar(scalar))
        case .start: try append(.start)
        case .end: try append(.end)
        case .sequence(let parts): for part in parts { try emit(part) }
        case .either(let parts): try emit(either: parts)
        case .repeated(let part, let minimum, let maximum): try emit(part, minimum, maximum)
        }
    }

    private mutating func emit(either parts: [PatternTree]) throws(Pattern.Refusal) {
        var jumps: [Int] = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let split = program.count
            if !isLast { try append(.split(split + 1, 0)) }
            try emit(part)
            if !isLast {
                jumps.append(program.count)
                try append(.jump(0))
                program[split] = .split(split + 1, program.count)
            }
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func emit(_ part: PatternTree, _ minimum: Int, _ maximum: Int?) throws(Pattern.Refusal) {
        for _ in 0..<minimum { try emit(part) }
        guard let maximum else {
            let split = program.count
            try append(.split(split + 1, 0))
            try emit(part)
            try append(.jump(split))
            program[split] = .split(split + 1, program.count)
            return
        }
        var splits: [Int] = []
        for _ in minimum..<maximum {
            splits.append(program.count)
            try append(.split(program.count + 1, 0))
            try emit(part)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}
