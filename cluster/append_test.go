package cluster

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"
)

func sampleAppend() *raft.AppendEntriesRequest {
	return &raft.AppendEntriesRequest{
		RPCHeader: raft.RPCHeader{ProtocolVersion: 3, ID: []byte("n1"), Addr: []byte("host:7432")},
		Term:      7, PrevLogEntry: 41, PrevLogTerm: 6, LeaderCommitIndex: 40,
		Entries: []*raft.Log{
			{Index: 42, Term: 7, Type: raft.LogCommand, Data: bytes.Repeat([]byte("x"), 300), AppendedAt: time.Unix(12, 34)},
			{Index: 43, Term: 7, Type: raft.LogConfiguration, Extensions: []byte{1}, AppendedAt: time.Unix(0, 1)},
		},
	}
}

func TestAppendCodec(t *testing.T) {
	want := sampleAppend()
	encoded := encodeAppend(want, 39)
	want.LeaderCommitIndex = 39
	got, err := decodeAppend(encoded)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for i := range encoded {
		r, err := decodeAppend(encoded[:i])
		if err == nil && len(r.Entries) == len(want.Entries) {
			t.Errorf("%d of %d bytes are accepted", i, len(encoded))
		}
	}
	response := &raft.AppendEntriesResponse{
		RPCHeader: raft.RPCHeader{ProtocolVersion: 3, ID: []byte("n2"), Addr: []byte("b:1")},
		Term:      8, LastLog: 43, Success: true, NoRetryBackoff: true,
	}
	encoded = encodeAppended(response)
	var back raft.AppendEntriesResponse
	if err := decodeAppended(encoded, &back); err != nil || !reflect.DeepEqual(&back, response) {
		t.Errorf("%+v, %v", back, err)
	}
	for i := range encoded {
		if decodeAppended(encoded[:i], &back) == nil {
			t.Errorf("%d of %d bytes are accepted", i, len(encoded))
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add(encodeAppend(sampleAppend(), 3))
	f.Fuzz(func(_ *testing.T, b []byte) {
		decodeAppend(b)
		decodeAppended(b, new(raft.AppendEntriesResponse))
	})
}

// TestFarBehind has a follower that misses more than one request may carry.
func TestFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		l := c.leader(-1)
		c.isolate((l + 1) % 3)
		for i := range 8 {
			c.write(l, strings.Repeat(string(rune('a'+i)), appendBytesMax/3))
		}
		c.net.Heal()
		c.settle()
	})
}
