package raftlog

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestXactSetting(t *testing.T) {
	settings := []Setting{{"TimeZone", "UTC"}, {DrawsSetting, "7=1,7"}}
	for _, id := range []int64{0, 1, math.MaxInt64} {
		rest, got, err := CutXact(WithXact(slices.Clone(settings), id))
		if err != nil || got != id || !slices.Equal(rest, settings) {
			t.Errorf("id %d comes back as %d with %v, %v", id, got, rest, err)
		}
	}
	for _, value := range []string{"", "x", "0", "-5", "9223372036854775808"} {
		if _, _, err := CutXact([]Setting{{XactSetting, value}}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("id %q: got %v", value, err)
		}
	}
}
