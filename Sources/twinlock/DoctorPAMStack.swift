/// The `auth` stack of one service, with what it includes.
struct PAMStack: Sendable {
    /// A module in its turn, or the beginning of a substack.
    struct Step: Hashable, Sendable {
        /// nil where a substack begins, whose steps are one level deeper.
        let module: Module?
        /// 0 for the service's own lines and those that it includes.
        let level: Int
        let place: DoctorFinding.Place
    }

    /// What a line has a module do.
    struct Module: Hashable, Sendable {
        let control: PAMControl
        /// Without its directory.
        let name: String
        let arguments: [String]

        /// Whether it is the one that asks for the code.
        var isOurs: Bool { self.name == "pam_twinlock.so" }
    }

    /// As the service is called.
    let service: String
    /// The last line of its own file that leads to others, where the password is mostly asked for; otherwise the first.
    let head: DoctorFinding.Place
    let steps: [Step]

    /// The first of our own lines.
    var firstOurs: Step? { self.steps.first { $0.module?.isOurs == true } }

    /// How deep files may include each other; libpam's own limit is 32.
    private static let maximumDepth = 32

    /// - Parameters:
    ///   - file: The service's own.
    ///   - find: Where a file that is included is, and its text; nil if it is not there.
    init(
        service: String,
        file: (path: String, text: String),
        find: (String) -> (path: String, text: String)?
    ) {
        self.service = service
        let own = PAMLine.auth(in: file.text)
        let head = own.last { if case .module = $0.content { false } else { true } } ?? own.first
        self.head = DoctorFinding.Place(file: file.path, line: head?.number)
        self.steps = Self.steps(of: file, level: 0, depth: 0, find: find)
    }

    private static func steps(
        of file: (path: String, text: String),
        level: Int,
        depth: Int,
        find: (String) -> (path: String, text: String)?
    ) -> [Step] {
        guard depth < self.maximumDepth else { return [] }
        return PAMLine.auth(in: file.text).flatMap { line -> [Step] in
            let place = DoctorFinding.Place(file: file.path, line: line.number)
            switch line.content {
            case .module(let control, let name, let arguments):
                let module = Module(
                    control: control,
                    name: String(name.split(separator: "/").last ?? ""),
                    arguments: arguments
                )
                return [Step(module: module, level: level, place: place)]
            case .include(let name):
                guard let included = find(name) else { return [] }
                return self.steps(of: included, level: level, depth: depth + 1, find: find)
            case .substack(let name):
                let head = Step(module: nil, level: level, place: place)
                guard let included = find(name) else { return [head] }
                return [head] + self.steps(of: included, level: level + 1, depth: depth + 1, find: find)
            }
        }
    }
}
