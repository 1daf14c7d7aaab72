# Everything one does with Gatehouse, from a fresh Debian 12 with Swift 6.3, git and make.
#
#   run         install what is missing, build release, and start the demo on loopback
#   demo-check  the demo's whole tour without a browser; each step with its time
#   test        install what the tests need, build once, run every test   (FILTER=LoginFlow runs those that match)
#   check       format, warnings as errors, the arrows between targets
#   bench       performance bars, release build; fails below a bar
#   conformance the provider held to the OpenID conformance suite's modules, reproduced; writes docs/conformance.md
#   interop     clients of others sign people in: Authlib, idpyoidc, the MCP SDK, two modules of Apache, oidc-agent, sssd; and the gateway
#               signs people in at providers of others; then interop-saml
#   interop-saml  SAML with programs of others, the gateway in both roles: mod_shib, mod_auth_mellon, SimpleSAMLphp, LemonLDAP::NG,
#               SATOSA, pysaml2, Lasso, python3-saml, ruby-saml, and metadata by pyFF; a table, in docs/interop.md
#               (SAML="idp:lasso sp:satosa" some of them)
#   fuzz        every fuzz target for FUZZ_SECONDS (60) seconds
#   schemathesis  requests of all kinds for SCHEMATHESIS_SECONDS (600), held to the OpenAPI document
#   sanitize    Thread- and AddressSanitizer over the targets without NIO
#   deployment  units, leaf module and launchd job, held to the tools that read them; a backup made and proven as the units do
#   install     put a release build and its units below DESTDIR (docs/operations.md); nothing is started
#   certs       a local certificate authority and a server certificate in certs/
#   clean       remove everything that was built
#   help        this list
#
# SWIFT_FLAGS reaches every build (a change of flags rebuilds everything). DEMO_FLAGS reaches the demo.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run demo-check test check bench conformance interop interop-saml fuzz schemathesis sanitize deployment install certs clean packages-run packages-test debug-build release-build

SWIFT_FLAGS ?=
DEMO_FLAGS ?=
DESTDIR ?=
FILTER ?=
SAML ?=
FUZZ_SECONDS ?= 60
SCHEMATHESIS_SECONDS ?= 600
LOGS := .build-logs
VENV := .build-venv
PEERS := .build-peers
SSSD := .build-sssd
GLEWLWYD := .build-glewlwyd
LEMONLDAP := .build-lemonldap
SAML_PEERS := .build-saml-peers
SATOSA := .build-satosa
PYFF := .build-pyff
JUDGE := PYTHONDONTWRITEBYTECODE=1 PYTHONPATH

help:
	@sed -n 's/^#   //p' Makefile

packages-run:
	@.ci/packages build run

packages-test:
	@.ci/packages build run test interop
	@.ci/python-venv $(VENV)
	@.ci/oidc-child $(SSSD)
	@.ci/glewlwyd $(GLEWLWYD)
	@.ci/lemonldap $(LEMONLDAP)

release-build: packages-run
	swift build -c release --product gatehouse $(SWIFT_FLAGS)

run: release-build
	.build/release/gatehouse demo $(DEMO_FLAGS)

demo-check: release-build
	.build/release/gatehouse demo --check $(DEMO_FLAGS)

# The log is kept, because warnings are printed only when a file is compiled.
debug-build: packages-test
	@mkdir -p $(LOGS)
	swift build --build-tests $(SWIFT_FLAGS) 2>&1 | tee $(LOGS)/build.log

# One after another: many of them start servers and watch the clock, and two cores are few.
test: debug-build
	JUDGE_PYTHON=$(CURDIR)/$(VENV)/bin/python swift test --skip-build --disable-xctest --no-parallel $(SWIFT_FLAGS) \
	    $(if $(FILTER),--filter '$(FILTER)') 2>&1 | tee $(LOGS)/test.log | .ci/plain-test-output
	@.ci/test-totals $(LOGS)/test.log

check: packages-test
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	@# Only what is compiled can warn: touching our own sources compiles them again, and none of the dependencies.
	find Sources Tests -name '*.swift' -exec touch {} +
	@mkdir -p $(LOGS)
	swift build --build-tests $(SWIFT_FLAGS) 2>&1 | tee $(LOGS)/build.log
	.ci/no-warnings $(LOGS)/build.log
	swift test --skip-build --disable-xctest $(SWIFT_FLAGS) --filter '^TidyTests\.'

bench: packages-test
	@.ci/packages bench
	swift build -c release --package-path Benchmarks $(SWIFT_FLAGS)
	swift build -c release --package-path Benchmarks --product gatehouse $(SWIFT_FLAGS)
	@# Other engines on the same requests, for information; each says so where it could not be installed.
	@.ci/python-venv $(PEERS) peers
	-$(PEERS)/bin/python Benchmarks/peers/authz_peers.py Tests/Corpus/authz/workload.json
	-@.ci/packages peers
	@.ci/python-venv .build-saml-peer saml
	@.ci/bench

fuzz: packages-run
	.ci/fuzz $(FUZZ_SECONDS)

# The judge first: each of its faults in the answers has to be found before what it says of ours counts.
conformance: debug-build
	$(JUDGE)=Tests/Conformance $(VENV)/bin/python -m conformance --gatehouse .build/debug/gatehouse --prove
	$(JUDGE)=Tests/Conformance $(VENV)/bin/python -m conformance --gatehouse .build/debug/gatehouse \
	    --markdown docs/conformance.md --keep-log $(LOGS)/conformance.log

interop: debug-build
	$(JUDGE)=Tests/Interop $(VENV)/bin/python -m interop --gatehouse .build/debug/gatehouse --keep-log $(LOGS)/interop.log
	@$(MAKE) --no-print-directory interop-saml

# Some of the peers write no document: it tells of all of them.
interop-saml: debug-build
	@.ci/packages saml
	@.ci/saml-peers $(SAML_PEERS)
	@.ci/python-venv $(SATOSA) satosa
	@.ci/python-venv $(PYFF) pyff
	$(JUDGE)=Tests/Interop $(VENV)/bin/python -m saml_interop --gatehouse .build/debug/gatehouse \
	    --keep-log $(LOGS)/interop-saml.log $(if $(SAML),$(SAML),--markdown docs/interop.md)

# Debug, so that what is asserted there is asserted; the same binary that the tests run against.
schemathesis: debug-build
	.ci/schemathesis .build/debug/gatehouse $(SCHEMATHESIS_SECONDS)

# LeakSanitizer fails even an empty Swift program on Linux, so leaks are not looked for. SANITIZE makes the package small:
# see the end of Package.swift.
sanitize: packages-test
	SANITIZE=1 TSAN_OPTIONS=halt_on_error=1:suppressions=$(CURDIR)/.ci/tsan-suppressions swift test --sanitize thread --scratch-path .build-tsan --disable-xctest \
	    --no-parallel
	SANITIZE=1 ASAN_OPTIONS=detect_leaks=0 swift test --sanitize address --scratch-path .build-asan --disable-xctest \
	    --no-parallel

deployment: debug-build
	@.ci/packages deployment
	@.ci/deployment .build/debug/gatehouse

install: release-build
	config/systemd/install .build/release/gatehouse "$(DESTDIR)"

certs:
	@.ci/certs certs

clean:
	rm -rf .build .build-* Benchmarks/.build* Fuzz/.build*
