package raftlog

import (
	"reflect"
	"testing"
)

func TestValues(t *testing.T) {
	for _, want := range []map[uint32][]int64{
		{16400: {7}},
		{16400: {1, 2, 3, 9, 10, 40}, 3: {-5, -10}},
		{16400: {5, 5, 5}},
	} {
		text := FormatValues(want)
		if got, err := ParseValues(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "x", "1=", "1=2", "1=2:3", "1=2:3:0", "1=2:3:-1", "1=1:1:9999999", "1=1:1:1;;"} {
		if got, err := ParseValues(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
