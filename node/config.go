package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"polyreme/cluster"
)

// Config configures a node.
type Config struct {
	DataDir       string
	Name          string // default: the host's name
	SQLAddr       string
	PeerAddr      string
	HTTPAddr      string
	AdvertisePeer string   // the peer address as other nodes dial it; default PeerAddr
	AdvertiseSQL  string   // the SQL address as clients dial it; default SQLAddr
	Join          []string // peer addresses of the cluster to join; none: bootstrap
	NonVoter      bool
	// Insecure allows to listen on addresses that other machines can reach,
	// although nothing is encrypted and nobody is asked for a password.
	Insecure bool
	Logger   *slog.Logger
	Timing   cluster.Timing
	// Network is how the node listens and dials; nil is TCP.
	Network Network
	// LogSegmentBytes is the size of the raft log's files; 0 is the default.
	LogSegmentBytes int
}

// Network is how a node listens and dials.
type Network interface {
	Listen(addr string) (net.Listener, error)
	Dial(ctx context.Context, addr string) (net.Conn, error)
}

// tcp is the network of the machine.
type tcp struct{}

func (tcp) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

func (tcp) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}

// Default addresses.
const (
	DefaultSQLAddr  = "127.0.0.1:5432"
	DefaultPeerAddr = "127.0.0.1:7432"
	DefaultHTTPAddr = "127.0.0.1:8432"
)

// check validates the configuration and fills in defaults.
func (c *Config) check() error {
	if c.DataDir == "" {
		return fmt.Errorf("no data directory: give one with --data DIR")
	}
	for _, a := range []struct {
		flag string
		addr *string
		def  string
	}{
		{"--sql-addr", &c.SQLAddr, DefaultSQLAddr},
		{"--peer-addr", &c.PeerAddr, DefaultPeerAddr},
		{"--http-addr", &c.HTTPAddr, DefaultHTTPAddr},
	} {
		if *a.addr == "" {
			*a.addr = a.def
		}
		host, _, err := net.SplitHostPort(*a.addr)
		if err != nil {
			return fmt.Errorf("%s %q is not HOST:PORT: %w", a.flag, *a.addr, err)
		}
		if !c.Insecure && !isLoopback(host) {
			return fmt.Errorf("%s %s can be reached from other machines, but connections are neither encrypted nor authenticated: "+
				"use a loopback address such as 127.0.0.1, or give --insecure on a network you trust", a.flag, *a.addr)
		}
	}
	for _, addr := range c.Join {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fmt.Errorf("--join %q is not HOST:PORT: %w", addr, err)
		}
	}
	if c.Network == nil {
		c.Network = tcp{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// advertised gives the address to tell others: the configured one, else that
// of the listener, whose port may have been chosen by the system.
func advertised(configured string, l net.Listener) string {
	if configured != "" {
		return configured
	}
	return l.Addr().String()
}
