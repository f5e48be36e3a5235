import TwinlockAccounts

// The one place where a person certainly sits in front of what is shown.
extension SignInOrigin {
    /// Whether a login happens at a virtual console of this machine.
    ///
    /// Root's word alone is taken for it, the tty must be one of `tty1` to `tty63`, which the kernel names so and which
    /// reach no further than its own screen (tty(4), vt(4)), and there must be no remote host. Pseudo-terminals, serial
    /// lines, hypervisor consoles and X displays may be anywhere, and show who knows what.
    var isAtConsole: Bool {
        guard self.peerUid == 0, self.purpose == .login, self.remoteHost.isEmpty else { return false }
        let name = self.tty.hasPrefix("/dev/") ? self.tty.dropFirst(5) : self.tty[...]
        guard name.hasPrefix("tty"), let number = Int(name.dropFirst(3)) else { return false }
        // Written in no other way: not `tty01`, not `tty+1`.
        return (1...63).contains(number) && name == "tty\(number)"
    }
}
