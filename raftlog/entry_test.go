package raftlog

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var equate = cmp.Options{cmpopts.EquateEmpty(), cmp.AllowUnexported(types.Value{})}

func sampleEntries() map[string]*Entry {
	seed := [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	return map[string]*Entry{
		"insert": {
			Request: RequestID{Session: 1 << 40, Lane: 7, Sequence: 300},
			Moment:  Moment{Time: 812345678901234, Seed: seed},
			Operations: []Operation{{
				Kind: OpExec, SQL: "INSERT INTO t16384 (c1, c2) VALUES (?1, ?2)", Counts: true,
				Params: []types.Value{types.IntValue(42), types.TextValue("forty-two")},
			}},
		},
		"transaction": {
			Request:      RequestID{Session: 5, Sequence: 1},
			Moment:       Moment{Time: -1, Seed: seed},
			Settings:     []Setting{{"DateStyle", "SQL, DMY"}, {"TimeZone", "Europe/Berlin"}},
			Dependencies: []Dependency{{16384, 3}, {16390, 1}},
			Operations: []Operation{
				{Kind: OpExec, SQL: "SELECT c1 FROM t16384", Read: true, Expect: bytes.Repeat([]byte{0xab}, DigestBytes)},
				{
					Kind: OpExec, Statement: 1, SQL: "INSERT INTO t16390 VALUES (?1, ?2) RETURNING c1", Counts: true, Returns: true, Sets: 2,
					Params: []types.Value{{}, types.FloatValue(math.Inf(-1)), types.BlobValue([]byte{0, 255}), types.TextValue("")},
				},
			},
		},
		"stage": {
			Moment: Moment{Seed: seed},
			Operations: []Operation{
				{Kind: OpStageAppend, Stage: 99, Sets: 2, Params: []types.Value{types.IntValue(math.MinInt64), types.IntValue(math.MaxInt64)}},
				{Kind: OpStageExec, Stage: 99, SQL: "INSERT INTO t16384 VALUES (?1)", Counts: true},
				{Kind: OpStageDiscard, Stage: 98},
			},
		},
		"notify": {
			Moment:   Moment{Seed: seed},
			Settings: []Setting{{"TimeZone", "UTC"}, {DrawsSetting, "16400=5,16400"}, {SenderSetting, FormatSender(4711)}},
			Operations: []Operation{{
				Kind: OpExec, SQL: "SELECT pg_notify(?1, ?2)",
				Params: []types.Value{types.TextValue("jobs"), types.TextValue("42")},
			}},
		},
		"schema": {
			ChangesSchema: true,
			Dependencies:  []Dependency{{0, 12}},
			Operations:    []Operation{{Kind: OpExec, SQL: "CREATE TABLE t16384 (c1 INTEGER PRIMARY KEY) STRICT"}},
		},
		"open":   {Operations: []Operation{{Kind: OpOpenSession, Params: []types.Value{types.TextValue("node")}}}},
		"expire": {Operations: []Operation{{Kind: OpExpireSessions, Params: []types.Value{types.IntValue(812345678901234)}}}},
		"fence":  {Request: RequestID{Session: 9, Lane: 1, Sequence: 2}, Operations: []Operation{{Kind: OpFence}}},
		"noop":   {Operations: []Operation{{Kind: OpNoop}}},
		"draw":   {Request: RequestID{Session: 9, Lane: 1, Sequence: 3}, Operations: []Operation{{Kind: OpDrawXacts, Params: []types.Value{types.TextValue("node")}}}},
		"settle": {Request: RequestID{Session: 9, Lane: 1, Sequence: 4}, Operations: []Operation{{Kind: OpSettleXact, Params: []types.Value{types.IntValue(1027)}}}},
		"xact":   {Settings: WithXact([]Setting{{"TimeZone", "Europe/Berlin"}, {DrawsSetting, "16400=7,16400"}}, 1027)},
		"advisory": {
			Request:    RequestID{Session: 9, Lane: 1, Sequence: 2},
			Operations: []Operation{sampleAdvisory.Operation()},
		},
		"temporary": {
			Request:    RequestID{Session: 9, Lane: 1, Sequence: 2},
			Operations: []Operation{sampleTemporary.Operation()},
		},
	}
}

var sampleTemporary = Advisory{
	Action: AdvisoryTry, Holder: AdvisoryHolder{Node: "node", Run: 812345678901234, Session: 3}, PID: 4711,
	Locks: []AdvisoryLock{{Key: 3, Temporary: true}},
}

var sampleAdvisory = Advisory{
	Action: AdvisoryRelease, Holder: AdvisoryHolder{Node: "node", Run: 812345678901234, Session: 3}, PID: 4711, Holds: true,
	Locks: []AdvisoryLock{{Key: math.MinInt64}, {Key: -1, Pair: true, Shared: true}},
}

func TestParseAdvisory(t *testing.T) {
	for _, a := range []*Advisory{&sampleAdvisory, &sampleTemporary} {
		if got, ok := ParseAdvisory(a.Operation().Params); !ok || cmp.Diff(got, *a) != "" {
			t.Errorf("ParseAdvisory = %+v, %v", got, ok)
		}
	}
	op := sampleAdvisory.Operation()
	integer := types.IntValue
	for name, params := range map[string][]types.Value{
		"nothing":        nil,
		"half a lock":    op.Params[:7],
		"action 0":       {integer(0), types.TextValue("n"), integer(1), integer(1), integer(1), integer(0)},
		"later action":   {integer(99), types.TextValue("n"), integer(1), integer(1), integer(1), integer(0)},
		"number of node": {integer(3), integer(1), integer(1), integer(1), integer(1), integer(0)},
		"later flag":     {integer(1), types.TextValue("n"), integer(1), integer(1), integer(1), integer(0), integer(1), integer(8)},
		"shared schema":  {integer(1), types.TextValue("n"), integer(1), integer(1), integer(1), integer(0), integer(1), integer(6)},
		"try of nothing": {integer(1), types.TextValue("n"), integer(1), integer(1), integer(1), integer(0)},
	} {
		if got, ok := ParseAdvisory(params); ok {
			t.Errorf("ParseAdvisory of %s = %+v", name, got)
		}
	}
	class, object, sub := AdvisoryLock{Key: -2}.Parts()
	if class != math.MaxUint32 || object != math.MaxUint32-1 || sub != 1 {
		t.Errorf("Parts = %d, %d, %d", class, object, sub)
	}
}

func sampleResults() map[string]*Result {
	rows := Rows{Columns: 2}
	rows.Append([]types.Value{types.IntValue(1), types.TextValue("a")})
	rows.Append([]types.Value{{}, types.BlobValue([]byte{1})})
	return map[string]*Result{
		"sequences": {Status: Applied, Statements: []StatementResult{{Changed: 1}}, Draws: []Draw{{16400, 7}, {16402, -3}}, LastDrawn: 16400},
		"applied":   {Status: Applied, Statements: []StatementResult{{Changed: 2, Rows: rows, Digest: bytes.Repeat([]byte{7}, DigestBytes)}, {}}},
		"failed": {Status: Failed, Statement: 3, Err: &pgerr.Error{
			Code: pgerr.UniqueViolation, Message: `duplicate key value violates unique constraint "t_pkey"`,
			Detail: "Key (id)=(1) already exists.", Position: 12, Schema: "public", Table: "t", Constraint: "t_pkey",
		}},
		"session": {Status: Applied, Session: 1 << 50},
		"fenced":  {Status: Fenced},
	}
}

// TestGolden compares every encoding with the bytes that earlier releases wrote,
// and decodes those.
func TestGolden(t *testing.T) {
	check := func(name string, encoded []byte) {
		t.Helper()
		path := filepath.Join("testdata", name+".hex")
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(hex.Dump(encoded)), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.Dump(encoded); got != string(want) {
			t.Errorf("%s is encoded as\n%snot as\n%s", name, got, want)
		}
	}
	for name, e := range sampleEntries() {
		b := EncodeEntry(e)
		check("entry-"+name, b)
		got, err := DecodeEntry(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(e, got, equate); d != "" {
			t.Errorf("%s changes when decoded:\n%s", name, d)
		}
	}
	for name, r := range sampleResults() {
		b := EncodeResult(r)
		check("result-"+name, b)
		got, err := DecodeResult(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(*r, got, equate); d != "" {
			t.Errorf("%s changes when decoded:\n%s", name, d)
		}
	}
	e := sampleEntries()
	check("batch", AppendBatch(nil, 812345678901234, EncodeEntry(e["insert"]), EncodeEntry(e["noop"])))
}

func TestBatch(t *testing.T) {
	e := sampleEntries()
	in := [][]byte{EncodeEntry(e["insert"]), EncodeEntry(e["stage"]), {}}
	var b Batch
	if err := b.Decode(AppendBatch(nil, -5, in...)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Batch{-5, in}, b, equate); d != "" {
		t.Error(d)
	}
	if err := b.Decode(AppendBatch(nil, 0, make([][]byte, BatchEntriesMax+1)...)); err == nil {
		t.Error("a batch of too many entries is decoded")
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := EncodeEntry(sampleEntries()["transaction"])
	for n := range good {
		if _, err := DecodeEntry(good[:n]); err == nil {
			t.Errorf("the first %d bytes of an entry are decoded", n)
		}
	}
	if _, err := DecodeEntry(append(bytes.Clone(good), 0)); err == nil {
		t.Error("an entry with a byte after it is decoded")
	}
	later := bytes.Clone(good)
	later[0] = Version + 1
	if _, err := DecodeEntry(later); err == nil || !strings.Contains(err.Error(), "later version") {
		t.Errorf("a later version: %v", err)
	}
	result := EncodeResult(sampleResults()["applied"])
	for n := range result {
		if _, err := DecodeResult(result[:n]); err == nil {
			t.Errorf("the first %d bytes of a result are decoded", n)
		}
	}
	// A count that the bytes cannot hold must not be allocated.
	huge := append([]byte{Version, 0, 0}, make([]byte, 16)...)
	huge = append(huge, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)
	if _, err := DecodeEntry(huge); err == nil {
		t.Error("an entry with 4 billion operations is decoded")
	}
}

func TestRows(t *testing.T) {
	r := Rows{Columns: 3}
	for i := range 5 {
		r.Append([]types.Value{types.IntValue(int64(i)), types.TextValue(fmt.Sprint(i)), {}})
	}
	row := make([]types.Value, 3)
	for i := range 5 {
		ok, err := r.Next(row)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		if row[0].Int64() != int64(i) || string(row[1].Bytes) != fmt.Sprint(i) || !row[2].IsNull() {
			t.Errorf("row %d = %v", i, row)
		}
	}
	if ok, err := r.Next(row); ok || err != nil {
		t.Errorf("after the last row: %v %v", ok, err)
	}
}

func TestDigest(t *testing.T) {
	long := types.TextValue(strings.Repeat("x", 3*digestBufferBytes))
	rows := [][]types.Value{{types.IntValue(1), long}, {types.IntValue(2), {}}, {types.IntValue(3), types.TextValue("y")}}
	s := StatementResult{Changed: 4, Rows: Rows{Columns: 2}}
	d := NewDigester()
	d.Row([]types.Value{types.IntValue(9)})
	d.Reset()
	for _, row := range rows {
		s.Rows.Append(row)
		d.Row(row)
	}
	streamed, whole := d.Sum(nil, 2, 4), DigestStatement(&s)
	if !bytes.Equal(streamed, whole) || len(whole) != DigestBytes {
		t.Errorf("digests %x and %x of the same rows", streamed, whole)
	}
	empty := NewDigester().Sum(nil, 0, 0)
	if fmt.Sprintf("%x", empty) != "709e80c88487a2411e1ee4dfb9f22a86" {
		t.Errorf("the digest of nothing is %x", empty)
	}
	s.Changed++
	if bytes.Equal(DigestStatement(&s), whole) {
		t.Error("the digest does not cover the changed rows")
	}
}

func TestEncodeAllocations(t *testing.T) {
	e := sampleEntries()["insert"]
	if n := testing.AllocsPerRun(100, func() { EncodeEntry(e) }); n > 1 {
		t.Errorf("encoding an INSERT takes %v allocations", n)
	}
	b := EncodeEntry(e)
	var d Decoder
	var into Entry
	if n := testing.AllocsPerRun(100, func() {
		if err := d.Entry(b, &into); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("decoding a known INSERT takes %v allocations", n)
	}
}

// FuzzEntry checks that the decoder neither panics nor allocates beyond its
// input, and that what it accepts it also writes.
func FuzzEntry(f *testing.F) {
	for _, e := range sampleEntries() {
		f.Add(EncodeEntry(e))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEntry(b)
		if err != nil {
			return
		}
		again := EncodeEntry(e)
		e2, err := DecodeEntry(again)
		if err != nil {
			t.Fatalf("%x is written and not read: %v", again, err)
		}
		if !bytes.Equal(EncodeEntry(e2), again) {
			t.Fatalf("%x is not stable", again)
		}
	})
}

func FuzzResult(f *testing.F) {
	for _, r := range sampleResults() {
		f.Add(EncodeResult(r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeResult(b)
		if err != nil {
			return
		}
		again := EncodeResult(&r)
		r2, err := DecodeResult(again)
		if err != nil || !bytes.Equal(EncodeResult(&r2), again) {
			t.Fatalf("%x is not stable: %v", again, err)
		}
		for _, s := range r.Statements {
			row := make([]types.Value, min(s.Rows.Columns, 1<<16))
			if len(row) != s.Rows.Columns {
				continue
			}
			for {
				if ok, err := s.Rows.Next(row); !ok || err != nil {
					break
				}
			}
		}
	})
}

func FuzzBatch(f *testing.F) {
	f.Add(AppendBatch(nil, 1, []byte("a"), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var batch Batch
		if err := batch.Decode(b); err != nil {
			return
		}
		again := AppendBatch(nil, batch.Clock, batch.Entries...)
		var batch2 Batch
		if err := batch2.Decode(again); err != nil || len(batch2.Entries) != len(batch.Entries) {
			t.Fatalf("%x is not stable: %v", again, err)
		}
	})
}

func BenchmarkEncodeInsert(b *testing.B) {
	e := sampleEntries()["insert"]
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendEntry(buf[:0], e)
	}
}

func BenchmarkDecodeInsert(b *testing.B) {
	buf := EncodeEntry(sampleEntries()["insert"])
	var d Decoder
	var e Entry
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Entry(buf, &e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigestRow(b *testing.B) {
	row := []types.Value{types.IntValue(1), types.TextValue("abc")}
	d := NewDigester()
	sum := make([]byte, 0, DigestBytes)
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		d.Row(row)
		sum = d.Sum(sum[:0], 2, 1)
	}
}
