package cluster_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"polyreme/integration/harness"
)

// badStart runs a node that must refuse to start, with one clear line.
func badStart(t *testing.T, run func(n *harness.Node) []string, n *harness.Node, want ...string) {
	t.Helper()
	before := listing(t, filepath.Dir(n.Dir))
	args := run(n)
	out, err := runBriefly(t, args)
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%s did not fail: %v\n%s", strings.Join(args, " "), err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "polyreme: ") || strings.Contains(out, "goroutine ") {
		t.Errorf("the node does not end with one line for its operator:\n%s", out)
	}
	for _, line := range lines[:len(lines)-1] {
		if !strings.HasPrefix(line, "time=") { // its log
			t.Errorf("a stray line: %s", line)
		}
	}
	for _, w := range want {
		if !strings.Contains(last, w) {
			t.Errorf("the reason %q does not say %q", last, w)
		}
	}
	if after := listing(t, filepath.Dir(n.Dir)); after != before {
		t.Errorf("the disk has changed from\n%s\nto\n%s", before, after)
	}
}

// runBriefly runs a command that must end by itself at once.
func runBriefly(t *testing.T, args []string) (string, error) {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), 15*time.Second)
	defer done()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return string(out), err
}

// listing returns every file below dir with a hash of its content.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			files = append(files, path)
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, fmt.Sprintf("%s %d %x", path, len(data), sha256.Sum256(data)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(files)
	return strings.Join(files, "\n")
}

func startArgs(t *testing.T, more ...string) func(n *harness.Node) []string {
	binary := harness.Binary(t)
	return func(n *harness.Node) []string {
		args := []string{"start", "--data", n.Dir, "--sql-addr", n.SQL, "--peer-addr", n.Peer, "--http-addr", n.HTTP}
		return append([]string{binary}, append(args, more...)...)
	}
}

// used returns a stopped node that has data.
func used(t *testing.T) *harness.Node {
	t.Helper()
	n := harness.NewNode(t, "used")
	n.Start()
	n.WaitReady()
	n.MustQuery("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000)")
	if code := n.Stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	return n
}

func overwrite(t *testing.T, path string, offset int64, data string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(data), offset); err != nil {
		t.Fatal(err)
	}
}

// TestBadStart: what cannot start says why and changes nothing.
func TestBadStart(t *testing.T) {
	t.Run("join to nobody", func(t *testing.T) {
		nobody := harness.NewNode(t, "nobody").Peer
		badStart(t, startArgs(t, "--join", nobody), harness.NewNode(t, "n"), "--join", nobody, "start a node there first")
	})
	t.Run("port in use", func(t *testing.T) {
		for _, flag := range []string{"--sql-addr", "--peer-addr", "--http-addr"} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			badStart(t, startArgs(t, flag, l.Addr().String()), harness.NewNode(t, "n"), flag, l.Addr().String(), "in use")
			l.Close()
		}
	})
	t.Run("flags", func(t *testing.T) {
		for _, test := range []struct{ args, want string }{
			{"--no-such-flag", "no-such-flag"},
			{"--sql-addr nonsense", "HOST:PORT"},
			{"--sql-addr 0.0.0.0:0", "--insecure"},
			{"--peer-addr :0", "--insecure"},
			{"--http-addr [::]:0", "--insecure"},
			{"--join nonsense", "--join"},
			{"stray", "unexpected argument"},
		} {
			badStart(t, startArgs(t, strings.Fields(test.args)...), harness.NewNode(t, "n"), test.want)
		}
		badStart(t, func(n *harness.Node) []string { return []string{harness.Binary(t), "start"} }, harness.NewNode(t, "n"), "--data")
		badStart(t, func(n *harness.Node) []string { return []string{harness.Binary(t), "nonsense"} }, harness.NewNode(t, "n"), "unknown command")
	})
	t.Run("other files", func(t *testing.T) {
		n := harness.NewNode(t, "n")
		if err := os.MkdirAll(n.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(n.Dir, "letter.txt"), []byte("dear"), 0o600); err != nil {
			t.Fatal(err)
		}
		badStart(t, startArgs(t), n, "letter.txt", "choose an empty directory")
	})
	t.Run("in use", func(t *testing.T) {
		running := harness.NewNode(t, "running")
		running.Start()
		running.WaitReady()
		other := harness.NewNode(t, "other")
		args := startArgs(t)(other)
		args[3] = running.Dir
		out, err := runBriefly(t, args)
		if err == nil || !strings.Contains(out, "in use by another process") {
			t.Errorf("%v: %s", err, out)
		}
		running.MustQuery("CREATE TABLE still_works (a int)")
	})
}

// TestDamagedDirectory: a data directory that cannot be used is left as it is.
func TestDamagedDirectory(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(n *harness.Node)
		want   []string
	}{
		{"newer format", func(n *harness.Node) {
			overwrite(t, filepath.Join(n.Dir, "node.json"), 0, strings.Replace(read(t, n.Dir, "node.json"), `"format": 1`, `"format": 99`, 1))
		}, []string{"format 99", "newer release"}},
		{"damaged identity", func(n *harness.Node) { overwrite(t, filepath.Join(n.Dir, "node.json"), 0, "\x00\x00\x00") }, []string{"node.json", "damaged"}},
		{"damaged database", func(n *harness.Node) {
			remove(t, n, "db.sqlite-wal")
			overwrite(t, filepath.Join(n.Dir, "db.sqlite"), 0, strings.Repeat("not SQLite at all ", 2000))
		}, []string{"db.sqlite", "damaged"}},
		{"log missing", func(n *harness.Node) { remove(t, n, "log") }, []string{"log"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := used(t)
			test.damage(n)
			badStart(t, startArgs(t), n, test.want...)
		})
	}
	t.Run("database missing", func(t *testing.T) { // the log has it all
		n := used(t)
		remove(t, n, "db.sqlite")
		n.Start()
		n.WaitReady()
		if got := n.MustQuery("SELECT count(*) FROM t"); got != "1000" {
			t.Errorf("the log brings back %s rows", got)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		if os.Getuid() == 0 {
			testReadOnlyAsRoot(t)
			return
		}
		n := used(t)
		readOnly(t, n.Dir)
		badStart(t, startArgs(t), n, n.Dir)
	})
}

// testReadOnlyAsRoot: permissions do not bind root, so the node runs as nobody.
func testReadOnlyAsRoot(t *testing.T) {
	n := used(t)
	readOnly(t, n.Dir)
	binary := filepath.Join(t.TempDir(), "polyreme")
	data, err := os.ReadFile(harness.Binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{binary, n.Dir} {
		for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Fatal(err)
	}
	badStart(t, func(n *harness.Node) []string {
		args := startArgs(t)(n)
		args[0] = binary
		return append([]string{setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"}, args...)
	}, n, n.Dir)
}

// readOnly lets everybody read dir and nobody write it.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o444)
		if d.IsDir() {
			mode = 0o555
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func remove(t *testing.T, n *harness.Node, prefix string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(n.Dir, prefix+"*"))
	if err != nil || len(paths) == 0 {
		t.Fatal("nothing to remove:", err)
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}
