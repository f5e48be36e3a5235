# Twinlock: the daemon and the command (Swift), the PAM module and the password checker (C).
#
#   make              builds everything
#   make test         builds and runs everything that can fail; as root also what needs a private world
#   make test-sanitizers  runs the Swift tests under the thread and the address sanitizer; a quarter of an hour
#   make attacks      attacks a daemon and takes its disk away, ATTACK_ROUNDS times, and counts; as root
#   make fuzz         gives the readers of outside bytes new inputs, FUZZ_SECONDS each, and keeps what it finds
#   make demo         shows a login with password and code on real parts, and cleans up; as root
#   make demo-shell   the same, and leaves it running for you to try
#   make bench        measures it beside other two-factor modules, and draws the figures; as root
#   make pam          the PAM module and the checker alone
#   make lint         checks form, and what the daemon is made of
#   make deps         installs the Debian packages that all this needs
#   make deb          makes the Debian package, .build/deb/twinlock_*.deb, for Debian 12 and 13
#   make test-boot    installs that package in Debian 12 and 13 booted in containers, and logs in there; as root
#   make test-fresh   runs make demo on a Debian 12 made anew that has nothing but Swift and make; as root
#   make install, make uninstall, make clean

SWIFT ?= swift
CONFIGURATION ?= release
PYTHON ?= /usr/bin/python3

DESTDIR ?=
PREFIX ?= /usr
MULTIARCH ?= $(shell gcc -print-multiarch)
SECURITY_DIR ?= $(PREFIX)/lib/$(MULTIARCH)/security
MAN_DIR ?= $(PREFIX)/share/man
UNIT_DIR ?= $(PREFIX)/lib/systemd/system
SYSUSERS_DIR ?= $(PREFIX)/lib/sysusers.d
TMPFILES_DIR ?= $(PREFIX)/lib/tmpfiles.d
PAM_CONFIGS_DIR ?= $(PREFIX)/share/pam-configs
UNITS = twinlockd.socket twinlockd.service twinlock-checker.socket twinlock-checker@.service
PROFILES = twinlock twinlock-console

# Where each shell looks for completions; the command writes them itself.
COMPLETIONS = \
	bash:$(PREFIX)/share/bash-completion/completions/twinlock \
	zsh:$(PREFIX)/share/zsh/vendor-completions/_twinlock \
	fish:$(PREFIX)/share/fish/vendor_completions.d/twinlock.fish

# A host needs no Swift to run what is built here. Nobody links against a program: 2 MB of names of its functions go.
SWIFT_BUILD = $(SWIFT) build --configuration $(CONFIGURATION) --static-swift-stdlib -Xlinker --no-export-dynamic \
	-Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now
BIN_DIR ?= .build/$(CONFIGURATION)
PAM_DIR ?= pam

VENV = .build/venv
VARLINKCTL = .build/varlinkctl
BED = $(VENV)/bin/python Tests/EndToEnd/bed.py

.PHONY: all build pam deps deb-deps deb test test-boot test-fresh test-sanitizers attacks fuzz bench demo demo-shell lint \
	install uninstall clean
all: build

build: pam
	$(SWIFT_BUILD) --product twinlockd
	$(SWIFT_BUILD) --product twinlock

pam:
	$(MAKE) -C pam

deps:
	@Tests/install-packages

$(VENV)/stamp: Tests/requirements.txt
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	touch $@

$(VARLINKCTL)/stamp: Tests/get-varlinkctl
	Tests/get-varlinkctl $(VARLINKCTL)

# The end-to-end tests run the release build. They come last, so that the last line is the count.
test: deps
	$(MAKE) build $(VENV)/stamp $(VARLINKCTL)/stamp
	$(SWIFT) build --build-tests
	Tests/get-json-suite .build/json-suite
	$(SWIFT) test --skip-build
	SWIFT=$(SWIFT) Tests/Fuzz/run short
	$(BED) $(VENV)/bin/python -m pytest -p no:cacheprovider Tests/Attacks
	$(BED) $(VENV)/bin/python -m pytest -p no:cacheprovider Tests/pam Tests/protocol Tests/EndToEnd

BOOT_ROOTS = .build/boot/bookworm.tar.zst .build/boot/trixie.tar.zst

.build/boot/%.tar.zst: Tests/Boot/get-root
	Tests/Boot/get-root $* $@

# Apart from `make test`: it needs containers, and minutes. Where the machine cannot make any, it says so.
test-boot: deps
	@Tests/install-packages --boot
	$(MAKE) deb $(VENV)/stamp $(BOOT_ROOTS)
	$(VENV)/bin/python -m pytest -p no:cacheprovider -rs Tests/Boot

# Apart from `make test`, which has the C parts under sanitizers anyway: it builds everything twice more. Of leaks the
# address sanitizer would tell what tests leave behind, channels that nobody closes, and constants that Swift keeps behind
# marked pointers; the daemon's memory is watched by `make attacks` and `make bench`. With all tests at once those that wait
# for a turn of theirs would wait for minutes.
FEW_AT_ONCE = --experimental-maximum-parallelization-width 4

test-sanitizers: deps
	Tests/get-json-suite .build/json-suite
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread-sanitizer-suppressions \
		$(SWIFT) test --sanitize thread --scratch-path .build/thread $(FEW_AT_ONCE)
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --sanitize address --scratch-path .build/address $(FEW_AT_ONCE)

# Half an hour. The counts lie in .build/attacks/counts.json. TESTS=Tests/Attacks/test_kills.py does a part of it.
ATTACK_ROUNDS ?= 1000
TESTS ?= Tests/Attacks

attacks: deps
	$(MAKE) build $(VENV)/stamp
	ATTACK_ROUNDS=$(ATTACK_ROUNDS) $(BED) $(VENV)/bin/python -m pytest -p no:cacheprovider $(TESTS)

# What the README says of a fresh machine, on one. A build from nothing, and the network; Tests/Boot/fresh says more.
test-fresh:
	@Tests/install-packages --boot
	SWIFT=$(SWIFT) Tests/Boot/fresh

FUZZ_SECONDS ?= 300

fuzz: deps
	SWIFT=$(SWIFT) Tests/Fuzz/run long $(FUZZ_SECONDS)

# An hour, a soak of BENCH_SOAK seconds included. What it finds lies in .build/bench: data.json and report.html.
BENCH_SOAK ?= 120

bench:
	@Tests/install-packages --bench
	$(MAKE) build
	Benchmarks/run $(BENCH_SOAK)

demo demo-shell: deps
	@$(MAKE) build $(VENV)/stamp
	@$(BED) $(VENV)/bin/python Tests/EndToEnd/demo.py $(if $(filter demo-shell,$@),--shell)

# An ICU in the daemon would come with Foundation, and triple it.
lint: build
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift </dev/null
	$(MAKE) -C pam check-format
	clang-format --dry-run --Werror Sources/CTwinlockLinux/*.[ch] Sources/CTwinlockLinux/include/*.h
	clang-format --dry-run --Werror Tests/Fuzz/Module/*.c Tests/Fuzz/Sources/CFuzz/*.c Tests/Fuzz/Sources/CFuzz/include/*.h
	clang-format --dry-run --Werror Benchmarks/drivers/*.[ch] Tests/Attacks/*.c
	Tests/check-size $(BIN_DIR)/twinlockd 24

# Installs what `make` has built; builds nothing, so that root needs no compiler.
install:
	@test -x $(BIN_DIR)/twinlockd -a -x $(BIN_DIR)/twinlock -a -f $(PAM_DIR)/pam_twinlock.so \
		|| { echo 'nothing to install yet: run make first' >&2; exit 1; }
	install -D -m 0755 $(BIN_DIR)/twinlockd $(DESTDIR)$(PREFIX)/sbin/twinlockd
	install -D -m 0755 $(BIN_DIR)/twinlock $(DESTDIR)$(PREFIX)/bin/twinlock
	install -D -m 0755 $(PAM_DIR)/twinlock-checker $(DESTDIR)$(PREFIX)/libexec/twinlock/twinlock-checker
# Renamed into place: a login that loads the module meanwhile finds the old or the new one, never half of it.
	install -D -m 0644 $(PAM_DIR)/pam_twinlock.so $(DESTDIR)$(SECURITY_DIR)/pam_twinlock.so.new
	mv $(DESTDIR)$(SECURITY_DIR)/pam_twinlock.so.new $(DESTDIR)$(SECURITY_DIR)/pam_twinlock.so
	@test -e $(DESTDIR)/etc/pam.d/twinlock-password && echo 'kept: $(DESTDIR)/etc/pam.d/twinlock-password' \
		|| install -D -m 0644 pam/twinlock-password.pam $(DESTDIR)/etc/pam.d/twinlock-password
# The units say where this installation is.
	for unit in $(UNITS); do \
		install -D -m 0644 /dev/null $(DESTDIR)$(UNIT_DIR)/$$unit \
			&& sed 's|/usr/sbin/|$(PREFIX)/sbin/|; s|/usr/libexec/|$(PREFIX)/libexec/|' systemd/$$unit \
				>$(DESTDIR)$(UNIT_DIR)/$$unit || exit 1; \
	done
	install -D -m 0644 systemd/twinlock.sysusers $(DESTDIR)$(SYSUSERS_DIR)/twinlock.conf
	install -D -m 0644 systemd/twinlock.tmpfiles $(DESTDIR)$(TMPFILES_DIR)/twinlock.conf
	for profile in $(PROFILES); do \
		install -D -m 0644 pam/$$profile.pam-config $(DESTDIR)$(PAM_CONFIGS_DIR)/$$profile || exit 1; \
	done
	for page in docs/man/*; do \
		install -D -m 0644 $$page $(DESTDIR)$(MAN_DIR)/man$${page##*.}/$${page##*/} || exit 1; \
	done
	for completion in $(COMPLETIONS); do \
		script=$(DESTDIR)$${completion#*:}; \
		install -D -m 0644 /dev/null $$script \
			&& $(BIN_DIR)/twinlock --generate-completion-script $${completion%%:*} | sed '1{/^#!/d}' >$$script \
			|| exit 1; \
	done
ifeq ($(DESTDIR),)
	@for user in twinlock twinlock-pw; do \
		id -u $$user >/dev/null 2>&1 \
			|| useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin $$user || exit 1; \
	done
endif

# A stack that names a module which is gone lets nobody in.
uninstall:
	@if users=$$(grep -lE '^[^#]*pam_twinlock' $(DESTDIR)/etc/pam.d/*); then \
		echo 'not removed: these PAM services still use pam_twinlock, edit them first:' >&2; \
		echo "$$users" >&2; exit 1; \
	fi
ifeq ($(DESTDIR),)
	@test ! -d /run/systemd/system || systemctl disable --now $(filter-out %@.service,$(UNITS))
endif
	@! cmp -s pam/twinlock-password.pam $(DESTDIR)/etc/pam.d/twinlock-password \
		|| rm -f $(DESTDIR)/etc/pam.d/twinlock-password
	rm -f $(DESTDIR)$(SECURITY_DIR)/pam_twinlock.so
	rm -f $(DESTDIR)$(PREFIX)/sbin/twinlockd $(DESTDIR)$(PREFIX)/bin/twinlock
	rm -rf $(DESTDIR)$(PREFIX)/libexec/twinlock
	for unit in $(UNITS); do rm -f $(DESTDIR)$(UNIT_DIR)/$$unit; done
	rm -f $(DESTDIR)$(SYSUSERS_DIR)/twinlock.conf $(DESTDIR)$(TMPFILES_DIR)/twinlock.conf
	for profile in $(PROFILES); do rm -f $(DESTDIR)$(PAM_CONFIGS_DIR)/$$profile; done
	for page in docs/man/*; do rm -f $(DESTDIR)$(MAN_DIR)/man$${page##*.}/$${page##*/}; done
	for completion in $(COMPLETIONS); do rm -f $(DESTDIR)$${completion#*:}; done
	@echo 'kept: users twinlock and twinlock-pw, $(DESTDIR)/var/lib/twinlock and $(DESTDIR)/etc/twinlock'

# What a build of the package needs beside what a build needs.
deb-deps:
	@Tests/install-packages --packaging

deb: deps deb-deps
	debian/rules clean
	debian/rules build
	rm -rf .build/deb
	mkdir -p .build/deb
	debian/rules binary OUT=$(CURDIR)/.build/deb
	lintian --fail-on error,warning .build/deb/*.deb

clean:
	$(MAKE) -C pam clean
	$(SWIFT) package clean
	rm -rf $(VENV) $(VARLINKCTL) .build/fuzz/build .build/json-suite .build/bench .build/attacks
