# Tools are pinned here or in go.mod and built from source, so that every
# machine and CI run the same ones. Without cgo: the binary is static, sqlc
# needs no C compiler, and all of them share one build cache. Only the race
# detector wants cgo, and turns it on for itself.
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
KUBE_SCORE    := github.com/zegl/kube-score/cmd/kube-score@v1.20.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.8.0
FUZZTIME      ?= 30s
PYTHON        ?= python3
VERSION       ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

export CGO_ENABLED = 0

# Runs a command with TEST_DATABASE_URL naming a Postgres server of its own,
# unless the caller names one already.
# Everything is compiled once: the server's program with the race detector, too,
# and the tests without the profile that the binary's build goes by. Many tests
# wait for a service or a schedule, so that more of them than cores run at once.
GO_TEST_FLAGS := -race -pgo=off -count=1 -timeout 60m -parallel 4
TESTSERVER    := env CGO_ENABLED=1 go run -race ./internal/testdb/testserver --
GO_TEST       := env CGO_ENABLED=1 go test $(GO_TEST_FLAGS)
# The same, with a line for each package as soon as it is through.
GOTESTSUM     := gotest.tools/gotestsum@v1.13.0

# One thing after the other: a failing check is then the last thing printed.
.NOTPARALLEL:
.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the static binary bin/tracker
	@[ -e bin/tracker ] || echo 'The first build compiles everything that it uses: a minute or two.'
	go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/tracker ./cmd/tracker
	@scripts/setup --has postgres || echo 'bin/tracker needs the programs of a Postgres server, unless DATABASE_URL names one: make postgres installs them.'

# First of all, so that who has to give a password, or to install it by hand,
# learns it before the build.
.PHONY: postgres
postgres: ## Install Postgres' programs where they are missing
	@scripts/setup postgres

.PHONY: demo
demo: postgres build ## Run the demo: simulated services, a few jobs, the daemon
	@bin/tracker demo $(DEMO_FLAGS)

.PHONY: seed
seed: postgres ## Fill a database with a large made-up history: SEED_FLAGS="-jobs 100"
	@go run ./bench/seed $(SEED_FLAGS)

.PHONY: bench
bench: postgres ## Measure polls stored, per second and per CPU second, beside a naive baseline
	@go run ./bench/polls $(BENCH_FLAGS)

.PHONY: bench-million
bench-million: postgres ## Measure how one tracker keeps up with a million jobs, polled every 5 minutes
	@go run ./bench/polls -jobs 1000000 -crowd '@every 5m' -warm-up 6m -window 5m $(BENCH_FLAGS)

.PHONY: bench-heavy
bench-heavy: postgres ## Measure what one job can cost: long logs, and answers of 16 MiB
	@go run ./bench/polls -heavy -warm-up 10s -window 60s $(BENCH_FLAGS)

.PHONY: profile
profile: postgres ## Renew cmd/tracker/default.pgo, the profile of polling that builds go by
	@go run ./bench/polls -profile cmd/tracker/default.pgo $(BENCH_FLAGS)

.PHONY: bench-reports
bench-reports: postgres build ## Measure history, reports and dashboards on what make seed made
	@go run ./bench/reports $(BENCH_FLAGS)

.PHONY: bench-verify
bench-verify: postgres build ## Measure tracker verify on what make seed made
	@go run ./bench/verify $(BENCH_FLAGS)

.PHONY: bench-web
bench-web: postgres build ## Measure pages, API and streams on what make seed made
	@go run ./bench/web $(BENCH_FLAGS)

# The tests run the README's commands, make demo among them: where nothing was
# compiled yet, that build would go on beside tests that wait for what they
# have started.
.PHONY: test
test: setup build ## Run all tests with the race detector on a real Postgres
	@echo 'Compiling the tests, then running them: on two cores 5 minutes, the first time 7, and up to 25 on a machine whose processes are dear to start. Each package is told when it is through.'
	@$(TESTSERVER) env CGO_ENABLED=1 go run -race $(GOTESTSUM) --format pkgname --format-hide-empty-pkg -- $(GO_TEST_FLAGS) ./...

.PHONY: setup
setup: ## Install what the tests need: Postgres' programs, pgbouncer, curl, a C compiler
	@scripts/setup cc postgres pgbouncer curl

.PHONY: migrations
migrations: setup ## Run the migrations up, down to zero and up again
	@grep -rq '^func TestMigrations' ./internal/store || { echo 'no test is named TestMigrations...' >&2; exit 1; }
	$(TESTSERVER) $(GO_TEST) -run '^TestMigrations' ./internal/store

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (30s)
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | while IFS=: read -r file func; do \
		echo "== $${func#func } in $$(dirname $$file)"; \
		go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "$$(dirname $$file)" || exit 1; \
	done

.PHONY: fmt
fmt: ## Format the Go code
	$(GOLANGCI_LINT) fmt

.PHONY: formatted
formatted: ## Check that the Go code is formatted
	$(GOLANGCI_LINT) fmt --diff

.PHONY: lint
lint: ## Run the linters and check the import rules
	$(GOLANGCI_LINT) run

.PHONY: lint-deploy
lint-deploy: ## Check the systemd units and the Kubernetes manifests in deploy/
	@scripts/lint-deploy $(KUBE_SCORE)

.PHONY: vet
vet: ## Run go vet
	go vet ./...

.PHONY: vuln
vuln: ## Check for known vulnerabilities, where their database can be reached
	@scripts/vuln $(GOVULNCHECK)

.PHONY: tidy-check
tidy-check: ## Check that go.mod and go.sum are tidy
	go mod tidy -diff

.PHONY: generate
generate: ## Generate the query code from db/queries
	go tool sqlc generate

.PHONY: generated
generated: ## Check that the generated code is what the queries give
	go tool sqlc diff

.PHONY: docs
docs: setup ## Write what docs/sql.md says of views from their comments
	$(TESTSERVER) go test -count=1 -run '^TestDocsSQLIsCurrent$$' ./internal/store -update

# The tests come last, so that their summary is what one reads; among them
# are the migrations up, down and up again.
.PHONY: ci
ci: formatted tidy-check generated lint lint-deploy vet vuln build test ## Run everything that CI runs

.PHONY: man
man: ## Write the manual's pages, from the help, to man/
	@mkdir -p man
	@go test -count=1 -run '^TestManual$$' ./internal/cli -man '$(CURDIR)/man' >/dev/null
	@echo 'read them:  man -l man/tracker.1'

.PHONY: picture
picture: postgres build ## Take the picture in the README: a history, as the demo has it now
	@$(PYTHON) scripts/picture.py bin/tracker docs/history.svg

.PHONY: screenshots
screenshots: postgres build ## Take the pictures of pages in the README, from a demo
	@scripts/setup chromium
	@scripts/screenshots bin/tracker docs

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin man
