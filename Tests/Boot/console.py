"""Runs a command on a terminal, inside the container. On standard input: [WORDS, [[PATTERN, ANSWER], ...], STOP]; on
standard output: {"status": NUMBER, "text": STRING}. Each answer is typed once, in order, when its pattern comes. Where
the pattern STOP comes, the command is ended."""

import errno
import json
import os
import pty
import re
import select
import sys
import time

BOUND = 60

words, script, stop = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(words[0], words)

text = ""
unread = 0
status = None
end = time.monotonic() + BOUND
while status is None and time.monotonic() < end:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            text += os.read(terminal, 4096).decode(errors="replace")
        except OSError as error:
            # login(1) hangs up its line and opens it again; meanwhile there is nobody on it.
            if error.errno != errno.EIO:
                raise
            time.sleep(0.02)
    news = text[unread:].replace("\r", "")
    if stop and re.search(stop, news):
        os.kill(pid, 9)
    elif script and re.search(script[0][0], news):
        unread = len(text)
        os.write(terminal, (script.pop(0)[1] + "\n").encode())
    ended, code = os.waitpid(pid, os.WNOHANG)
    if ended:
        status = os.waitstatus_to_exitcode(code)
try:
    while select.select([terminal], [], [], 0.2)[0]:
        text += os.read(terminal, 4096).decode(errors="replace")
except OSError:
    pass
if status is None:
    os.kill(pid, 9)
print(json.dumps({"status": status, "text": text.replace("\r", "")}))
