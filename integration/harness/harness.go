// Package harness runs real Polyreme processes for the integration tests.
package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/cluster"
)

// Limits of the waits of tests.
const (
	readyLimit = 30 * time.Second
	stopLimit  = 40 * time.Second
	pollEvery  = 10 * time.Millisecond
)

// Binary returns the path of the polyreme binary: $POLYREME_BINARY, or the one
// that make build has put into bin.
func Binary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("POLYREME_BINARY"); path != "" {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	path := filepath.Join(dir, "bin", "polyreme")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no binary at %s: run make build first", path)
	}
	return path
}

// Node is one process with its data directory and addresses.
type Node struct {
	Name string
	Dir  string
	SQL  string
	Peer string
	HTTP string
	Join string
	Args []string // further flags

	t    testing.TB
	cmd  *exec.Cmd
	log  *os.File
	exit chan struct{} // closed when the process has ended
}

// Cluster is several nodes on this machine.
type Cluster struct {
	Nodes []*Node
	t     testing.TB
}

// Start starts a cluster of n nodes and waits until all are voters.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for range n {
		c.Add()
	}
	c.WaitVoters(n)
	return c
}

// Add starts one more node, which joins the first.
func (c *Cluster) Add() *Node {
	c.t.Helper()
	n := NewNode(c.t, fmt.Sprintf("n%d", len(c.Nodes)+1))
	if len(c.Nodes) > 0 {
		n.Join = c.Nodes[0].Peer
	}
	c.Nodes = append(c.Nodes, n)
	n.Start()
	n.WaitReady()
	return n
}

// NewNode prepares a node with addresses of its own, without starting it.
func NewNode(t testing.TB, name string) *Node {
	t.Helper()
	n := &Node{Name: name, Dir: filepath.Join(t.TempDir(), "data"), t: t}
	n.SQL, n.Peer, n.HTTP = freeAddr(t), freeAddr(t), freeAddr(t)
	return n
}

// Start runs the process. It is killed when the test ends.
func (n *Node) Start() {
	n.t.Helper()
	args := []string{"start", "--data", n.Dir, "--name", n.Name, "--sql-addr", n.SQL, "--peer-addr", n.Peer, "--http-addr", n.HTTP}
	if n.Join != "" {
		args = append(args, "--join", n.Join)
	}
	n.cmd = exec.Command(Binary(n.t), append(args, n.Args...)...)
	if n.log == nil {
		log, err := os.Create(filepath.Join(n.t.TempDir(), n.Name+".log"))
		if err != nil {
			n.t.Fatal(err)
		}
		n.log = log
		n.t.Cleanup(func() {
			n.Kill()
			if n.t.Failed() {
				data, _ := os.ReadFile(log.Name())
				n.t.Logf("log of %s:\n%s", n.Name, tail(data, 4000))
			}
			log.Close()
		})
	}
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.exit = make(chan struct{})
	go func(cmd *exec.Cmd, exit chan struct{}) { // ends with the process
		cmd.Wait()
		close(exit)
	}(n.cmd, n.exit)
}

func tail(data []byte, n int) string { return string(data[max(0, len(data)-n):]) }

// Log returns what the node has logged.
func (n *Node) Log() string {
	data, err := os.ReadFile(n.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// Kill ends the process at once, as kill -9 does, and waits for its end.
func (n *Node) Kill() {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	n.cmd.Process.Kill()
	<-n.exit
}

// Stop ends the process as an operator would and returns its exit code.
func (n *Node) Stop() int {
	n.t.Helper()
	n.cmd.Process.Signal(syscall.SIGTERM)
	return n.WaitExit()
}

// WaitExit waits for the process to end by itself and returns its exit code.
func (n *Node) WaitExit() int {
	n.t.Helper()
	select {
	case <-n.exit:
	case <-time.After(stopLimit):
		n.t.Fatalf("node %s does not end", n.Name)
	}
	return n.cmd.ProcessState.ExitCode()
}

// Running tells whether the process runs.
func (n *Node) Running() bool {
	select {
	case <-n.exit:
		return false
	default:
		return true
	}
}

// WaitReady waits until the node serves and has caught up.
func (n *Node) WaitReady() {
	n.t.Helper()
	deadline := time.Now().Add(readyLimit)
	for {
		body, code, err := n.Get("/readyz?sync")
		if err == nil && code == http.StatusOK {
			return
		}
		if !n.Running() {
			n.t.Fatalf("node %s has ended:\n%s", n.Name, tail([]byte(n.Log()), 2000))
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("node %s is not ready: %s %v", n.Name, body, err)
		}
		time.Sleep(pollEvery)
	}
}

// Get asks the node's HTTP port.
func (n *Node) Get(path string) (string, int, error) {
	client := http.Client{Timeout: readyLimit}
	r, err := client.Get("http://" + n.HTTP + path)
	if err != nil {
		return "", 0, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return string(body), r.StatusCode, err
}

// Status returns the cluster as the node sees it.
func (n *Node) Status() (cluster.Status, error) {
	var s cluster.Status
	body, code, err := n.Get("/status")
	if err != nil {
		return s, err
	}
	if code != http.StatusOK {
		return s, fmt.Errorf("status %d: %s", code, body)
	}
	return s, json.Unmarshal([]byte(body), &s)
}

// DSN returns the connection string of the node.
func (n *Node) DSN() string { return "postgres://postgres@" + n.SQL + "/postgres?sslmode=disable" }

// Connect opens a connection, which is closed at the end of the test.
func (n *Node) Connect() *pgconn.PgConn {
	n.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), readyLimit)
	defer done()
	c, err := pgconn.Connect(ctx, n.DSN())
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		ctx, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		c.Close(ctx)
	})
	return c
}

// Query runs statements on a connection of their own and returns the rows of
// the last, fields separated by | and rows by newlines.
func (n *Node) Query(sql string) (string, error) {
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	c, err := pgconn.Connect(ctx, n.DSN())
	if err != nil {
		return "", err
	}
	defer c.Close(ctx)
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	var out []string
	if len(results) > 0 {
		for _, row := range results[len(results)-1].Rows {
			fields := make([]string, len(row))
			for i, f := range row {
				fields[i] = string(f)
			}
			out = append(out, strings.Join(fields, "|"))
		}
	}
	return strings.Join(out, "\n"), nil
}

// MustQuery is Query for statements that must succeed.
func (n *Node) MustQuery(sql string) string {
	n.t.Helper()
	out, err := n.Query(sql)
	if err != nil {
		n.t.Fatalf("%s: %s: %v", n.Name, sql, err)
	}
	return out
}

// Leader waits for a leader and returns it.
func (c *Cluster) Leader() *Node {
	c.t.Helper()
	deadline := time.Now().Add(readyLimit)
	for time.Now().Before(deadline) {
		for _, n := range c.Nodes {
			if !n.Running() {
				continue
			}
			s, err := n.Status()
			if err != nil || s.Leader == "" {
				continue
			}
			for _, m := range s.Nodes {
				if m.ID == s.Leader {
					for _, leader := range c.Nodes {
						if leader.Peer == m.PeerAddr && leader.Running() {
							return leader
						}
					}
				}
			}
		}
		time.Sleep(pollEvery)
	}
	c.t.Fatal("the cluster has no leader")
	return nil
}

// WaitVoters waits until the cluster has n voters that answer.
func (c *Cluster) WaitVoters(n int) {
	c.t.Helper()
	var last cluster.Status
	var err error
	for deadline := time.Now().Add(readyLimit); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if last, err = c.Nodes[0].Status(); err != nil {
			continue
		}
		voters := 0
		for _, m := range last.Nodes {
			if m.Voter && m.Error == "" {
				voters++
			}
		}
		if voters == n && last.Leader != "" {
			return
		}
	}
	c.t.Fatalf("the cluster does not have %d voters: %+v %v", n, last, err)
}

// Run runs a program to its end and returns its output.
func Run(t testing.TB, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, done := context.WithTimeout(context.Background(), 5*time.Minute)
	defer done()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = ctx.Err()
	}
	return string(out), err
}

// PID returns the process id of the node.
func (n *Node) PID() int { return n.cmd.Process.Pid }
