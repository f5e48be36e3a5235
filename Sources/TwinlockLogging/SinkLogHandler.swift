public import Logging

/// A log handler that turns each message into bytes and hands them to a sink.
public struct SinkLogHandler: LogHandler {
    /// What makes bytes of a message.
    public typealias Format = @Sendable (Logger.Level, Logger.Message, Logger.Metadata) -> [UInt8]

    /// Messages below it are dropped. Set, it no longer follows the threshold.
    public var logLevel: Logger.Level {
        get { self.ownLevel ?? self.threshold.level }
        set { self.ownLevel = newValue }
    }
    /// Goes with every message.
    public var metadata: Logger.Metadata = [:]

    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    private let format: Format
    private let sink: @Sendable ([UInt8]) -> Void

    /// A handler.
    ///
    /// - Parameters:
    ///   - threshold: The level, which may change while it logs.
    ///   - format: What makes bytes of a message.
    ///   - sink: Must not block.
    public init(threshold: LogThreshold, format: @escaping Format, sink: @escaping @Sendable ([UInt8]) -> Void) {
        self.threshold = threshold
        self.format = format
        self.sink = sink
    }

    /// Hands one message on.
    public func log(event: LogEvent) {
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
        self.sink(self.format(event.level, event.message, metadata))
    }

    /// One member of what goes with every message.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }
}
