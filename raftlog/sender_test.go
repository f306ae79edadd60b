package raftlog

import (
	"errors"
	"math"
	"testing"
)

func TestSender(t *testing.T) {
	for _, pid := range []uint32{0, 1, 4711, math.MaxUint32} {
		if got, err := ParseSender(FormatSender(pid)); got != pid || err != nil {
			t.Errorf("ParseSender(%q) = %d, %v, want %d", FormatSender(pid), got, err, pid)
		}
	}
	for _, text := range []string{"", "x", "-1", "4294967296"} {
		if _, err := ParseSender(text); !errors.Is(err, ErrCorrupt) {
			t.Errorf("ParseSender(%q): %v", text, err)
		}
	}
}
