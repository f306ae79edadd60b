package simtest

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSimulationOfLoads runs, on each cluster with faults, a bank, counters, ids
// drawn from sequences, races for names, a job queue, clients that ask for the
// outcomes of their transactions, and some that create tables.
func TestSimulationOfLoads(t *testing.T) {
	forSeeds(t, func(t *testing.T, seed int64, dir string) {
		synctest.Test(t, func(t *testing.T) {
			simulateLoads(t, dir, seed, &bank{}, &blind{}, &ids{}, &names{}, &queue{}, &outcomes{}, &schemas{})
		})
	})
}

// at is a moment of a history that a test makes up.
func at(ms int) time.Time { return time.UnixMilli(int64(ms)) }

// expect compares what a checker finds with what it should: want is in one of the
// complaints, or "" for none.
func expect(t *testing.T, name string, wrong []string, want string) {
	t.Helper()
	found := slices.ContainsFunc(wrong, func(complaint string) bool { return strings.Contains(complaint, want) })
	if found != (want != "") {
		t.Errorf("%s: %q, want %q", name, wrong, want)
	}
}
