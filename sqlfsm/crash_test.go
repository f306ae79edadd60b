package sqlfsm

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

// crashDir tells the test binary to be the process that is killed.
const crashDir = "POLYREME_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		applyForEver(dir)
	}
	os.Exit(m.Run())
}

// applyForEver applies entries, each of which adds its index as a row, and
// prints the index afterwards.
func applyForEver(dir string) {
	s, err := Open(Config{Dir: dir, CheckpointBytes: 64 << 10})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for index := uint64(s.AppliedIndex()) + 1; ; index++ {
		op := raftlog.Operation{Kind: raftlog.OpExec, SQL: "INSERT INTO t1(idx, filler) VALUES(?1, zeroblob(1000))", Params: []types.Value{types.IntValue(int64(index))}}
		if index == 1 {
			op = raftlog.Operation{Kind: raftlog.OpExec, SQL: "CREATE TABLE t1(idx INTEGER, filler BLOB) STRICT"}
		}
		data := raftlog.AppendBatch(nil, 0, raftlog.EncodeEntry(&raftlog.Entry{Operations: []raftlog.Operation{op}}))
		if _, ok := s.FSM().Apply(&raft.Log{Index: index, Term: 1, Data: data}).([]raftlog.Result); !ok {
			os.Exit(1)
		}
		fmt.Println(index)
	}
}

// A killed process loses nothing that it applied, and what it was applying is
// there as a whole or not at all, with the index to match.
func TestKilledProcess(t *testing.T) {
	dir := t.TempDir()
	applied := uint64(0)
	for round := range 6 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 137*(round+1) && lines.Scan(); n++ {
			if applied, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatalf("the process says %q", lines.Text())
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()

		s, err := Open(Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := rowsOf(t, r.Conn, "SELECT count(*), max(idx) FROM t1")
		index := uint64(r.Index)
		if want := fmt.Sprintf("%d,%d", index-1, index); got != want || index < applied {
			t.Errorf("rows %s, want %s; the process said %d", got, want, applied)
		}
		if ok := rowsOf(t, r.Conn, "PRAGMA integrity_check"); ok != "ok" {
			t.Error(ok)
		}
		r.Release()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
