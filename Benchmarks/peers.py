"""Other second factors of Debian, set up as their users set them up, with their state on the real disk."""

import base64
import os
import pathlib
import secrets
import shutil
import subprocess

import people
import stage


class GoogleAuthenticator:
    """libpam-google-authenticator: a file in each home, as its wizard writes it (-t -d -r 3 -R 30 -w 3)."""

    service = "ga"

    def __init__(self, numbers, home):
        stage.pam_service(self.service, "auth required pam_google_authenticator.so")
        stage.pam_service(
            self.service + "-with-password", "auth requisite pam_unix.so", "auth required pam_google_authenticator.so"
        )
        template = self._from_wizard()
        keys = {}
        for number in numbers:
            name, uid = people.name_of(number), people.FIRST_UID + number
            keys[name] = secrets.token_bytes(20)
            directory = pathlib.Path(home) / name
            directory.mkdir(mode=0o700)
            file = directory / ".google_authenticator"
            file.write_text(_base32(keys[name]) + template[template.index("\n"):])
            file.chmod(0o400)
            for path in (directory, file):
                os.chown(path, uid, uid)
        self.phones = people.Phones(keys)

    @staticmethod
    def _from_wizard():
        file = pathlib.Path("/run/bench-wizard")
        words = ["google-authenticator", "-t", "-d", "-f", "-q", "-r", "3", "-R", "30", "-w", "3", "-s", str(file)]
        subprocess.run(words, check=True, capture_output=True)
        text = file.read_text()
        file.unlink()
        return text


class Oath:
    """libpam-oath with so many users in its one file, all of whom have logged in before. Codes by counter."""

    def __init__(self, users, numbers, directory):
        self.users = users
        self.service = f"oath-{users}"
        file = pathlib.Path(directory) / self.service
        stage.pam_service(self.service, f"auth required pam_oath.so usersfile={file} window=20 digits=6")
        # Ours stand evenly among the others.
        ours = {index * users // min(users, len(numbers)): people.name_of(number)
                for index, number in enumerate(numbers[:users])}
        keys = {name: secrets.token_bytes(20) for name in ours.values()}
        with open(file, "w") as out:
            for line in range(users):
                name = ours.get(line)
                key = (keys[name] if name else secrets.token_bytes(20)).hex()
                out.write(f"HOTP\t{name or f'other{line:08d}'}\t-\t{key}\t0\t314159\t2026-01-01T00:00:00L\n")
        file.chmod(0o600)
        self.phones = people.Counters(keys)


def _base32(key):
    return base64.b32encode(key).decode().rstrip("=")


def available():
    """Ends the program unless the peers are installed."""
    if not shutil.which("google-authenticator"):
        raise SystemExit("the peers are not installed: run Tests/install-packages bench")
