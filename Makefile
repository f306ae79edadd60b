# Every target works on a fresh machine with Go, make and apt.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
export CGO_ENABLED := 0

BIN      := bin
TOOL     := go tool -modfile=tools/go.mod
RACEPKGS := ./raftlog/... ./cluster/... ./locks ./pgwire/... ./snapshot/... ./internal/memnet
FUZZTIME ?= 20s
REF      ?= main

.PHONY: build demo check quick lint test race sim integration fuzz bench bench-micro pg-compare docker clean setup

build: ## the binary, static and stripped
	go build -trimpath -ldflags '-s -w' -o $(BIN)/polyreme ./cmd/polyreme

demo: build ## three nodes to try things out
	$(BIN)/polyreme demo

setup: ## what the tests need from the system
	scripts/setup.sh

check: setup build lint test race sim integration ## all that CI runs

quick: ## the inner loop
	go vet ./...
	go test -short ./...

lint:
	go vet ./...
	go vet -C integration/drivers/testdata/orm ./...
	$(TOOL) staticcheck ./...
	test -z "$$($(TOOL) gofumpt -l $$(git ls-files '*.go' | grep -v /testdata/))"
	go test -count=1 ./internal/tidy

test:
	go test $$(go list ./... | grep -v /integration)

# All timers of a synctest bubble share one state of the race detector, which ends with
# SIGSEGV in StackDepot::Put when two processors run them at once (Go 1.26): -cpu 1. What
# is a race does not depend on it.
race:
	CGO_ENABLED=1 go test -race -short ./sqlfsm
	CGO_ENABLED=1 go test -race -short -cpu 1 $(RACEPKGS)
	CGO_ENABLED=1 go test -race -cpu 1 -count=1 -run 'TestSimulation(OfTransactions)?$$' ./internal/simtest -sim.seeds=3
	CGO_ENABLED=1 go test -race -cpu 1 -count=1 -run 'TestSimulationOfLoads$$' ./internal/simtest -sim.seeds=1

# SEEDS is for long runs: 500 of each take about an hour on two cores.
sim: SIM = TMPDIR=$$(test -w /dev/shm && echo /dev/shm || echo /tmp) go test -count=1 -timeout 180m ./internal/simtest
sim: ## whole clusters on simulated time, with faults (SEEDS=500)
	$(SIM) -run 'TestSimulation$$' -sim.seeds=$(or $(SEEDS),200)
	$(SIM) -run 'TestSimulationOfTransactions$$' -sim.seeds=$(or $(SEEDS),100)
	$(SIM) -run 'TestSimulationOfLoads$$' -sim.seeds=$(or $(SEEDS),40)

integration: build ## real processes, psql, pgbench and drivers
	go test -count=1 -timeout 15m ./integration/...

pg-compare: setup ## the SQL transcripts and the drivers against PostgreSQL itself
	scripts/with-postgres.sh go test -count=1 ./integration/transcript
	scripts/with-postgres.sh go test -count=1 -run TestTransactionHelpers ./integration/drivers

fuzz:
	for target in raftlog:FuzzEntry raftlog:FuzzBatch raftlog:FuzzResult cluster:FuzzFrame cluster:FuzzAppend locks:FuzzLocks snapshot:FuzzDecoder \
	  pgsql/parse:FuzzParse pgsql/parse:FuzzNormalize pgsql/plan:FuzzPlan pgsql/types:FuzzParseText pgsql/types:FuzzParseBinary \
	  pgsql/types:FuzzStored pgsql/builtin:FuzzRegexp pgsql/builtin:FuzzText pgsql/copyfmt:FuzzDecode sqlfsm/sqlite:FuzzExec pgwire:FuzzConnection; do \
	  go test -run '^$$' -fuzz "^$${target#*:}\$$" -fuzztime $(FUZZTIME) "./$${target%%:*}"; \
	done

bench: build ## throughput and latency beside PostgreSQL, in one run
	scripts/bench.sh
	scripts/bench-transactions.sh

bench-micro:
	go test -run '^$$' -bench . -benchmem ./...

docker:
	docker build -t polyreme .

clean:
	rm -rf $(BIN)
