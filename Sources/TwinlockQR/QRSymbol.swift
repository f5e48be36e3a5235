import CQREncode
import Glibc

/// A QR code as squares ("modules"), without its quiet zone.
///
/// Holds what it encodes: secret, wiped when it dies.
///
/// ISO/IEC 18004. Error correction level L, the smallest: a screen has no stains, and size decides whether it fits.
public final class QRSymbol {
    /// Modules on a side, 21 to 177.
    public let side: Int
    private let code: UnsafeMutablePointer<QRcode>

    /// The smallest symbol that holds the bytes; nil if none does, or if memory is short.
    ///
    /// - Parameter bytes: 1 to 2953 of them.
    public init?(encoding bytes: UnsafeRawBufferPointer) {
        let first = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        // Version 0 stands for "as small as possible".
        guard let first, let code = QRcode_encodeData(Int32(bytes.count), first, 0, QR_ECLEVEL_L) else { return nil }
        self.code = code
        self.side = Int(code.pointee.width)
    }

    deinit {
        // QRcode_free(3) does not clear the modules, which are the secret drawn.
        explicit_bzero(self.code.pointee.data, self.side * self.side)
        QRcode_free(self.code)
    }

    /// Whether a module is dark.
    ///
    /// Outside the symbol everything is light: the quiet zone.
    public func isDark(row: Int, column: Int) -> Bool {
        guard (0..<self.side).contains(row), (0..<self.side).contains(column) else { return false }
        // Bit 0 is the colour, the others say what the module is for (qrencode.h).
        return self.code.pointee.data[row * self.side + column] & 1 == 1
    }
}
