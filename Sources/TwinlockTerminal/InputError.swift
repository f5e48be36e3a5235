/// Why a line could not be read.
public enum InputError: Error, Hashable, Sendable {
    /// Nothing was left to read.
    case endOfInput
    /// More than so many bytes before the line feed.
    case tooLong(limit: Int)
    /// Not UTF-8, or with a NUL byte in it: no message can carry it.
    case notText
    /// `read` or `open` failed, with this `errno`.
    case failed(errno: Int32)
}
