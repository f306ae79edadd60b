package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const demoText = `Run a cluster of several nodes on this machine, each a process of its own, and
print how to connect. Ctrl-C stops it. Without --data everything is removed at
the end.

Usage:
  polyreme demo [flags]

Example:
  polyreme demo --nodes 3 --data ./demo`

const (
	demoNodesMax   = 9
	demoReadyLimit = 60 * time.Second
	demoStopLimit  = 30 * time.Second
)

// demo is a running demonstration cluster.
type demo struct {
	out     io.Writer
	program string
	dir     string
	host    string
	sql     int // ports of the first node
	peer    int
	http    int
	nodes   []*exec.Cmd
	exits   chan struct{} // one for each process that has ended
	waits   sync.WaitGroup
}

func runDemo(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("demo", demoText, out)
	nodes := flags.Int("nodes", 3, "number of nodes")
	dir := flags.String("data", "", "directory to keep the data in (default: a temporary one)")
	d := &demo{out: out, host: "127.0.0.1"}
	flags.IntVar(&d.sql, "sql-port", 5432, "SQL port of the first node; the others have the next ones")
	flags.IntVar(&d.peer, "peer-port", 7432, "peer port of the first node")
	flags.IntVar(&d.http, "http-port", 8432, "HTTP port of the first node")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *nodes < 1 || *nodes > demoNodesMax {
		return fmt.Errorf("--nodes must be between 1 and %d", demoNodesMax)
	}
	var err error
	if d.program, err = os.Executable(); err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	if d.dir = *dir; d.dir == "" {
		if d.dir, err = os.MkdirTemp("", "polyreme-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(d.dir)
	} else if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	d.exits = make(chan struct{}, *nodes)
	defer d.stop()
	if err := d.startAll(ctx, *nodes); err != nil {
		return err
	}
	d.announce()
	for left := *nodes; left > 0; left-- {
		select {
		case <-ctx.Done():
			fmt.Fprintln(out, "\nStopping.")
			return nil
		case <-d.exits:
		}
	}
	return errors.New("all nodes have ended: see the logs in " + d.dir)
}

func (d *demo) addr(port, i int) string { return net.JoinHostPort(d.host, strconv.Itoa(port+i)) }

// startAll runs the nodes. Those of a new cluster start one after the other, as
// each joins the first. Those of one that was stopped need each other.
func (d *demo) startAll(ctx context.Context, nodes int) error {
	_, err := os.Stat(filepath.Join(d.dir, nodeName(0), "node.json"))
	used := err == nil
	ended := make([]<-chan struct{}, nodes)
	for i := range nodes {
		if ended[i], err = d.start(i); err != nil {
			return err
		}
		if !used {
			if err := d.waitReady(ctx, i, ended[i]); err != nil {
				return err
			}
		}
	}
	for i := range nodes {
		if err := d.waitReady(ctx, i, ended[i]); err != nil {
			return err
		}
	}
	return nil
}

func nodeName(i int) string { return "n" + strconv.Itoa(i+1) }

// start runs node i. The channel is closed when its process has ended.
func (d *demo) start(i int) (<-chan struct{}, error) {
	name := nodeName(i)
	args := []string{
		"start", "--data", filepath.Join(d.dir, name), "--name", name, "--log-level", "WARN",
		"--sql-addr", d.addr(d.sql, i), "--peer-addr", d.addr(d.peer, i), "--http-addr", d.addr(d.http, i),
	}
	if i > 0 {
		args = append(args, "--join", d.addr(d.peer, 0))
	}
	log, err := os.OpenFile(filepath.Join(d.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(d.program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	// Ctrl-C in a terminal goes to the whole group; the nodes are stopped by us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start node %s: %w", name, err)
	}
	d.nodes = append(d.nodes, cmd)
	ended := make(chan struct{})
	d.waits.Go(func() {
		err := cmd.Wait()
		close(ended)
		if err != nil {
			fmt.Fprintf(d.out, "node %s has ended (%v); the others go on while they are a majority\n", name, err)
		}
		d.exits <- struct{}{}
	})
	return ended, nil
}

// waitReady waits until node i serves.
func (d *demo) waitReady(ctx context.Context, i int, ended <-chan struct{}) error {
	name := nodeName(i)
	ctx, done := context.WithTimeout(ctx, demoReadyLimit)
	defer done()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.addr(d.http, i)+"/readyz", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ended:
			return fmt.Errorf("node %s ended at once:\n%s", name, d.lastLog(name))
		case <-ctx.Done():
			return fmt.Errorf("node %s is not ready:\n%s", name, d.lastLog(name))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lastLog returns the end of a node's log.
func (d *demo) lastLog(name string) string {
	const tail = 2000
	data, err := os.ReadFile(filepath.Join(d.dir, name+".log"))
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-tail):])
}

func (d *demo) announce() {
	fmt.Fprintf(d.out, "A Polyreme cluster of %d nodes is running; its data is in %s.\n\n", len(d.nodes), d.dir)
	for i, cmd := range d.nodes {
		fmt.Fprintf(d.out, "  n%d  psql postgres://postgres@%s/postgres   http://%s/status   pid %d\n",
			i+1, d.addr(d.sql, i), d.addr(d.http, i), cmd.Process.Pid)
	}
	fmt.Fprintf(d.out, "\nWrite on any node, read on any other. Ctrl-C stops the cluster.\n")
}

// stop ends all nodes: politely, and after a while for good.
func (d *demo) stop() {
	for _, cmd := range d.nodes {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			fmt.Fprintln(d.out, "stop node:", err)
		}
	}
	kill := time.AfterFunc(demoStopLimit, func() {
		for _, cmd := range d.nodes {
			cmd.Process.Kill()
		}
	})
	d.waits.Wait()
	kill.Stop()
}
