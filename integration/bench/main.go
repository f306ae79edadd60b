// Command bench drives two PostgreSQL-compatible systems with the same load,
// alternating between them in one run, and prints throughput, latency, server
// CPU and their ratios.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// system is one side of the comparison.
type system struct {
	name string
	dsns []string // clients are spread over them
	proc string   // name of its server processes, for their CPU time
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	a := flag.String("a", "", "first system: NAME=DSN[ DSN…] (spaces separate DSNs)")
	b := flag.String("b", "", "second system, likewise; empty: only the first is measured")
	aProc := flag.String("a-proc", "polyreme", "process name of the first system's servers")
	bProc := flag.String("b-proc", "postgres", "process name of the second system's servers")
	names := flag.String("workloads", "insert,update,select,mix,copy", "workloads, separated by commas")
	counts := flag.String("clients", "1,8,32,64", "numbers of clients")
	length := flag.Duration("time", 3*time.Second, "length of one measurement")
	rounds := flag.Int("rounds", 3, "measurements of each system for each line")
	rows := flag.Int("rows", 100_000, "rows that reads and updates choose from")
	flag.Parse()
	systems := []*system{}
	for _, s := range []struct{ spec, proc string }{{*a, *aProc}, {*b, *bProc}} {
		if s.spec == "" {
			continue
		}
		name, dsns, ok := strings.Cut(s.spec, "=")
		if !ok {
			return fmt.Errorf("system %q is not NAME=DSN", s.spec)
		}
		systems = append(systems, &system{name, strings.Fields(dsns), s.proc})
	}
	if len(systems) == 0 {
		return fmt.Errorf("no system given: see --help")
	}
	ctx := context.Background()
	for _, s := range systems {
		if err := load(ctx, s, *rows); err != nil {
			return fmt.Errorf("load %s: %w", s.name, err)
		}
	}
	fmt.Printf("%-8s %7s  %-10s %10s %9s %9s %9s %9s\n", "workload", "clients", "system", "ops/s", "p50 ms", "p95 ms", "p99 ms", "cpu µs")
	for name := range strings.SplitSeq(*names, ",") {
		w, ok := workloads[name]
		if !ok {
			return fmt.Errorf("unknown workload %q", name)
		}
		for count := range strings.SplitSeq(*counts, ",") {
			clients, err := strconv.Atoi(count)
			if err != nil {
				return err
			}
			if name == "copy" && clients > 1 {
				continue
			}
			if err := compare(ctx, systems, name, w, clients, *rows, *length, *rounds); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare measures one line: A B A B …
func compare(ctx context.Context, systems []*system, name string, w workload, clients, rows int, length time.Duration, rounds int) error {
	results := make([]result, len(systems))
	for range rounds {
		for i, s := range systems {
			r, err := measure(ctx, s, w, clients, rows, length)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", name, s.name, err)
			}
			results[i].add(r)
		}
	}
	for i := range results {
		r := &results[i]
		fmt.Printf("%-8s %7d  %-10s %10.0f %9.3f %9.3f %9.3f %9.1f\n", name, clients, systems[i].name,
			r.rate(), r.quantile(.5), r.quantile(.95), r.quantile(.99), r.cpuPerOp())
	}
	if len(results) == 2 {
		fmt.Printf("%-8s %7d  %-10s %9.2f×\n", name, clients, "ratio", results[0].rate()/results[1].rate())
	}
	return nil
}
