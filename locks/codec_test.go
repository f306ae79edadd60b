package locks

import (
	"reflect"
	"testing"
)

func sample() request {
	return request{op: opAcquire, owner: Owner{"node", 1 << 40}, index: 9, claim: Claim{Wait: Skip, Want: 3, Width: 1, Items: []Item{
		{Key{Relation: 16384, Row: -5}, ForShare}, {Key{Relation: 1, Whole: true}, AccessExclusive},
	}}, over: []ending{{2 << 32, 7}, {1 << 32, 0}}}
}

func TestCodec(t *testing.T) {
	want := sample()
	b := want.encode()
	if got, err := decodeRequest(b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for i := range b {
		if got, err := decodeRequest(b[:i]); err == nil && len(got.claim.Items) == len(want.claim.Items) {
			t.Errorf("%d of %d bytes are accepted", i, len(b))
		}
	}
	alive := request{op: opAlive, owner: Owner{"node", 3 << 32}, live: []uint64{1 << 32, 2<<32 | 7}}
	if got, err := decodeRequest(alive.encode()); err != nil || !reflect.DeepEqual(got, alive) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, want := range []Grant{
		{Outcome: Deadlock, Missed: 1, Waited: true},
		{AsNewAs: 1 << 50, Held: []bool{true, false}},
	} {
		if got, err := decodeGrant(want.encode(), 2); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func FuzzLocks(f *testing.F) {
	r := sample()
	f.Add(r.encode())
	f.Fuzz(func(_ *testing.T, b []byte) {
		decodeRequest(b)
		decodeGrant(b, 3)
		decodeList(b)
	})
}
