"""Shows Twinlock's main job on real parts, in the private world of bed.py. With --shell it goes on for a person to try."""

import datetime
import os
import re
import subprocess
import sys

import accounts
import bed
import dialogues
import installing
import logins
import twinlockd
from terminals import Pty

USER = "ada"
PASSWORD = "correct horse battery"

SHELL_TEXT = """
It is running, and this shell is inside its private world: nothing here outlives it. Type exit to end it.

  log in              {ssh}
                      password: {password}
  the code            oathtool --totp --base32 {secret}
                      (or scan the QR code above with an app on your phone)
  the next one        oathtool --totp --base32 --now '30 seconds' {secret}
                      (a code works once: the present one may be used already)
  a recovery code     {recovery_code}      (works once, in place of a code)
  how it stands       su -c 'twinlock status' {user}
  all of them         su -c 'twinlock recovery-codes' {user}
  switch it off       su -c 'twinlock disable' {user}      (the password alone logs in then)
  set up another      useradd -m -s /bin/bash bob; passwd bob; su -c 'twinlock enable' bob
  sshd's PAM service  /etc/pam.d/sshd
  the logs            {log} (twinlockd), {sshd_log} (sshd)
"""


class Stage:
    """Prints what happens, and stops where it is not what was announced."""

    def __init__(self):
        self._is_terminal = sys.stdout.isatty()

    def say(self, words):
        print(f"\n\x1b[1m== {words}\x1b[0m" if self._is_terminal else f"\n== {words}", flush=True)

    def show(self, words):
        for line in words.splitlines():
            print(f"   {line}", flush=True)

    def expect(self, is_right, words):
        if not is_right:
            raise SystemExit(f"\nthe demonstration failed: expected: {words}")
        self.show(f"-> {words}")


def add_user():
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", USER], check=True)
    account = accounts.Account(USER, PASSWORD)
    accounts.set_password(account, PASSWORD)
    return account


def set_up(stage, account):
    """`twinlock enable` on a terminal, as a person does it; the app on the phone is oathtool."""
    with Pty(["twinlock", "enable"], **account.options(), echo_to=sys.stdout) as terminal:
        codes = dialogues.enable(terminal, account)
        # One of them, typed back: they are saved, and it is not used up by that.
        terminal.send(codes[-1] + "\n")
        _, status = terminal.finish()
    stage.expect(status == 0, "two-factor login is on, and the recovery codes are saved")


def log_in(stage, account, code):
    """A real ssh login. Shows what the client was asked and what it answered."""
    login = logins.ssh(account, account.password, code)
    stage.show(f"$ ssh -p {logins.PORT} {account.name}@127.0.0.1")
    answers = ["*" * len(account.password), code]
    for prompt, answer in zip(login.prompts, answers, strict=False):
        stage.show(f"{prompt}{answer}")
    for line in login.told.splitlines():
        if "known hosts" not in line:
            stage.show(line)
    return login


def play(stage, daemon, account):
    stage.say(f"{account.name} sets up a second factor: `twinlock enable`")
    set_up(stage, account)

    stage.say("A login by ssh: the password as always, then the code")
    code = account.phone.next_code()
    stage.expect(log_in(stage, account, code).admitted, "logged in")

    stage.say("The same code once more, as somebody would who looked over the shoulder")
    stage.expect(not log_in(stage, account, code).admitted, "refused: a code works once")

    stage.say("A wrong code")
    stage.expect(not log_in(stage, account, account.phone.wrong_code()).admitted, "refused")

    stage.say("The phone is lost: a login with a recovery code in place of a code")
    code = account.recovery_codes[0]
    words = "logged in; for 15 minutes the password alone sets up a new phone"
    stage.expect(log_in(stage, account, code).admitted, words)

    stage.say("The same recovery code once more")
    stage.expect(not log_in(stage, account, code).admitted, "refused: a recovery code works once, too")

    stage.say("How the account stands: `twinlock status`")
    status = account.run("twinlock", "status")
    stage.show(status.stdout)
    stage.expect(status.returncode == 0 and "9 left" in status.stdout, "on, and nine recovery codes are left")

    stage.say("What the daemon, which never is root, says about it")
    stage.show("\n".join(line for line in daemon.log().splitlines() if re.search("accepted|refused", line)))


def shell(daemon, sshd, account):
    client = (
        f"ssh -p {logins.PORT} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null {account.name}@127.0.0.1"
    )
    print(
        SHELL_TEXT.format(
            ssh=client,
            password=account.password,
            secret=account.phone.secret,
            recovery_code=account.recovery_codes[1],
            user=account.name,
            log=daemon.log_file,
            sshd_log=sshd.log_file,
        ),
        flush=True,
    )
    environment = {
        **os.environ,
        "PS1": "twinlock demo# ",
        "PATH": accounts.ENVIRONMENT["PATH"] + ":/sbin",
        "HOME": "/root",
    }
    subprocess.run(["bash", "--norc", "--noprofile", "-i"], env=environment, cwd="/root")


def main(arguments):
    if os.geteuid() != 0 or bed.MARK not in os.environ:
        raise SystemExit(
            "the demonstration makes a user and starts an sshd in a private world: run it as root, by make"
        )
    stage = Stage()
    stage.say("A private world: nothing of what follows is left on this machine")
    stage.show(f"host {bed.HOST_NAME}, its own /etc, /home, /run, /var and network; {datetime.date.today()}")
    done = installing.make("install")
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    logins.SystemLog()
    account = add_user()
    stage.say(f"twinlockd, sshd on port {logins.PORT}, and a throw-away user {account.name}")
    daemon = twinlockd.Daemon({"daemon.log-level": "info", "sign-in.failure-delay": 2}).start()
    sshd = logins.Sshd().start()
    logins.write_stack("sshd", f"{logins.TWINLOCK} nullok")
    stage.show("/etc/pam.d/sshd: " + (logins.PAM / "sshd").read_text().splitlines()[0])
    play(stage, daemon, account)
    if "--shell" in arguments:
        shell(daemon, sshd, account)
    sshd.stop()
    stage.say("Stopping")
    stage.expect(daemon.stop() == 0, "everything stopped cleanly; nothing is left")


if __name__ == "__main__":
    main(sys.argv[1:])
