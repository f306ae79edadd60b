package simtest

import (
	"flag"
	"strconv"
	"testing"
	"testing/synctest"
)

var (
	firstSeed = flag.Int64("sim.first", 0, "the first seed to run")
	seeds     = flag.Int("sim.seeds", 10, "number of seeds to run")
	oneSeed   = flag.Int64("sim.seed", -1, "run this seed only")
)

// forSeeds runs a simulation for each seed that the flags ask for, several at a
// time, each on its own copy of a cluster: run finds the data of its members in
// dir, and makes its own bubble.
func forSeeds(t *testing.T, run func(t *testing.T, seed int64, dir string)) {
	t.Helper()
	template := t.TempDir()
	synctest.Test(t, func(t *testing.T) { makeTemplate(t, template) })
	if t.Failed() {
		return
	}
	first, last := *firstSeed, *firstSeed+int64(*seeds)
	if *oneSeed >= 0 {
		first, last = *oneSeed, *oneSeed+1
	}
	for seed := first; seed < last; seed++ {
		t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := copyDir(template, dir); err != nil {
				t.Fatal(err)
			}
			run(t, seed, dir)
		})
	}
}
