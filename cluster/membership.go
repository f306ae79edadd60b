package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/pgwire/pgerr"
)

const (
	configTimeout  = 10 * time.Second // of one change of the configuration
	transferWait   = 10 * time.Second
	joinRetry      = 250 * time.Millisecond
	joinPoll       = 50 * time.Millisecond
	catchUpEntries = 64 // a non-voter that lags by no more is caught up
)

type joinRequest struct {
	ID       string `json:"id"`
	Addr     string `json:"addr"`
	Info     Info   `json:"info"`
	NonVoter bool   `json:"non_voter"`
}

type memberRequest struct {
	Node string `json:"node"` // id or name
}

// Join makes this node a member of the cluster that the nodes at addrs belong
// to, and returns when it is a voter, or a caught-up non-voter if that is what it
// is to be. It tries until ctx ends, and may be called again.
func (n *Node) Join(ctx context.Context, addrs []string) error {
	if len(addrs) == 0 {
		return errors.New("join cluster: no address to ask")
	}
	if servers := n.Servers(); len(servers) == 1 && servers[0].ID == raft.ServerID(n.cfg.ID) {
		return pgerr.New(pgerr.ObjectInUse, "join cluster: this node is a cluster of its own").
			WithHint("Start a node on an empty data directory with --join.")
	}
	request := joinRequest{ID: n.cfg.ID, Addr: n.cfg.Advertise, Info: n.Info(), NonVoter: n.cfg.NonVoter}
	for {
		err := n.askToJoin(ctx, addrs, request)
		if err == nil {
			break
		}
		if pgerr.Code(err) == pgerr.ObjectInUse {
			return fmt.Errorf("join cluster: %w", err)
		}
		if !sleep(ctx, joinRetry) {
			return fmt.Errorf("join cluster through %v: %w", addrs, err)
		}
	}
	for {
		suffrage, member := n.suffrage(n.cfg.ID)
		if member && (suffrage == raft.Voter || n.cfg.NonVoter && n.caughtUp()) {
			return nil
		}
		if !sleep(ctx, joinPoll) {
			return fmt.Errorf("join cluster: this node is a member but has not caught up: %w", ctx.Err())
		}
	}
}

// caughtUp tells whether this node has applied what it knows to be committed.
func (n *Node) caughtUp() bool {
	id, _ := n.Leader()
	return id != "" && uint64(n.cfg.Machine.AppliedIndex())+catchUpEntries >= n.raft().CommitIndex()
}

// askToJoin asks each address once.
func (n *Node) askToJoin(ctx context.Context, addrs []string, request joinRequest) error {
	var errs error
	for _, addr := range addrs {
		if addr == n.cfg.Advertise && len(addrs) > 1 {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, configTimeout)
		err := n.callJSON(ctx, addr, methodJoin, request, nil)
		cancel()
		if err == nil {
			return nil
		}
		errs = errors.Join(errs, fmt.Errorf("%s: %w", addr, err))
	}
	return errs
}

func (n *Node) suffrage(id string) (raft.ServerSuffrage, bool) {
	for _, s := range n.Servers() {
		if s.ID == raft.ServerID(id) {
			return s.Suffrage, true
		}
	}
	return 0, false
}

// serveJoin adds a node to the configuration, as the leader, or passes the
// request on to the leader.
func (n *Node) serveJoin(ctx context.Context, payload []byte) ([]byte, error) {
	var q joinRequest
	if err := json.Unmarshal(payload, &q); err != nil {
		return nil, pgerr.New(pgerr.ProtocolViolation, "join request not understood: %v", err)
	}
	if !n.IsLeader() {
		return n.passOn(ctx, methodJoin, payload)
	}
	n.directory.put(q.Info)
	return nil, n.addMember(q)
}

// passOn sends a request that is for the leader to it.
func (n *Node) passOn(ctx context.Context, method uint8, payload []byte) ([]byte, error) {
	v := n.view.get()
	if v.id == "" || v.id == n.cfg.ID {
		return nil, errNotLeader
	}
	ctx, cancel := context.WithTimeout(ctx, configTimeout)
	defer cancel()
	return n.calls.call(ctx, v.addr, method, payload)
}

// addMember adds a server, or gives it a new address. A new one begins without a
// vote: an empty voter would count for the majority before it can help with one.
func (n *Node) addMember(q joinRequest) error {
	var suffrage raft.ServerSuffrage = raft.Nonvoter
	for _, s := range n.Servers() {
		if s.ID == raft.ServerID(q.ID) {
			if s.Address == raft.ServerAddress(q.Addr) {
				return nil
			}
			suffrage = s.Suffrage
		} else if s.Address == raft.ServerAddress(q.Addr) {
			return pgerr.New(pgerr.ObjectInUse, "address %s belongs to node %s of the cluster", q.Addr, s.ID).
				WithHint("Remove that node first: polyreme cluster leave --node %s", s.ID)
		}
	}
	r := n.raft()
	var f raft.IndexFuture
	if suffrage == raft.Voter {
		f = r.AddVoter(raft.ServerID(q.ID), raft.ServerAddress(q.Addr), 0, configTimeout)
	} else {
		f = r.AddNonvoter(raft.ServerID(q.ID), raft.ServerAddress(q.Addr), 0, configTimeout)
	}
	if err := f.Error(); err != nil {
		return configError(err)
	}
	n.log.Info("node added", "node", q.ID, "name", q.Info.Name, "addr", q.Addr)
	return nil
}

func configError(err error) error {
	if errors.Is(err, raft.ErrNotLeader) || errors.Is(err, raft.ErrLeadershipLost) {
		return errNotLeader
	}
	return fmt.Errorf("change configuration: %w", err)
}

// promoteCaughtUp gives a vote to the non-voters that want one and have applied
// nearly everything. It is the leader's, again and again.
func (n *Node) promoteCaughtUp(ctx context.Context) {
	for _, s := range n.Servers() {
		if s.Suffrage == raft.Voter {
			continue
		}
		target := n.raft().CommitIndex()
		i, err := n.infoOf(ctx, s)
		if err != nil || i.NonVoter || i.ID != string(s.ID) || uint64(i.Applied)+catchUpEntries < target {
			continue
		}
		if err := n.raft().AddVoter(s.ID, s.Address, 0, configTimeout).Error(); err != nil {
			n.log.Debug("node not promoted", "node", string(s.ID), "err", err)
			return
		}
		n.log.Info("node promoted to voter", "node", string(s.ID), "name", i.Name)
	}
}

// Leave removes a member, named by its id or name, from the cluster; "" is this
// node. A leader hands its leadership over first.
func (n *Node) Leave(ctx context.Context, node string) error {
	if node == "" {
		node = n.cfg.ID
	}
	s, err := n.find(ctx, node)
	if err != nil {
		return err
	}
	payload, err := json.Marshal(memberRequest{Node: string(s.ID)})
	if err != nil {
		return err
	}
	for {
		if n.IsLeader() {
			_, err = n.serveLeave(ctx, payload)
		} else {
			_, err = n.passOn(ctx, methodLeave, payload)
		}
		if err == nil || !retriable(err) {
			return err
		}
		if !sleep(ctx, joinRetry) {
			return fmt.Errorf("leave cluster: %w", err)
		}
	}
}

// retriable tells that a request to the leader may be sent again, to the next.
func retriable(err error) bool {
	return errors.Is(err, errNotLeader) || errors.Is(err, errConnection) || errors.Is(err, errClosing) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// find returns the member with the id or the name.
func (n *Node) find(ctx context.Context, node string) (raft.Server, error) {
	servers := n.Servers()
	for _, s := range servers {
		if string(s.ID) == node {
			return s, nil
		}
	}
	for _, s := range servers {
		i, err := n.infoOf(ctx, s)
		if err != nil {
			i, _ = n.directory.get(string(s.ID))
		}
		if i.Name == node && node != "" {
			return s, nil
		}
	}
	return raft.Server{}, pgerr.New(pgerr.UndefinedObject, "node %q is not a member of the cluster", node)
}

func (n *Node) serveLeave(ctx context.Context, payload []byte) ([]byte, error) {
	var q memberRequest
	if err := json.Unmarshal(payload, &q); err != nil {
		return nil, pgerr.New(pgerr.ProtocolViolation, "leave request not understood: %v", err)
	}
	if !n.IsLeader() {
		return nil, errNotLeader
	}
	if q.Node == n.cfg.ID {
		others, _ := n.otherVoters()
		if len(others) == 0 {
			return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "the last voter cannot leave the cluster")
		}
		if err := n.transfer(""); err != nil {
			return nil, err
		}
		return nil, errNotLeader // the caller asks the new leader
	}
	if _, member := n.suffrage(q.Node); !member {
		return nil, nil
	}
	if err := n.raft().RemoveServer(raft.ServerID(q.Node), 0, configTimeout).Error(); err != nil {
		return nil, configError(err)
	}
	n.log.Info("node removed", "node", q.Node)
	return nil, nil
}

// TransferLeadership hands the leadership to another voter: the one named by id
// or name, or the most advanced for "". Without another voter it does nothing.
func (n *Node) TransferLeadership(ctx context.Context, to string) error {
	id := ""
	if to != "" {
		s, err := n.find(ctx, to)
		if err != nil {
			return err
		}
		id = string(s.ID)
	}
	if n.IsLeader() {
		return n.transfer(id)
	}
	payload, err := json.Marshal(memberRequest{Node: id})
	if err != nil {
		return err
	}
	_, err = n.passOn(ctx, methodTransfer, payload)
	return err
}

func (n *Node) serveTransfer(_ context.Context, payload []byte) ([]byte, error) {
	var q memberRequest
	if err := json.Unmarshal(payload, &q); err != nil {
		return nil, pgerr.New(pgerr.ProtocolViolation, "transfer request not understood: %v", err)
	}
	if !n.IsLeader() {
		return nil, errNotLeader
	}
	return nil, n.transfer(q.Node)
}

// transfer is the leader's: it hands over to the voter with the id, or to any.
func (n *Node) transfer(id string) error {
	others, _ := n.otherVoters()
	if id == n.cfg.ID || id == "" && len(others) == 0 {
		return nil
	}
	f := n.raft().LeadershipTransfer
	if id != "" {
		i := slices.IndexFunc(others, func(s raft.Server) bool { return string(s.ID) == id })
		if i < 0 {
			return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "node %q has no vote and cannot lead", id)
		}
		f = func() raft.Future { return n.raft().LeadershipTransferToServer(others[i].ID, others[i].Address) }
	}
	if err := f().Error(); err != nil {
		return fmt.Errorf("transfer leadership: %w", err)
	}
	return nil
}

// refreshAddress tells the cluster when this node's address is not the one in
// the configuration: it was started with another one.
func (n *Node) refreshAddress(ctx context.Context) {
	for sleep(ctx, time.Second) {
		var peers []string
		stale := false
		for _, s := range n.Servers() {
			if s.ID == raft.ServerID(n.cfg.ID) {
				stale = string(s.Address) != n.cfg.Advertise
			} else {
				peers = append(peers, string(s.Address))
			}
		}
		if !stale {
			if id, _ := n.Leader(); id != "" {
				return
			}
			continue
		}
		request := joinRequest{ID: n.cfg.ID, Addr: n.cfg.Advertise, Info: n.Info(), NonVoter: n.cfg.NonVoter}
		var err error
		if n.IsLeader() {
			err = n.addMember(request)
		} else {
			err = n.askToJoin(ctx, peers, request)
		}
		if err != nil {
			n.log.Debug("address not refreshed", "err", err)
		}
	}
}
