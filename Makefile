# One command each: run, test, lint, demo, evaluate, bench, durability. `make` alone lists them.
SHELL := /bin/sh
CARGO ?= cargo

.PHONY: help run test lint openapi demo evaluate bench pure durability postgres

help:
	@echo "make run       start Voci on a private PostgreSQL and print an API key"
	@echo "make test      everything that proves the project right"
	@echo "make lint      formatting, clippy, OpenAPI drift"
	@echo "make openapi   write openapi/openapi.json anew"
	@echo "make demo      load a small story into the running service and ask it three questions"
	@echo "make evaluate  measure on real data, where there is some; writes target/evaluation.json"
	@echo "make bench     measure speed against baselines; writes target/bench.json"
	@echo "make pure      time what is computed without HTTP and database, part by part"
	@echo "make durability  send 1,000,000 events under 200 kills and look for them; writes target/durability.json"

# PostgreSQL's server programs: found, or installed with the system's package manager.
postgres:
	@sh .ci/postgres

run: postgres
	$(CARGO) build --release
	./target/release/voci serve

test: postgres
	$(CARGO) test --all-targets
	$(CARGO) test --doc

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) run --quiet -- openapi | diff -u openapi/openapi.json - \
		|| { echo "openapi/openapi.json is out of date: make openapi"; exit 1; }

openapi:
	$(CARGO) run --quiet -- openapi > openapi/openapi.json

demo:
	$(CARGO) run --release -- demo

# The directory of the data is given in DATA; ../shared/data unless set.
evaluate: postgres
	$(CARGO) bench --bench evaluate

bench: postgres
	$(CARGO) bench --bench voci

# What is computed without HTTP and database, by itself: for whoever makes it faster.
pure:
	$(CARGO) bench --bench pure

# The short form is part of `make test`. One run after the other, so that recoveries are not slowed by the next.
durability: export DURABILITY_EVENTS ?= 1000000
durability: export DURABILITY_KILLS ?= 200
durability: postgres
	$(CARGO) test --release --test durability -- --test-threads=1
