"""The package under test, and the way from a bare system to one that asks for codes."""

import pathlib

import guide

DIRECTORY = pathlib.Path(__file__).parents[2] / ".build" / "deb"
ROOT_PASSWORD = "sealed in an envelope"


def package():
    """The package's file."""
    (found,) = DIRECTORY.glob("twinlock_*.deb")
    return found


def bring_package(machine):
    """Lays it where the guide's commands look for it."""
    machine.bring(package(), f"/root/{package().name}")


def install(machine):
    """Follows the guide to the point where it says to log in from a second terminal."""
    bring_package(machine)
    machine.shell(guide.commands("install"))
    machine.shell(guide.commands("enable-logins"))
    machine.set_password("root", ROOT_PASSWORD)
