"""What an administrator finds in the system's log: what we have to say, and nothing of the libraries below."""

import logins


def test_nothing_is_logged_but_what_we_say(stack, daemon, enrolled, system_log):
    mark = system_log.mark()
    assert logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code()).admitted
    assert enrolled.run("twinlock", "status").returncode == 0
    ours = [line for line in system_log.since(mark).splitlines() if "twinlock" in line]
    assert [line for line in ours if "pam_twinlock" not in line and "useradd" not in line] == []
