"""The manual pages say what the code does: options, settings, results, exit statuses and log lines, and none more."""

import os
import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MANUAL = REPOSITORY / "docs" / "man"
PAGES = sorted(MANUAL.iterdir())
PROGRAMS = REPOSITORY / os.environ.get("TWINLOCK_BIN_DIR", ".build/release")

MODULE_FILES = [
    f"pam/{name}"
    for name in re.search(r"^MODULE_SOURCES = (.+)$", (REPOSITORY / "pam" / "Makefile").read_text(), re.M).group(1).split()
]
MODULE = "\n".join((REPOSITORY / name).read_text() for name in MODULE_FILES)
SETTINGS = (REPOSITORY / "Sources" / "TwinlockSettings" / "Settings.swift").read_text()
README = (REPOSITORY / "README.md").read_text()

COMMANDS = [
    *["enable", "recovery-codes", "status", "disable", "sign-in"],
    *[f"tokens {what}" for what in ("list", "create", "edit", "refresh", "revoke")],
    *["sessions list", "sessions revoke", "log", "clear-failures"],
    *[f"admin {what}" for what in ("health", "doctor", "list", "show", "set-up", "issue-code", "reset")],
    *[f"admin {what}" for what in ("unlock", "resynchronise", "adopt", "restored", "rotate-key", "log")],
]

# Macros of mdoc(7) that only choose a font or a mark for the words after them.
INLINE = {"Ar", "Cm", "Dv", "Ev", "Fl", "Li", "Nm", "Ns", "Op", "Pa", "Po", "Pc", "Pq", "Ql", "Sx", "Va", "Xr"}


def words(line):
    """The text of one line of mdoc source."""
    if line.startswith("."):
        parts = line[1:].split(" ")
        line = " ".join("-" if part == "Fl" else part for part in parts if part == "Fl" or part not in INLINE)
        line = re.sub(r"(^| )- ", r"\1-", line)
    return line.replace(r"\&", "").replace(r"\-", "-").replace(r"\(dq", '"')


def text_of(lines):
    text = " ".join(words(line) for line in lines if not line.startswith((".Bl", ".Bd")))
    return re.sub(r" ([.,:;])(?= |$)", r"\1", text)


class Page:
    """A manual page: for each section and subsection the tags of its lists, and what is said under each."""

    def __init__(self, name):
        self.source = (MANUAL / name).read_text()
        self.text = text_of(self.source.splitlines())
        self.entries = {}
        self.synopsis = []
        section = entry = None
        for line in self.source.splitlines():
            if line[:4] in (".Sh ", ".Ss "):
                section, entry = words(line[4:]), None
                self.entries[section] = {}
            elif line.startswith(".It "):
                entry = self.entries[section].setdefault(words("." + line[4:]), [])
            elif line == ".El":
                entry = None
            elif entry is not None:
                entry.append(line)
            elif section == "SYNOPSIS":
                self.synopsis.append(words(line))

    def section(self, name):
        return {tag: text_of(lines) for tag, lines in self.entries[name].items()}

    def all_options(self):
        return options_in(self.text)


def options_in(text):
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


def described(entries):
    return set().union(*(options_in(tag) for tag in entries))


def output_of(program, *arguments):
    done = subprocess.run([PROGRAMS / program, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def help_options(text):
    """The options that a help lists: its words may name others."""
    return set().union(*(options_in(line.split("   ")[0]) for line in re.findall(r"^  (-.*)$", text, re.MULTILINE)))


def numbers(text):
    return set(re.findall(r"(?<![\w.])\d+(?![\w])", text))


# What groff says.


def warnings_of(page):
    done = subprocess.run(
        ["man", "--warnings", "-l", "-Tutf8", page], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    return done.returncode, done.stderr


def rendered(page):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "2000"}
    return subprocess.run(["man", "-l", page], capture_output=True, text=True, check=True, env=environment).stdout


def test_all_four_pages_are_there():
    assert [page.name for page in PAGES] == ["pam_twinlock.8", "twinlock.1", "twinlockd.8", "twinlockd.conf.5"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_man_has_nothing_to_warn_of(page):
    assert warnings_of(page) == (0, "")


def test_man_warns_of_a_macro_that_does_not_exist(tmp_path):
    broken = tmp_path / "broken.1"
    broken.write_text(PAGES[0].read_text() + ".Xy nothing\n")
    assert "Xy" in warnings_of(broken)[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_copied_from_a_page_can_be_pasted(page):
    """A hyphen of typography is no option's dash."""
    assert "\u2010" not in rendered(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_refer_to_each_other_under_their_right_sections(page):
    ours = {tuple(other.name.rsplit(".", 1)) for other in PAGES}
    referred = set(re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.MULTILINE))
    assert {name for name in referred if "twinlock" in name[0]} <= ours


# The module.


def module_options():
    """From the module's own table: name with its `=`, and what it expects."""
    table = MODULE.split("known_options[] = {", 1)[1].split("};", 1)[0]
    return dict(re.findall(r'\{"([^"]+)", \w+, "([^"]*)"\}', table))


def module_entries():
    entries = Page("pam_twinlock.8").section("OPTIONS")
    return {re.sub(r"\s*=.*", "=", tag): text for tag, text in entries.items()}


def test_the_modules_page_has_every_option_and_none_more():
    assert len(module_options()) == MODULE.split("known_options[] = {", 1)[1].split("};", 1)[0].count("{")
    assert set(module_entries()) == set(module_options())


def test_the_modules_page_has_every_range_and_default():
    entries = module_entries()
    for name, expected in module_options().items():
        assert numbers(expected.replace("...", " ")) <= numbers(entries[name]), name
        if not name.endswith("="):
            assert entries[name].startswith("Flag, off by default."), name
    socket = re.search(r'default_socket\[\] = "([^"]+)"', MODULE).group(1)
    assert f"Default: {socket}." in entries["socket="]
    timeout = re.search(r"#define TIMEOUT_DEFAULT (\d+)", MODULE).group(1)
    assert f"Default: {timeout}." in entries["timeout="]


def test_readme_and_the_modules_page_have_the_same_options():
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", README.split("| Option |", 1)[1].split("\n\n", 1)[0], re.MULTILINE)
    entries = module_entries()
    assert {re.sub(r"=.*", "=", name) for name, _ in rows} == set(entries)
    for name, meaning in rows:
        assert numbers(meaning) <= numbers(entries[re.sub(r"=.*", "=", name)]), name


def test_the_modules_page_has_every_result_and_none_more():
    parts = [(REPOSITORY / "pam" / name).read_text() for name in ("sign_in.c", "password.c", "talk.c", "pam_twinlock.c")]
    flow = "\n".join(parts).split("/* There are no credentials to set", 1)[0]
    given = set(re.findall(r"(?:return|rc =|\?) (PAM_[A-Z_]+)(?: :|;)", flow)) - {"PAM_CONV_ERR", "PAM_PROMPT_ECHO_ON"}
    assert {"PAM_SUCCESS", "PAM_SERVICE_ERR", "PAM_IGNORE"} <= given
    assert set(Page("pam_twinlock.8").section("RETURN VALUES")) == given


def test_the_modules_page_has_the_prompts():
    text = Page("pam_twinlock.8").text
    prompts = re.findall(r'_prompt\[\] = "([^"]+)"', MODULE)
    assert len(prompts) == 4
    for prompt in prompts:
        assert prompt.strip() in text


# The settings.


def documented_defaults():
    """From the comments and values in the settings' own source."""
    found = re.findall(r"/// `([a-z-]+\.[a-z-]+)`.*\n(?:    /// .*\n)*    public var \w+(?:: \S+)? = (.+)\n", SETTINGS)
    spelled = {"true": "yes", "false": "no", "[]": ""}
    grouped = re.compile(r"(?<=\d)_(?=\d)")
    return {
        key: spelled.get(value, grouped.sub("", value).removeprefix("LogLevel.").strip('["]')) for key, value in found
    }


def check_settings(tmp_path, text):
    file = tmp_path / "twinlockd.conf"
    file.write_text(text)
    words = [PROGRAMS / "twinlockd", "--config", file, "--check-config"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def known_keys(tmp_path):
    """As the daemon itself lists them."""
    answer = check_settings(tmp_path, "[nowhere]\nnothing = 1\n").stderr
    return set(answer.strip().split("expected one of ", 1)[1].split(", "))


def settings_entries():
    page = Page("twinlockd.conf.5")
    sections = [name for name in page.entries if name.startswith("[")]
    return {f"{name[1:-1]}.{key}": text for name in sections for key, text in page.section(name).items()}


def test_the_settings_page_has_every_key_and_none_more(tmp_path):
    assert set(settings_entries()) == known_keys(tmp_path) == set(documented_defaults())


def test_the_settings_page_has_every_key_of_a_rule_and_none_more(tmp_path):
    done = check_settings(tmp_path, "[rule one]\nnothing = 1\n")
    assert done.returncode == 2
    expected = set(re.findall(r"[a-z-]+", done.stderr.split("expected one of ", 1)[1]))
    assert set(Page("twinlockd.conf.5").section("RULES")) == expected


def test_the_settings_page_has_every_default():
    entries = settings_entries()
    for key, default in documented_defaults().items():
        assert f"Default: {default}." in entries[key] if default else "Default: none" in entries[key], key


def test_the_settings_page_has_every_range_and_every_choice(tmp_path):
    """What the daemon says that it expected, where no key may have this value."""
    for key, entry in settings_entries().items():
        section, name = key.split(".")
        done = check_settings(tmp_path, f"[{section}]\n{name} = :\n")
        assert done.returncode == 2, key
        expected = done.stderr.split('":" is not ', 1)[1].strip()
        assert numbers(expected) <= numbers(entry), key
        if limits := re.fullmatch(r"a number from (\d+) to (\d+)", expected):
            assert f"{limits[1]} to {limits[2]}" in entry, key
        choices = ["yes", "no"] if expected == "yes or no" else re.findall(r"(?:of|,) ([a-z]+)(?=,|$)", expected)
        said = entry.split(" Default:", 1)[0]
        if choices:
            assert set(re.findall(r"[a-z]+", said)) == {*choices, "or"}, key


def test_the_example_of_the_settings_page_is_accepted(tmp_path):
    source = (MANUAL / "twinlockd.conf.5").read_text()
    example = source.split(".Bd -literal -offset indent\n", 1)[1].split(".Ed", 1)[0].replace(r"\-", "-")
    done = check_settings(tmp_path, example)
    assert done.returncode == 0, done.stderr


def test_readme_and_the_settings_page_have_the_same_keys_and_defaults():
    table = README.split("| Key | Default |", 1)[1].split("\n\n", 1)[0]
    entries, seen, section = settings_entries(), set(), None
    for cells in re.findall(r"^\|( `.*)\|(.*)\|(.*)\|$", table, re.MULTILINE):
        keys, defaults = re.findall(r"`([^`]+)`", cells[0]), re.findall(r"`([^`]+)`", cells[1])
        if keys[0].startswith("["):
            section = keys.pop(0)[1:-1]
        for key, default in zip(keys, defaults or [None] * len(keys), strict=True):
            entry = entries[f"{section}.{key}"]
            seen.add(f"{section}.{key}")
            assert f"Default: {default}." in entry if default else "Default: none" in entry, key
            assert numbers(cells[2]) <= numbers(entry), key
    assert seen == set(entries)


# The programs.


def test_the_daemons_page_has_every_option_and_none_more():
    text = output_of("twinlockd", "--help")
    page = Page("twinlockd.8")
    printed = help_options(text)
    assert "--config" in printed
    assert described(page.section("OPTIONS")) == printed
    assert page.all_options() == printed
    assert re.search(r"default (/[^,]+),", text).group(1) in page.section("OPTIONS")["--config file"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_page_has_every_option_of_a_subcommand_and_none_more(command):
    text = output_of("twinlock", "help", *command.split())
    page = Page("twinlock.1")
    common = described(page.section("OPTIONS"))
    assert described(page.section(command)) | common == help_options(text)
    assert described(page.section(command)) & common == set()


def test_the_commands_page_has_the_options_of_all_subcommands_and_their_default():
    text = output_of("twinlock", "--help")
    entries = Page("twinlock.1").section("OPTIONS")
    assert described(entries) == help_options(text)
    socket = re.search(r"default:\s+(/\S+)\)", text).group(1)
    assert f"Default: {socket}" in entries["--socket path"]


def commands_below(*above):
    """As the help lists them; one that has subcommands is not one itself."""
    text = output_of("twinlock", "help", *above)
    names = re.findall(r"^  ([a-z-]+)(?: \(default\))? {3,}", text.partition("SUBCOMMANDS:")[2], re.MULTILINE)
    return [command for name in names for command in commands_below(*above, name)] or [" ".join(above)]


def test_the_commands_page_has_every_subcommand_and_none_more():
    assert commands_below() == COMMANDS
    synopsis = Page("twinlock.1").source.split(".Sh SYNOPSIS", 1)[1].split(".Sh ", 1)[0]
    commands = re.findall(r"^\.Cm (.*)$", synopsis, re.MULTILINE)
    assert [words(command) for command in commands] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_page_begins_with_the_usage_of_a_subcommand(command):
    usage = re.search(r"^USAGE: .*$", output_of("twinlock", "help", *command.split()), re.MULTILINE).group()
    lines = Page("twinlock.1").synopsis
    rest = lines[lines.index(command) + 1 :]
    own = rest[: next(index for index, line in enumerate(rest) if not line.startswith("-"))]
    assert [line.split()[0] for line in own] == re.findall(r"--[a-z-]+", usage)


def test_no_page_names_an_option_that_no_program_has():
    known = set().union(*(help_options(output_of("twinlock", "help", *command.split())) for command in COMMANDS))
    assert Page("twinlock.1").all_options() == known
    assert Page("twinlockd.conf.5").all_options() <= help_options(output_of("twinlockd", "--help"))
    assert Page("pam_twinlock.8").all_options() == set()


def test_the_commands_page_has_every_member_of_its_json():
    texts = (REPOSITORY / "Sources/TwinlockInterface/Varlink").glob("*.varlink")
    source = "\n".join(text.read_text() for text in texts)
    page = Page("twinlock.1")
    members = {}
    methods = ["GetStatus", "BeginSetUp", "ConfirmSetUp", "ViewRecoveryCodes", "GetHealth", "SignIn"]
    administration = ["ShowAccount", "ExplainPolicy", "IssueRecoveryCode", "Reset", "Resynchronise", "RotateKey"]
    for method in [*methods, "CreateToken", "RevokeSessions", *administration]:
        reply = re.search(rf"^method {method}\([^)]*\) -> \(([^)]*)\)", source, re.MULTILINE).group(1)
        members[method] = set(re.findall(r"(\w+):", reply))
    entries = ["RecoveryCode", "TokenEntry", "SessionEntry", "LogRecord", "AuditRecord", "FailedCodes", "RuleOutcome"]
    for name in [*entries, "KeyRotation"]:
        fields = re.search(rf"^type {name} \(([^)]*)\)", source, re.MULTILINE).group(1)
        members[name] = set(re.findall(r"(\w+):", fields))
    doctor = (REPOSITORY / "Sources/twinlock/AdminDoctor.swift").read_text()
    members["doctor"] = set(re.findall(r'json\.member\w*\("(\w+)"', doctor))
    assert "advice" in members["doctor"]
    told_in_part = members.pop("SignIn")
    told = set(re.findall(r"^\.Va (\w+)", page.source, re.MULTILINE))
    assert set().union(*members.values()) <= told
    assert told <= told_in_part.union(*members.values())


def test_the_commands_page_has_every_finding_of_the_doctor_under_its_severity_and_none_more():
    source = (REPOSITORY / "Sources/twinlock/DoctorFinding.swift").read_text()
    named = {name: word or name for name, word in re.findall(r'^        case (\w+)(?: = "([a-z-]+)")?$', source, re.M)}
    by_severity = re.findall(r"case ((?:\.\w+,?\s*)+):\s+return \.(\w+)", source)
    page = Page("twinlock.1").source.split(".Ss Findings of admin doctor", 1)[1].split(".Ss ", 1)[0]
    said = [re.findall(r"^\.It Li (.*)$", part.replace("\\-", "-"), re.M) for part in page.split(".El")]
    assert [severity for _, severity in by_severity] == ["locksOut", "letsIn", "note"]
    assert said[:3] == [[named[name] for name in re.findall(r"\w+", names)] for names, _ in by_severity]


def test_the_pages_have_every_exit_status_and_none_more():
    command = (REPOSITORY / "Sources" / "twinlock" / "Failure.swift").read_text()
    statuses = set(re.findall(r"case \w+ = (\d+)", command))
    assert set(Page("twinlock.1").section("EXIT STATUS")) == statuses
    daemon = (REPOSITORY / "Sources" / "twinlockd" / "Run.swift").read_text()
    assert set(Page("twinlockd.8").section("EXIT STATUS")) == {"0", *re.findall(r"status: (\d)\)", daemon)}


# The logs. An administrator looks for the words of a page; `...` stands for what varies.


def strings_of(files):
    """String literals, those in pieces joined, without the escapes of quotes."""
    text = "\n".join(path.read_text() for path in files)
    return re.sub(r'"\s*\n\s*"', "", text).replace(r"\"", '"')


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("pam_twinlock.8", MODULE_FILES),
        (
            "twinlockd.8",
            [
                "Sources/TwinlockService/*.swift",
                "Sources/TwinlockAccounts/AuditReason.swift",
                "Sources/twinlockd/*.swift",
                "pam/checker_supervisor.c",
            ],
        ),
    ],
    ids=["module", "daemon"],
)
def test_every_log_line_of_a_page_is_one_of_the_code(name, files):
    code = strings_of(path for pattern in files for path in REPOSITORY.glob(pattern))
    lines = Page(name).section("DIAGNOSTICS")
    assert len(lines) > 5
    for line in lines:
        for part in filter(None, (part.strip() for part in line.split("..."))):
            assert part in code, line
