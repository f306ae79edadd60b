package sqlite

import (
	"testing"

	"polyreme/pgsql/types"
)

// benchFile returns a connection to a file with 100,000 rows of five columns.
func benchFile(b *testing.B) *Conn {
	b.Helper()
	c := openConfig(b, Config{Path: tempPath(b), CacheKiB: 64 << 10})
	mustExec(b, c, `CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, f REAL, s TEXT, u BLOB) STRICT;
		CREATE INDEX ta ON t(a);
		WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<100000)
		INSERT INTO t SELECT i, i%1000, i*0.5, 'text of row ' || i, randomblob(16) FROM c`)
	b.ReportAllocs()
	b.ResetTimer()
	return c
}

func BenchmarkPointSelect(b *testing.B) {
	c := benchFile(b)
	const sql = "SELECT a, f, s, u FROM t WHERE id=?1"
	var n int64
	for i := range b.N {
		s, err := c.Prepare(sql)
		if err != nil {
			b.Fatal(err)
		}
		_ = s.BindInt64(1, int64(i*7919%100000+1))
		row, err := s.Step()
		if err != nil || !row {
			b.Fatal(row, err)
		}
		n += s.Column(0).Int64() + int64(len(s.Column(2).Bytes)+len(s.Column(3).Bytes))
		s.Release()
	}
	if n == 0 {
		b.Fatal("no data")
	}
}

func BenchmarkInsertBatch1000(b *testing.B) {
	c := benchFile(b)
	mustExec(b, c, "CREATE TABLE log(id INTEGER PRIMARY KEY, a INTEGER, f REAL, s TEXT, u BLOB) STRICT")
	ins, err := c.Prepare("INSERT INTO log(a,f,s,u) VALUES(?1,?2,?3,?4)")
	must(b, err)
	defer ins.Release()
	text, blob := []byte("text of a new row"), make([]byte, 16)
	for i := range b.N {
		if i%1000 == 0 {
			must(b, c.BeginImmediate())
		}
		_ = ins.BindInt64(1, int64(i%1000))
		_ = ins.BindFloat64(2, 1.5)
		_ = ins.BindText(3, text)
		_ = ins.BindBlob(4, blob)
		if err := ins.Run(); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 999 || i == b.N-1 {
			must(b, c.Commit())
			b.StopTimer()
			_, _, err := c.Checkpoint(CheckpointTruncate)
			must(b, err)
			b.StartTimer()
		}
	}
}

func BenchmarkUpdateTransaction(b *testing.B) {
	c := benchFile(b)
	up, err := c.Prepare("UPDATE t SET f=f+1 WHERE id=?1")
	must(b, err)
	defer up.Release()
	for i := range b.N {
		must(b, c.BeginImmediate())
		_ = up.BindInt64(1, int64(i*7919%100000+1))
		must(b, up.Run())
		must(b, c.Commit())
		if c.WALFrames() > 10_000 {
			_, _, err := c.Checkpoint(CheckpointTruncate)
			must(b, err)
		}
	}
}

func BenchmarkScan10k(b *testing.B) {
	c := benchFile(b)
	s, err := c.Prepare("SELECT id, a, f, s, u FROM t LIMIT 10000")
	must(b, err)
	defer s.Release()
	for b.Loop() {
		var n int
		for {
			row, err := s.Step()
			if err != nil {
				b.Fatal(err)
			}
			if !row {
				break
			}
			for i := range 5 {
				v := s.Column(i)
				n += len(v.Bytes)
				if v.Kind == types.Null {
					b.Fatal("null")
				}
			}
		}
		s.Reset()
	}
}

func benchScalar(b *testing.B, sql string) {
	c := benchFile(b)
	must(b, c.CreateFunction("go_add", 2, pure, func(ctx *Context, a *Args) {
		ctx.ResultInt64(a.Int64(0) + a.Int64(1))
	}))
	must(b, c.CreateFunction("go_text", 1, pure, func(ctx *Context, a *Args) { ctx.ResultText(a.Bytes(0)) }))
	s, err := c.Prepare(sql)
	must(b, err)
	defer s.Release()
	b.ResetTimer()
	for range b.N {
		must(b, s.Run())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
}

func BenchmarkAddBuiltin(b *testing.B)  { benchScalar(b, "SELECT max(a+id) FROM t") }
func BenchmarkAddFunction(b *testing.B) { benchScalar(b, "SELECT max(go_add(a,id)) FROM t") }
func BenchmarkTextBuiltin(b *testing.B) { benchScalar(b, "SELECT max(length(substr(s,1))) FROM t") }
func BenchmarkTextFunction(b *testing.B) {
	benchScalar(b, "SELECT max(length(go_text(s))) FROM t")
}

func BenchmarkTableFunction(b *testing.B) {
	c := benchFile(b)
	registerSeries(b, c)
	s, err := c.Prepare("SELECT sum(value) FROM generate_series(1,100000)")
	must(b, err)
	defer s.Release()
	b.ResetTimer()
	for range b.N {
		must(b, s.Run())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
}

// transaction is what the two transaction benchmarks run between begin and end.
type transaction struct{ update, read, insert *Stmt }

func newTransaction(b *testing.B, c *Conn) *transaction {
	b.Helper()
	var x transaction
	for sql, p := range map[string]**Stmt{
		"UPDATE t SET a=a+1 WHERE id=?1":      &x.update,
		"SELECT a FROM t WHERE id=?1":         &x.read,
		"INSERT INTO t(a,f,s) VALUES(1,2,?1)": &x.insert,
	} {
		s, err := c.Prepare(sql)
		must(b, err)
		b.Cleanup(s.Release)
		*p = s
	}
	return &x
}

func (x *transaction) run(b *testing.B, i int) {
	id := int64(i*7919%100000 + 1)
	_ = x.update.BindInt64(1, id)
	_ = x.read.BindInt64(1, id)
	_ = x.insert.BindString(1, "history")
	for _, s := range []*Stmt{x.update, x.read, x.insert} {
		if err := s.Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransaction is begin, indexed update, select, insert, commit on the
// writer; BenchmarkWorkspace is the same in a workspace, given up at the end.
func BenchmarkTransaction(b *testing.B) {
	c := benchFile(b)
	x := newTransaction(b, c)
	b.ResetTimer()
	for i := range b.N {
		must(b, c.BeginImmediate())
		x.run(b, i)
		must(b, c.Commit())
		if c.WALFrames() > 10_000 {
			_, _, err := c.Checkpoint(CheckpointTruncate)
			must(b, err)
		}
	}
}

func BenchmarkWorkspace(b *testing.B) {
	w := benchFile(b)
	o, c := openWorkspace(b, w.Path(), 64<<20)
	x := newTransaction(b, c)
	b.ResetTimer()
	for i := range b.N {
		must(b, o.Reset())
		x.run(b, i)
	}
}

// BenchmarkWorkspaceAfterWrites lets the writer commit before each workspace,
// which makes the workspace drop its page cache.
func BenchmarkWorkspaceAfterWrites(b *testing.B) {
	w := benchFile(b)
	o, c := openWorkspace(b, w.Path(), 64<<20)
	x := newTransaction(b, c)
	up, err := w.Prepare("UPDATE t SET f=f+1 WHERE id=?1")
	must(b, err)
	defer up.Release()
	must(b, o.End())
	_, _, err = w.Checkpoint(CheckpointTruncate)
	must(b, err)
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		_ = up.BindInt64(1, int64(i*104729%100000+1))
		must(b, up.Run())
		b.StartTimer()
		must(b, o.Reset())
		x.run(b, i)
	}
}

// BenchmarkPointSelectParallel is BenchmarkPointSelect with a connection for
// each of GOMAXPROCS goroutines.
func BenchmarkPointSelectParallel(b *testing.B) {
	w := benchFile(b)
	b.RunParallel(func(pb *testing.PB) {
		c, err := Open(Config{Path: w.Path(), ReadOnly: true})
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		for i := 0; pb.Next(); i++ {
			s, err := c.Prepare("SELECT a, f, s, u FROM t WHERE id=?1")
			if err != nil {
				b.Error(err)
				return
			}
			_ = s.BindInt64(1, int64(i*7919%100000+1))
			if row, err := s.Step(); err != nil || !row {
				b.Error(row, err)
			}
			s.Release()
		}
	})
}
