# make run: everything from nothing to the report.  make test: the same set-up, then every test.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

COLOPHON := .build/release/colophon
NOTEBOOK ?= Notebooks/worldwide.md
# Tests that compute with libtorch go one by one: oneDNN's cache of kernels does not bear two threads that fill it.
TENSORS := ^(TensorTests|TrainingTests|EvaluationTests)\.

.PHONY: help setup build run test lint style coverage docs bench clean

help: ## This list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## Install what is missing: Debian packages, the language identifier, running text, excerpts of Wikipedia.
	@.ci/set-up

build: setup ## Build the command and its libraries, optimised.
	@swift build -c release --explicit-target-dependency-import-check error

run: build ## Run NOTEBOOK (Notebooks/worldwide.md) and say where its report is.
	@$(COLOPHON) run $(NOTEBOOK) | sed 's/^/The report: /'

test: build lint style ## Every test, and the small notebooks; the format and the figures of the code.
	swift build -c release --build-tests
	swift test -c release --skip-build --skip '$(TENSORS)'
	swift test -c release --skip-build --no-parallel --filter '$(TENSORS)'

lint: ## The format of every source file.
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks Plugins

style: ## How the code reads: figures and their limits (Tests/Style/README.md).
	Tests/Style/measure --check

coverage: setup ## Which share of the lines the tests execute, module by module; builds into .build-coverage.
	Tests/Coverage/measure --files

docs: ## The book (Sources/Colophon/Colophon.docc) as a web page in .build/docs; a warning is an error.
	@mkdir -p .build
	docc convert Sources/Colophon/Colophon.docc --output-path .build/docs --warnings-as-errors \
	  --fallback-display-name Colophon --fallback-bundle-identifier colophon

bench: build ## Measure beside the peers and print a table.
	Benchmarks/run

clean: ## Remove what was built and what can be made again; keep the versions of the artifacts.
	rm -rf .build .colophon/programs .colophon/content .colophon/index.sqlite*
