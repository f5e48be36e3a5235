"""Programs on a terminal: a plain one, and tmux for what a person sees."""

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from waiting import BOUND, wait_for


class Pty:
    """A program on a pseudo-terminal of its own, which it controls.

    With `name` the terminal is called so, a virtual console for example: what containers do for theirs, and what
    ttyname(3) believes.
    """

    def __init__(
        self, words, user=None, group=None, extra_groups=None, cwd="/", env=None, size=(60, 130), echo_to=None, name=None
    ):
        self._name = name
        self.seen = ""
        self._unread = ""
        self._echo_to = echo_to
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            try:
                # As a login's: whoever runs the tests under nohup(1) ignores the first for all that they start.
                for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP):
                    signal.signal(number, signal.SIG_DFL)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
                if name is not None:
                    self._call_terminal(name)
                if user is not None:
                    os.setgroups(extra_groups or [])
                    os.setgid(group)
                    os.setuid(user)
                os.chdir(cwd)
                os.execvpe(words[0], words, {"TERM": "xterm-256color", **(env or os.environ)})
            finally:
                os._exit(127)

    @staticmethod
    def _call_terminal(name):
        open(name, "a").close()
        subprocess.run(["mount", "--bind", os.ttyname(0), name], check=True)
        terminal = os.open(name, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(terminal, descriptor)
        os.close(terminal)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._terminal is not None:
            os.close(self._terminal)
        if self._name is not None:
            subprocess.run(["umount", "--lazy", self._name], check=True)

    def _read_some(self):
        """More output; None at its end."""
        if not select.select([self._terminal], [], [], 0.1)[0]:
            return ""
        try:
            data = os.read(self._terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return None  # nobody has the terminal open any more
        text = data.decode(errors="replace")
        if self._echo_to is not None:
            # The other terminal makes line ends of its own.
            self._echo_to.write(text.replace("\r\n", "\n"))
            self._echo_to.flush()
        self.seen += text
        self._unread += text
        return text

    def read_until(self, pattern):
        """Waits for the pattern in the output that was not read yet; returns its first group, or all of it."""
        end = time.monotonic() + BOUND
        while True:
            found = re.search(pattern, self._unread)
            if found:
                self._unread = self._unread[found.end() :]
                return found.group(found.lastindex or 0)
            ended = self._read_some() is None
            assert not ended and time.monotonic() < end, f"expected {pattern!r}, got {self.seen!r}"

    def send(self, text):
        os.write(self._terminal, text.encode())

    def send_when_waiting(self, text):
        """Types when the program sleeps: some throw away what was typed before they read, but after they have asked."""

        def state():
            with open(f"/proc/{self.pid}/stat") as file:
                return file.read().rpartition(")")[2].split()[0]

        wait_for(lambda: state() == "S", lambda: f"the program to wait for input: {self.seen!r}")
        self.send(text)

    def hang_up(self):
        """Closes the other end of the terminal, as a lost connection does, and waits for the program to end of it."""
        os.close(self._terminal)
        self._terminal = None
        wait_for(lambda: os.waitpid(self.pid, os.WNOHANG)[0], "the program to end without its terminal")
        self.pid = None

    def break_off(self):
        """Takes the terminal away, and the program: some never end without one, and read its end again and again."""
        os.close(self._terminal)
        self._terminal = None
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = None

    def finish(self):
        """Waits for the end. Returns the output that was not read yet and the exit status."""
        end = time.monotonic() + BOUND
        while True:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                break
            self._read_some()
            assert time.monotonic() < end, f"does not end: {self.seen!r}"
        self.pid = None
        while self._read_some():
            pass
        return self._unread, os.waitstatus_to_exitcode(status)


class Tmux:
    """A terminal emulator with one program in it, run by an account."""

    def __init__(self, account, command, columns, rows):
        self._options = account.options()
        directory = tempfile.mkdtemp(prefix="tmux-")
        os.chown(directory, account.uid, account.gid)
        self._words = ["tmux", "-S", f"{directory}/socket", "-f", "/dev/null"]
        # What the program wrote last must stay on the screen after it has ended.
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), f"{command}; echo status $?; exec cat")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tmux("kill-server")

    def _tmux(self, *words):
        done = subprocess.run([*self._words, *words], capture_output=True, timeout=BOUND, **self._options)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def text(self):
        """What is on the screen, without trailing blanks."""
        return self._tmux("capture-pane", "-p")

    def picture(self):
        """What is on the screen, with colours and trailing blanks."""
        return self._tmux("capture-pane", "-p", "-e", "-N")

    def broken_lines(self):
        """Lines that were too long for the screen, so that it broke them anywhere."""
        whole = {line.rstrip() for line in self.text().splitlines()}
        joined = {line.rstrip() for line in self._tmux("capture-pane", "-p", "-J").splitlines()}
        return joined - whole

    def wait_for(self, pattern):
        return wait_for(
            lambda: re.search(pattern, self.text(), re.MULTILINE), lambda: f"{pattern!r} on the screen:\n{self.text()}"
        )

    def type(self, text):
        if text:
            self._tmux("send-keys", "-l", text)
        self.press("Enter")

    def press(self, key):
        """A key by tmux's name for it."""
        self._tmux("send-keys", key)
