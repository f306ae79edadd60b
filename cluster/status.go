package cluster

import (
	"context"
	"encoding/json"
	"sort"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

const infoTimeout = time.Second

// Info is what a node says of itself.
type Info struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	PeerAddr string        `json:"peer_addr"`
	SQLAddr  string        `json:"sql_addr"`
	HTTPAddr string        `json:"http_addr"`
	Version  string        `json:"version"`
	Role     string        `json:"role"` // leader, follower, candidate
	NonVoter bool          `json:"non_voter"`
	Term     uint64        `json:"term"`
	Commit   raftlog.Index `json:"commit_index"`
	Applied  raftlog.Index `json:"applied_index"`
	LeaderID string        `json:"leader_id"`
}

// NodeStatus is a member of the cluster as Status found it.
type NodeStatus struct {
	Info
	Voter bool   `json:"voter"`
	Lag   uint64 `json:"lag"`   // log entries that it has yet to apply
	Error string `json:"error"` // why it did not answer; its Info is then the last one known
}

// Status is the cluster as one node sees it.
type Status struct {
	Node   string       `json:"node"` // who was asked
	Leader string       `json:"leader"`
	Term   uint64       `json:"term"`
	Nodes  []NodeStatus `json:"nodes"` // by name, then id
}

// directory remembers what nodes said of themselves.
type directory struct {
	mu    sync.Mutex // guards known
	known map[string]Info
}

func (d *directory) put(i Info) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = make(map[string]Info)
	}
	d.known[i.ID] = i
}

func (d *directory) get(id string) (Info, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i, ok := d.known[id]
	return i, ok
}

// Info returns what this node says of itself.
func (n *Node) Info() Info {
	r := n.raft()
	leader, _ := n.Leader()
	i := Info{
		ID: n.cfg.ID, Name: n.cfg.Name, PeerAddr: n.cfg.Advertise,
		SQLAddr: n.cfg.SQLAddr, HTTPAddr: n.cfg.HTTPAddr, Version: n.cfg.Version,
		Role: "follower", NonVoter: n.cfg.NonVoter,
		Term: r.CurrentTerm(), Commit: raftlog.Index(r.CommitIndex()),
		Applied: n.cfg.Machine.AppliedIndex(), LeaderID: leader,
	}
	switch r.State() {
	case raft.Leader:
		i.Role = "leader"
	case raft.Candidate:
		i.Role = "candidate"
	}
	return i
}

func (n *Node) serveInfo(context.Context, []byte) ([]byte, error) {
	return json.Marshal(n.Info())
}

// infoOf asks a member for its Info.
func (n *Node) infoOf(ctx context.Context, s raft.Server) (Info, error) {
	if s.ID == raft.ServerID(n.cfg.ID) {
		return n.Info(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	var i Info
	if err := n.callJSON(ctx, string(s.Address), methodInfo, struct{}{}, &i); err != nil {
		return Info{}, err
	}
	n.directory.put(i)
	return i, nil
}

// Status asks every member how it is.
func (n *Node) Status(ctx context.Context) Status {
	servers := n.Servers()
	st := Status{Node: n.cfg.ID, Nodes: make([]NodeStatus, len(servers))}
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			st.Nodes[i] = n.nodeStatus(ctx, s)
		}()
	}
	wg.Wait()
	var commit raftlog.Index
	for _, s := range st.Nodes {
		commit = max(commit, s.Commit)
		if s.Error == "" && s.Role == "leader" && s.Term >= st.Term {
			st.Leader, st.Term = s.ID, s.Term
		}
	}
	for i := range st.Nodes {
		if s := &st.Nodes[i]; s.Error == "" {
			s.Lag = uint64(commit - min(s.Applied, commit))
		}
	}
	sort.Slice(st.Nodes, func(i, j int) bool {
		a, b := &st.Nodes[i], &st.Nodes[j]
		if a.Name != b.Name {
			return a.Name < b.Name
		}
		return a.ID < b.ID
	})
	return st
}

func (n *Node) nodeStatus(ctx context.Context, s raft.Server) NodeStatus {
	i, err := n.infoOf(ctx, s)
	st := NodeStatus{Info: i, Voter: s.Suffrage == raft.Voter}
	if err != nil {
		st.Info, _ = n.directory.get(string(s.ID))
		st.Role = "unreachable"
		st.Error = err.Error()
	}
	st.ID, st.PeerAddr = string(s.ID), string(s.Address)
	return st
}
