"""Logins through libpam at a start line, each in a process of its own: `pam_client.py SERVICE GATE DESCRIPTOR...`.

As client.py, but a login is pam_authenticate(3) with whatever modules the service has, and the start line is at the
prompt for the code, where the process says so. A task: {"user", "password", "code"}.
"""

import ctypes
import os
import sys

from client import serve_each

PROMPT_ECHO_OFF, PROMPT_ECHO_ON = 1, 2
CONVERSATION_ERROR = 19

RESULTS = {0: "PAM_SUCCESS", 7: "PAM_AUTH_ERR", 9: "PAM_AUTHINFO_UNAVAIL", 11: "PAM_MAXTRIES"}


class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


Converse = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(Message)),
    ctypes.POINTER(ctypes.POINTER(Response)),
    ctypes.c_void_p,
)


class Conversation(ctypes.Structure):
    _fields_ = [("converse", Converse), ("data", ctypes.c_void_p)]


libpam = ctypes.CDLL("libpam.so.0")
libc = ctypes.CDLL(None)
libc.calloc.restype = ctypes.c_void_p
libc.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
libc.strdup.restype = ctypes.c_void_p
libc.strdup.argtypes = [ctypes.c_char_p]
libpam.pam_authenticate.argtypes = [ctypes.c_void_p, ctypes.c_int]
libpam.pam_end.argtypes = [ctypes.c_void_p, ctypes.c_int]


class Login:
    """One login: answers the prompts, and stops at the one for the code."""

    def __init__(self, gate, say, password, code):
        self._gate = gate
        self._say = say
        self._password = password
        self._code = code
        self.waited = False

    def answer(self, prompt):
        if not prompt.startswith("Verification"):
            return self._password
        self._say(state="codeRequired")
        self.waited = True
        os.read(self._gate, 1)
        return self._code

    def converse(self, count, messages, responses, _):
        array = ctypes.cast(libc.calloc(count, ctypes.sizeof(Response)), ctypes.POINTER(Response))
        for number in range(count):
            message = messages[number].contents
            if message.style in (PROMPT_ECHO_OFF, PROMPT_ECHO_ON):
                array[number].text = libc.strdup(self.answer(message.text.decode()).encode())
        responses[0] = array
        return 0


def log_in(service, gate, task, say):
    login = Login(gate, say, task["password"], task["code"])
    # Kept in a variable: libpam calls it for as long as the handle lives.
    conversation = Conversation(Converse(login.converse), None)
    handle = ctypes.c_void_p()
    started = libpam.pam_start(
        service.encode(), task["user"].encode(), ctypes.byref(conversation), ctypes.byref(handle)
    )
    assert started == 0, started
    status = libpam.pam_authenticate(handle, 0)
    libpam.pam_end(handle, status)
    if not login.waited:
        say(state="ended")
        os.read(gate, 1)
    say(result=RESULTS.get(status, f"code {status}"))


def main(service, gate, *descriptors):
    serve_each(list(map(int, descriptors)), lambda task, say: log_in(service, int(gate), task, say))


if __name__ == "__main__":
    main(*sys.argv[1:])
