"""Clients of every kind: those that copy files, other implementations, and those that have one field."""

import asyncio
import os
import pathlib
import subprocess
import tempfile

import asyncssh
import pytest

import accounts
import logins
from stacks import lines
from waiting import wait_for

BOTH = ["Password: ", "Verification code: "]
COMBINED = ["Password & verification code: "]


def copy_with(program, account, answers):
    """Fetches a file; its content, and what was asked."""
    askpass = logins.Askpass(account.name, answers)
    source = pathlib.Path(account.home) / "file"
    source.write_text("what is in it\n")
    target = pathlib.Path(tempfile.mkdtemp()) / "file"
    words = [program, "-q", *logins.ssh_options(LogLevel="ERROR"), f"{account.name}@127.0.0.1:{source}", target]
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=logins.BOUND,
        env=askpass.environment,
        start_new_session=True,
    )
    return target.read_text() if target.exists() else None, askpass.prompts(), done


@pytest.mark.parametrize("program", ["sftp", "scp"])
def test_programs_that_copy_files_ask_for_both_and_nothing_disturbs_them(stack, enrolled, program):
    stack(f"{logins.TWINLOCK} nullok")
    with open(logins.PAM / "sshd", "a") as service:
        service.write("session optional pam_twinlock.so show_remaining\n")
    content, prompts, done = copy_with(program, enrolled, [enrolled.password, enrolled.phone.next_code()])
    assert content == "what is in it\n", done
    assert prompts == BOTH
    content, prompts, _ = copy_with(program, enrolled, [enrolled.password, enrolled.phone.wrong_code()])
    assert (content, prompts) == (None, BOTH)


class Interactive(asyncssh.SSHClient):
    """Answers what it is asked, in order."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.prompts = []
        self.begun = False

    def kbdint_auth_requested(self):
        """The first time; after a refusal there is no other try."""
        if self.begun:
            return None
        self.begun = True
        return ""

    def kbdint_challenge_received(self, name, instructions, lang, prompts):
        self.prompts += [text for text, _ in prompts]
        return [self.answers.pop(0) if self.answers else "" for _ in prompts]


async def asyncssh_login(account, answers):
    client = Interactive(answers)
    options = {"known_hosts": None, "config": None, "agent_path": None, "client_keys": None}
    try:
        async with asyncssh.connect(
            "127.0.0.1",
            logins.PORT,
            username=account.name,
            client_factory=lambda: client,
            preferred_auth="keyboard-interactive",
            **options,
        ) as connection:
            done = await connection.run("id -un")
            return done.stdout == f"{account.name}\n", client.prompts
    except asyncssh.PermissionDenied:
        return False, client.prompts


def test_asyncssh_asks_for_both(stack, enrolled):
    assert asyncio.run(asyncssh_login(enrolled, [enrolled.password, enrolled.phone.next_code()])) == (True, BOTH)
    admitted, prompts = asyncio.run(asyncssh_login(enrolled, [enrolled.password, enrolled.phone.wrong_code()]))
    assert not admitted
    assert prompts[:2] == BOTH


# One field.


@pytest.fixture
def one_field(stack):
    stack(*lines("one-field"))


def test_one_answer_logs_in_with_password_and_code(one_field, enrolled):
    login = logins.ssh(enrolled, enrolled.password + enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == COMBINED
    login = logins.ssh(enrolled, enrolled.password + enrolled.recovery_codes[0])
    assert (login.admitted, login.prompts) == (True, COMBINED)


def no_code(account):
    return account.password


def wrong_code(account):
    return account.password + account.phone.wrong_code()


def wrong_password(account):
    return "x" + account.password + account.phone.next_code()


def code_alone(account):
    return account.phone.next_code()


def used_code(account):
    return account.password + account.phone.last_code()


@pytest.mark.parametrize("fault", [no_code, wrong_code, wrong_password, code_alone, used_code])
def test_one_answer_with_a_fault_is_refused_after_one_question(one_field, enrolled, fault):
    login = logins.ssh(enrolled, fault(enrolled), enrolled.phone.next_code())
    assert (login.admitted, login.prompts) == (False, COMBINED)


def test_one_answer_for_a_name_that_nobody_has_is_asked_for_alike(one_field, daemon):
    login = logins.ssh("nobody-of-that-name", "anything123456")
    assert (login.admitted, login.prompts) == (False, COMBINED)


@pytest.mark.parametrize("password", ["ends in digits 123456", "a-dashed-ABCDE-FGHJK"])
def test_who_has_no_second_factor_may_have_a_password_that_ends_like_one(one_field, daemon, account, password):
    accounts.set_password(account, password)
    assert logins.ssh(account, password).admitted
    assert not logins.ssh(account, password + "123456").admitted


def sshpass(account, answer, prompt):
    done = subprocess.run(
        ["sshpass", "-P", prompt, *logins.ssh_command(account.name, LogLevel="ERROR"), "id -un"],
        input=answer + "\n",
        capture_output=True,
        text=True,
        timeout=logins.BOUND,
        env={**accounts.ENVIRONMENT, "HOME": "/root"},
        start_new_session=True,
    )
    return done.stdout == f"{account.name}\n"


def test_sshpass_logs_in_with_one_answer(one_field, enrolled):
    assert sshpass(enrolled, enrolled.password + enrolled.phone.next_code(), "verification code:")
    assert not sshpass(enrolled, enrolled.password + enrolled.phone.wrong_code(), "verification code:")


# A screen locker, which runs as the person himself.


@pytest.fixture
def display(installed):
    """An X server for everybody, without a screen."""
    pathlib.Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
    server = subprocess.Popen(
        ["Xvfb", ":97", "-ac", "-screen", "0", "320x240x24"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: os.path.exists("/tmp/.X11-unix/X97"), "the X server")
    yield ":97"
    server.terminate()
    server.wait(timeout=logins.BOUND)


class Locker:
    """A locked screen of somebody's."""

    def __init__(self, account, display):
        options = account.options()
        self.environment = {**options.pop("env"), "DISPLAY": display}
        self.process = subprocess.Popen(
            ["i3lock", "--nofork"], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )

    def type(self, answer):
        subprocess.run(["xdotool", "type", "--delay", "5", answer], env=self.environment, check=True, timeout=60)
        subprocess.run(["xdotool", "key", "Return"], env=self.environment, check=True, timeout=60)

    def is_open(self):
        return self.process.poll() is not None


@pytest.fixture
def lock(display, enrolled, daemon):
    accounts.set_password(enrolled, "correcthorse")
    made = []

    def run(stack):
        logins.write_stack("i3lock", *lines(stack))
        made.append(Locker(enrolled, display))
        # The window takes the keyboard once it is there; typing into nothing would be lost.
        windows = ["xdotool", "search", "--onlyvisible", "--class", "i3lock"]
        wait_for(
            lambda: subprocess.run(windows, env=made[-1].environment, capture_output=True).returncode == 0, "the lock"
        )
        return made[-1]

    yield run
    for one in made:
        if not one.is_open():
            one.process.kill()
        one.process.wait(timeout=logins.BOUND)


def type_until(locker, answer, happened, what):
    locker.type(answer)
    wait_for(happened, what)


def test_a_screen_locker_takes_password_and_code_in_one(lock, daemon, enrolled):
    locker = lock("locker")
    type_until(
        locker, enrolled.password + enrolled.phone.wrong_code(), lambda: "code wrong" in daemon.log(), "a wrong code"
    )
    assert not locker.is_open()
    type_until(locker, enrolled.password + enrolled.phone.next_code(), locker.is_open, "the screen to be unlocked")
    assert locker.process.returncode == 0


def test_where_it_is_asked_for_the_code_alone_its_answer_is_refused_and_counts_nothing(
    lock, daemon, system_log, enrolled
):
    """i3lock gives one answer to every question."""
    mark = system_log.mark()
    locker = lock("locker-with-two-questions")
    locker.type(enrolled.password)
    system_log.wait_for("answers every prompt alike", mark)
    assert not locker.is_open()
    assert "code wrong" not in daemon.log()


def test_a_locker_that_asks_two_questions_takes_the_code_after_pam_unix(enrolled, daemon):
    logins.write_stack("two-questions", *lines("locker-with-two-questions"))

    def unlock(*answers):
        text = "".join(f"{answer}\n" for answer in answers)
        return enrolled.run("pamtester", "two-questions", enrolled.name, "authenticate", text=text).returncode == 0

    assert not unlock(enrolled.password, enrolled.phone.wrong_code())
    assert not unlock(enrolled.password, enrolled.recovery_codes[0])
    assert not unlock(enrolled.password + "x", enrolled.phone.wrong_code())
    assert unlock(enrolled.password, enrolled.phone.next_code())


def test_a_locker_opens_for_its_own_user_alone(enrolled, daemon):
    logins.write_stack("two-questions", "auth required pam_twinlock.so code_only nullok")
    other = accounts.add_account("other")
    words = ["pamtester", "two-questions", enrolled.name, "authenticate"]
    assert other.run(*words, text=f"{enrolled.phone.next_code()}\n").returncode != 0
    assert enrolled.run(*words, text=f"{enrolled.phone.next_code()}\n").returncode == 0
