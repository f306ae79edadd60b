package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"polyreme/node"
)

const startText = `Run a node.

On an empty directory, without --join, it begins a new cluster of one node.
With --join it becomes a member of the cluster that the address belongs to. On
a directory that was used before it goes on from there. SIGTERM or Ctrl-C lets
running statements finish, hands the leadership over and ends the node.

Usage:
  polyreme start --data DIR [flags]

Example, three nodes on one machine:
  polyreme start --data n1 --name n1
  polyreme start --data n2 --name n2 --sql-addr 127.0.0.1:5433 --peer-addr 127.0.0.1:7433 --http-addr 127.0.0.1:8433 --join 127.0.0.1:7432
  polyreme start --data n3 --name n3 --sql-addr 127.0.0.1:5434 --peer-addr 127.0.0.1:7434 --http-addr 127.0.0.1:8434 --join 127.0.0.1:7432`

// gcPercent lets the small heap of a node grow further between collections than
// Go's default of 100: they compete with clients for the processors.
const gcPercent = 400

func runStart(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("start", startText, out)
	var config node.Config
	flags.StringVar(&config.DataDir, "data", "", "data directory (required)")
	flags.StringVar(&config.SQLAddr, "sql-addr", node.DefaultSQLAddr, "address for PostgreSQL clients")
	flags.StringVar(&config.PeerAddr, "peer-addr", node.DefaultPeerAddr, "address for the other nodes")
	flags.StringVar(&config.HTTPAddr, "http-addr", node.DefaultHTTPAddr, "address for health checks, metrics and the cluster commands")
	flags.StringVar(&config.AdvertisePeer, "advertise-peer-addr", "", "peer address as other nodes reach it (default: --peer-addr)")
	flags.StringVar(&config.AdvertiseSQL, "advertise-sql-addr", "", "SQL address as clients reach it (default: --sql-addr)")
	flags.StringVar(&config.Name, "name", "", "name of the node (default: the host's name)")
	join := flags.String("join", "", "peer addresses of a cluster to join, separated by commas")
	flags.BoolVar(&config.NonVoter, "non-voter", false, "serve reads, take no part in elections")
	flags.BoolVar(&config.Insecure, "insecure", false, "allow addresses that other machines can reach, without encryption and passwords")
	level := logLevel(flags)
	if err := parse(flags, args); err != nil {
		return err
	}
	if config.DataDir == "" {
		return errors.New("no data directory: give one with --data DIR")
	}
	config.Join = splitList(*join)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	config.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	return node.Run(ctx, config)
}

func logLevel(flags *flag.FlagSet) *slog.LevelVar {
	level := new(slog.LevelVar)
	flags.TextVar(level, "log-level", level, "least severe log messages to print: DEBUG, INFO, WARN or ERROR")
	return level
}

// splitList splits a comma-separated list, without empty members.
func splitList(list string) []string {
	var items []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
