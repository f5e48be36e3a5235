"""The command's dialogues as a person goes through them, on a plain terminal."""

import re

import accounts
import twinlockd
from terminals import Pty

# A recovery code as it is shown.
CODE = r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b"

# The question that does not let go.
SAVED = r"Type one of them when they are saved [^:]*: "

PASSWORD = "Password: "
VERIFICATION = "Verification code: "
CODE_OR_RECOVERY = ", or a recovery code: "
SURE = r"\[y/N\] "


def codes_in(text):
    return re.findall(CODE, text)


# What a shell says when it waits for the next command.
READY = "ready> "


def answer(terminal, *exchange):
    """Waits for each prompt and types what follows it."""
    for prompt, text in zip(exchange[::2], exchange[1::2], strict=True):
        terminal.read_until(prompt)
        terminal.send(text + "\n")


def scan(terminal, account):
    """Takes the key from the screen into a new app, and types its first code."""
    secret = terminal.read_until(r"Key +([A-Z2-7 ]+)").replace(" ", "")
    account.phone = accounts.Authenticator(secret)
    answer(terminal, "Code: ", account.phone.next_code())


def read_codes(terminal):
    """The new recovery codes, down to the question whether they are saved."""
    terminal.read_until(SAVED)
    # Others may have been shown before these words.
    codes = codes_in(terminal.seen.rpartition("only way back")[2])
    assert len(set(codes)) == 10, terminal.seen
    # Two columns, each read from top to bottom.
    return codes[0::2] + codes[1::2]


def enable(terminal, account):
    """Goes through a first set-up up to the question whether the recovery codes are saved, which are returned."""
    answer(terminal, PASSWORD, account.password)
    scan(terminal, account)
    account.recovery_codes = read_codes(terminal)
    return account.recovery_codes


def shell(account):
    """A shell on a terminal, as after a login."""
    options = account.options()
    options["env"]["PS1"] = READY
    terminal = Pty(["bash", "--norc", "--noediting", "-i"], **options)
    terminal.read_until(READY)
    return terminal


def echo_of(terminal):
    """Whether a shell's terminal shows what is typed, as stty(1) has it."""
    terminal.send("stty -a | grep -o -- '-\\?echo '\n")
    return terminal.read_until(r"(-?echo) \r")


def shown_codes(account, code):
    """All recovery codes as a program sees them: {code: what is known of its use}."""
    reply = twinlockd.Program(account).call(
        twinlockd.ACCOUNT, "ViewRecoveryCodes", password=account.password, code=code
    )
    return {entry.pop("code"): entry for entry in reply["recoveryCodes"]}
