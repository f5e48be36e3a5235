/// All ways through a stack that end with somebody let in, whatever each module answers.
///
/// It follows what libpam does with each answer (pam.conf(5)), so that jumps and substacks count as they do there.
struct PAMWalk {
    /// How somebody got in.
    enum Way: Hashable, Sendable {
        /// With a right code.
        case rightCode
        /// With a wrong one, or without an answer of the daemon, at this step.
        case wrongCode(at: Int)
        /// Without being asked; this step led past the question, nil where there is none to be led past.
        case unasked(leftAt: Int?)
    }

    private enum Impression: Hashable { case undefined, positive, negative }

    private struct Standing: Hashable {
        var impression = Impression.undefined
        var isSuccess = false

        mutating func note(success: Bool) {
            guard self.impression == .undefined || (self.impression == .positive && self.isSuccess) else { return }
            // `ok` takes over a failure too: positive, and yet nobody is let in.
            self = Standing(impression: .positive, isSuccess: success)
        }

        mutating func refuse() { self = Standing(impression: .negative, isSuccess: false) }
    }

    private enum Answer: Hashable { case none, right, wrong(at: Int) }

    private struct State: Hashable {
        var index = 0
        var standing = Standing()
        /// What a substack began with, by level.
        var saved = [Standing()]
        var answer = Answer.none
        var leftAt: Int?
    }

    private let steps: [PAMStack.Step]

    init(_ stack: PAMStack) {
        self.steps = stack.steps
    }

    /// Each way once.
    func ways() -> Set<Way> {
        var (ways, seen, waiting): (Set<Way>, Set<State>, [State]) = ([], [], [State()])
        while let state = waiting.popLast() {
            guard seen.insert(state).inserted else { continue }
            guard state.index < self.steps.count else {
                if state.standing.impression == .positive, state.standing.isSuccess { ways.insert(Self.way(state)) }
                continue
            }
            guard let module = self.steps[state.index].module else {
                var inner = state
                inner.saved = Array(state.saved.prefix(self.steps[state.index].level + 1)) + [state.standing]
                inner.index += 1
                waiting.append(inner)
                continue
            }
            if module.name != "pam_deny.so" {
                waiting.append(self.after(state, module.control.onSuccess, success: true))
            }
            if module.name != "pam_permit.so" {
                waiting += module.control.onFailure.map { self.after(state, $0, success: false) }
            }
        }
        return ways
    }

    private static func way(_ state: State) -> Way {
        switch state.answer {
        case .none: .unasked(leftAt: state.leftAt)
        case .right: .rightCode
        case .wrong(let index): .wrongCode(at: index)
        }
    }

    private func after(_ before: State, _ action: PAMControl.Action, success: Bool) -> State {
        var state = before
        if self.isOurs(before.index), before.answer != .right {
            state.answer = success ? .right : .wrong(at: before.index)
        }
        state.index += 1
        switch action {
        case .ok:
            state.standing.note(success: success)
        case .done:
            state.standing.note(success: success)
            if state.standing.impression == .positive { state.index = self.endOfLevel(before.index) }
        case .bad:
            state.standing.refuse()
        case .die:
            state.standing.refuse()
            state.index = self.endOfLevel(before.index)
        case .ignore:
            break
        case .reset:
            state.standing = state.saved[self.steps[before.index].level]
        case .jump(let count):
            guard let target = self.target(of: count, from: before.index) else {
                state.standing.refuse()
                state.index = self.endOfLevel(before.index)
                break
            }
            state.index = target
        }
        let passedOver = before.index + 1..<max(before.index + 1, state.index)
        if state.answer == .none, state.leftAt == nil, passedOver.contains(where: self.isOurs) {
            state.leftAt = before.index
        }
        return state
    }

    private func isOurs(_ index: Int) -> Bool { self.steps[index].module?.isOurs == true }

    /// Where it goes on after `done` and `die`: behind the substack, or at the end.
    private func endOfLevel(_ index: Int) -> Int {
        let level = self.steps[index].level
        guard level > 0 else { return self.steps.count }
        return self.steps[(index + 1)...].firstIndex { $0.level < level } ?? self.steps.count
    }

    /// The step behind a jump, over substacks whole; nil if it leads too far.
    private func target(of count: Int, from index: Int) -> Int? {
        let level = self.steps[index].level
        var target = index + 1
        for _ in 0..<count {
            guard target < self.steps.count, self.steps[target].level >= level else { return nil }
            target += 1
            while target < self.steps.count, self.steps[target].level > level { target += 1 }
        }
        return target
    }
}
