package sqlfsm

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/sqlfsm/sqlite"
)

func TestOpenRefusesOtherFiles(t *testing.T) {
	prepare := func(t *testing.T, script string) string {
		dir := t.TempDir()
		conn, err := sqlite.Open(sqlite.Config{Path: filepath.Join(dir, FileName)})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(conn.Exec(script), conn.Close()); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("newer format", func(t *testing.T) {
		dir := prepare(t, ownTables+"UPDATE polyreme_applied SET format = 2")
		if _, err := Open(Config{Dir: dir}); !errors.Is(err, ErrNewerFormat) {
			t.Errorf("open: %v", err)
		}
	})
	t.Run("foreign", func(t *testing.T) {
		dir := prepare(t, "CREATE TABLE songs(id INTEGER PRIMARY KEY)")
		if _, err := Open(Config{Dir: dir}); !errors.Is(err, ErrForeignFile) {
			t.Errorf("open: %v", err)
		}
	})
	t.Run("garbage", func(t *testing.T) {
		dir := t.TempDir()
		garbage := make([]byte, 8192)
		for i := range garbage {
			garbage[i] = byte(i * 7)
		}
		if err := os.WriteFile(filepath.Join(dir, FileName), garbage, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Dir: dir}); sqlite.Classify(err) != sqlite.LocalFault {
			t.Errorf("open: %v", err)
		}
	})
	t.Run("no directory", func(t *testing.T) {
		if _, err := Open(Config{Dir: filepath.Join(t.TempDir(), "missing")}); err == nil {
			t.Error("opened in a directory that does not exist")
		}
	})
}

func TestConfigurationIsKeptWithItsIndex(t *testing.T) {
	m := newMachine(t)
	configuration := raft.Configuration{Servers: []raft.Server{{ID: "n1", Address: "a"}}}
	m.index++
	m.FSM().ApplyBatch([]*raft.Log{{Index: m.index, Term: 4, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(configuration)}})
	meta, size, pages, err := m.OpenImage()
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	if meta.Index != 1 || meta.Term != 4 || meta.ConfigurationIndex != 1 || len(meta.Configuration.Servers) != 1 || size%sqlite.PageSize != 0 {
		t.Errorf("meta %+v, %d bytes", meta, size)
	}
}

// A failing disk must stop the machine, not make it differ.
func TestFullDiskStopsTheMachine(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 BLOB) STRICT")
	if err := m.fsm.applier.writer.conn.Exec("PRAGMA max_page_count=200"); err != nil {
		t.Fatal(err)
	}
	var last any
	for range 100 {
		last = m.FSM().Apply(m.log(entry("INSERT INTO t1(c2) VALUES(zeroblob(100000))"), entry("INSERT INTO t1(c2) VALUES(x'00')")))
		if _, ok := last.(error); ok {
			break
		}
	}
	if len(m.fatals) != 1 {
		t.Fatalf("told %d times; last answer %v", len(m.fatals), last)
	}
	m.want("1", "SELECT count(*) % 2 = 0 FROM t1") // whole raft entries only
	failed := m.AppliedIndex()
	m.reopen() // with room again, raft replays what was not applied
	if m.AppliedIndex() != failed {
		t.Errorf("applied index %d, was %d", m.AppliedIndex(), failed)
	}
	m.must(entry("INSERT INTO t1(c2) VALUES(zeroblob(100000))"))
}
