package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"polyreme/cluster"
	"polyreme/node"
)

const clusterText = `Show and change the members of a cluster, through the HTTP port of any node.

Usage:
  polyreme cluster status               [--http-addr ADDR] [--json]
  polyreme cluster join --to PEER_ADDR  [--http-addr ADDR]
  polyreme cluster leave                [--node ID|NAME] [--http-addr ADDR]
  polyreme cluster transfer-leader      [--node ID|NAME] [--http-addr ADDR]`

const adminLimit = 90 * time.Second

func runCluster(ctx context.Context, args []string, out io.Writer) error {
	actions := map[string]func(context.Context, []string, io.Writer) error{
		"status": clusterStatus, "join": clusterJoin, "leave": clusterLeave, "transfer-leader": clusterTransfer,
	}
	if len(args) == 0 || isHelp(args[0]) {
		fmt.Fprintln(out, clusterText)
		if len(args) == 0 {
			return errors.New("no action given")
		}
		return nil
	}
	action := actions[args[0]]
	if action == nil {
		return fmt.Errorf("unknown action %q: see polyreme cluster --help", args[0])
	}
	return action(ctx, args[1:], out)
}

func clusterStatus(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("cluster status", "Show the nodes of the cluster.\n\nExample:\n  polyreme cluster status --http-addr 127.0.0.1:8433", out)
	addr := flags.String("http-addr", node.DefaultHTTPAddr, "HTTP address of any node")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := parse(flags, args); err != nil {
		return err
	}
	body, err := request(ctx, http.MethodGet, *addr, "/status", nil)
	if err != nil {
		return err
	}
	if *asJSON {
		_, err := out.Write(body)
		return err
	}
	var s cluster.Status
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("answer of %s not understood: %w", *addr, err)
	}
	return printStatus(out, s)
}

func printStatus(out io.Writer, s cluster.Status) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSQL\tPEER\tHTTP\tROLE\tVOTER\tTERM\tAPPLIED\tLAG\tVERSION")
	leader := "none"
	for _, n := range s.Nodes {
		voter := "no"
		if n.Voter {
			voter = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n",
			n.ID, n.Name, n.SQLAddr, n.PeerAddr, n.HTTPAddr, n.Role, voter, n.Term, n.Applied, n.Lag, n.Version)
		if n.ID == s.Leader {
			leader = n.Name
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nleader: %s\n", leader)
	return err
}

func clusterJoin(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("cluster join", "Tell a running, empty node to join a cluster.\n\nExample:\n  polyreme cluster join --http-addr 127.0.0.1:8435 --to 127.0.0.1:7432", out)
	addr := flags.String("http-addr", node.DefaultHTTPAddr, "HTTP address of the empty node")
	to := flags.String("to", "", "peer addresses of the cluster, separated by commas (required)")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *to == "" {
		return errors.New("no address to join: give one with --to PEER_ADDR")
	}
	before, err := nodeID(ctx, *addr)
	if err != nil {
		return err
	}
	if _, err := request(ctx, http.MethodPost, *addr, "/cluster/join", map[string]any{"to": splitList(*to)}); err != nil {
		return err
	}
	if err := waitJoined(ctx, *addr, before); err != nil {
		return err
	}
	fmt.Fprintln(out, "joined")
	return nil
}

// nodeID asks a node for its id.
func nodeID(ctx context.Context, addr string) (string, error) {
	s, err := status(ctx, addr)
	return s.Node, err
}

func status(ctx context.Context, addr string) (cluster.Status, error) {
	var s cluster.Status
	body, err := request(ctx, http.MethodGet, addr, "/status", nil)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

// waitJoined waits until the node at addr, which had the id before, is a
// member of a cluster of several under its new id.
func waitJoined(ctx context.Context, addr, before string) error {
	ctx, done := context.WithTimeout(ctx, adminLimit)
	defer done()
	for {
		if s, err := status(ctx, addr); err == nil && s.Node != before && len(s.Nodes) > 1 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the node at %s has not joined yet: see its log, and polyreme cluster status", addr)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func clusterLeave(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("cluster leave", "Remove a node from its cluster. A leader hands its leadership over first.\n\nExample:\n  polyreme cluster leave --node n3", out)
	addr := flags.String("http-addr", node.DefaultHTTPAddr, "HTTP address of any node")
	member := flags.String("node", "", "id or name of the node (default: the node asked)")
	if err := parse(flags, args); err != nil {
		return err
	}
	if _, err := request(ctx, http.MethodPost, *addr, "/cluster/leave", map[string]string{"node": *member}); err != nil {
		return err
	}
	fmt.Fprintln(out, "left")
	return nil
}

func clusterTransfer(ctx context.Context, args []string, out io.Writer) error {
	flags := newFlags("cluster transfer-leader", "Make another node the leader.\n\nExample:\n  polyreme cluster transfer-leader --node n2", out)
	addr := flags.String("http-addr", node.DefaultHTTPAddr, "HTTP address of any node")
	member := flags.String("node", "", "id or name of the new leader (default: the one with the newest log)")
	if err := parse(flags, args); err != nil {
		return err
	}
	if _, err := request(ctx, http.MethodPost, *addr, "/cluster/transfer-leader", map[string]string{"node": *member}); err != nil {
		return err
	}
	fmt.Fprintln(out, "transferred")
	return nil
}

// request sends a request to the HTTP port of a node and returns the body of
// its answer, or the error that it says.
func request(ctx context.Context, method, addr, path string, body any) ([]byte, error) {
	ctx, done := context.WithTimeout(ctx, adminLimit)
	defer done()
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+addr+path, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("--http-addr %q is not HOST:PORT: %w", addr, err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("no node answers at %s: give the HTTP address of a running node with --http-addr (%w)", addr, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 300 {
		return answer, nil
	}
	var failure struct{ Error, Hint string }
	if json.Unmarshal(answer, &failure) != nil || failure.Error == "" {
		return nil, fmt.Errorf("node at %s answers %s", addr, response.Status)
	}
	if failure.Hint != "" {
		return nil, fmt.Errorf("%s (%s)", failure.Error, failure.Hint)
	}
	return nil, errors.New(failure.Error)
}
