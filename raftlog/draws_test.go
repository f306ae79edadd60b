package raftlog

import (
	"errors"
	"maps"
	"testing"
)

func TestDraws(t *testing.T) {
	for _, c := range []struct {
		draws map[uint32]int64
		last  uint32
		text  string
	}{
		{map[uint32]int64{}, 0, "0"},
		{map[uint32]int64{16400: 5}, 16400, "16400=5,16400"},
		{map[uint32]int64{16402: -7, 16400: 1 << 62}, 16402, "16400=4611686018427387904,16402=-7,16402"},
	} {
		if got := FormatDraws(c.draws, c.last); got != c.text {
			t.Errorf("FormatDraws(%v) = %q, want %q", c.draws, got, c.text)
		}
		draws, last, err := ParseDraws(c.text)
		if err != nil || last != c.last || !maps.Equal(draws, c.draws) {
			t.Errorf("ParseDraws(%q) = %v, %d, %v", c.text, draws, last, err)
		}
	}
	for _, text := range []string{"", "x", "1=", "1=2", "1=2,", "1=x,1", "99999999999=1,1", "=1,1"} {
		if _, _, err := ParseDraws(text); !errors.Is(err, ErrCorrupt) {
			t.Errorf("ParseDraws(%q): %v", text, err)
		}
	}
}
