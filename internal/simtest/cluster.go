package simtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	agreement "polyreme/cluster"
	"polyreme/internal/memnet"
	"polyreme/node"
)

const (
	nodes = 3

	sqlPort, peerPort, httpPort = 5432, 7432, 8432

	clientHost   = "client"
	segmentBytes = 1 << 20
	readyLimit   = 5 * time.Minute
	// holderSilence is short enough for nodes that are cut off to lose their locks.
	holderSilence = 2 * time.Second
)

// member is one node: its host, its directory and its present run.
type member struct {
	name string
	dir  string
	run  *node.Node // nil while it is down
}

// cluster is the nodes of a simulation. It lives inside a bubble.
type cluster struct {
	t       *testing.T
	net     *memnet.Network
	members []*member
	log     *slog.Logger
	latency time.Duration // of a message between two nodes, but for disasters
}

// hostNetwork is a host of memnet as a node wants it.
type hostNetwork struct{ host *memnet.Host }

func (h hostNetwork) Listen(addr string) (net.Listener, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	return h.host.Listen(n)
}

func (h hostNetwork) Dial(ctx context.Context, addr string) (net.Conn, error) {
	return h.host.Dial(ctx, addr)
}

// newCluster prepares n members whose data is in dir, one folder each.
func newCluster(t *testing.T, dir string, n int) *cluster {
	c := &cluster{t: t, net: memnet.New(), log: slog.New(slog.DiscardHandler)}
	if os.Getenv("SIM_LOG") != "" {
		c.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	for i := range n {
		name := fmt.Sprintf("n%d", i)
		c.members = append(c.members, &member{name: name, dir: filepath.Join(dir, name)})
	}
	return c
}

func (c *cluster) start(m *member) {
	c.t.Helper()
	addr := func(port int) string { return net.JoinHostPort(m.name, strconv.Itoa(port)) }
	config := node.Config{
		DataDir: m.dir, Name: m.name, Insecure: true, Logger: c.log.With("node", m.name),
		SQLAddr: addr(sqlPort), PeerAddr: addr(peerPort), HTTPAddr: addr(httpPort),
		Timing:  agreement.Timing{HolderSilence: holderSilence},
		Network: hostNetwork{c.net.Host(m.name)}, LogSegmentBytes: segmentBytes,
	}
	if m != c.members[0] {
		config.Join = []string{net.JoinHostPort(c.members[0].name, strconv.Itoa(peerPort))}
	}
	run, err := node.Open(config)
	if err != nil {
		c.t.Fatalf("start %s: %v", m.name, err)
	}
	m.run = run
}

// crash ends a member without a word: its connections break first.
func (c *cluster) crash(m *member) {
	c.net.Crash(m.name)
	c.fail(m)
	m.run.Abort()
	m.run = nil
}

// fail reports that a member stopped by itself.
func (c *cluster) fail(m *member) {
	select {
	case err := <-m.run.Failed():
		c.t.Errorf("node %s stopped: %v", m.name, err)
	default:
	}
}

// close ends all members.
func (c *cluster) close() {
	for _, m := range c.members {
		if m.run != nil {
			c.fail(m)
			m.run.Abort()
			m.run = nil
		}
	}
}

// connect opens a client connection to a member.
func (c *cluster) connect(ctx context.Context, m *member) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig("postgres://postgres@" + net.JoinHostPort(m.name, strconv.Itoa(sqlPort)) + "/postgres?sslmode=disable")
	if err != nil {
		return nil, err
	}
	host := c.net.Host(clientHost)
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.DialFunc = func(ctx context.Context, _, addr string) (net.Conn, error) { return host.Dial(ctx, addr) }
	return pgconn.ConnectConfig(ctx, config)
}

// exec runs statements through a member, again until they succeed.
func (c *cluster) exec(m *member, sql string) error {
	ctx, done := context.WithTimeout(context.Background(), readyLimit)
	defer done()
	var last error
	for ctx.Err() == nil {
		conn, err := c.connect(ctx, m)
		if err == nil {
			_, err = conn.Exec(ctx, sql).ReadAll()
			conn.Close(ctx)
		}
		if err == nil {
			return nil
		}
		last = err
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("%s: %w", sql, last)
}

// copyDir copies a directory of files and folders.
func copyDir(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
