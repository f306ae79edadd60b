package cluster

import (
	"context"
	"errors"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// transport carries raft's messages. Appends and heartbeats, which are nearly all
// of them, are calls in our own encoding (append.go): appends on a connection of
// their own, heartbeats among the other calls, so that a slow disk behind the
// former does not hold up the latter. Votes and snapshots take raft's own
// transport.
//
// raft's fast path for heartbeats is not used: it changes raft's term and state
// with no regard for the main loop (hashicorp/raft#695: nodes diverge). Nor is
// pipelining: a follower that rejects one request while the leader sends the next
// leaves the leader's replication to it waiting for ever, and Shutdown with it
// (hashicorp/raft#612; our partition test met it once in twenty).
type transport struct {
	*raft.NetworkTransport
	node     *Node
	appends  *calls // with connections that carry nothing else
	requests chan raft.RPC
}

// appendBytesMax bounds the entries of one request that has more than one.
const appendBytesMax = raftlog.BatchBytesMax

var errRefused = errors.New("raft refused the request")

func newTransport(n *Node, network *raft.NetworkTransport) *transport {
	t := &transport{NetworkTransport: network, node: n, requests: make(chan raft.RPC)}
	t.appends = newCalls(n.group, kindAppends, n.cfg.Dial)
	t.appends.now[methodAppend] = t.serveAppendNow
	n.calls.handle(methodAppend, t.serveAppend)
	n.group.start(t.pump)
	return t
}

// pump joins the requests that raft's own transport receives with ours.
func (t *transport) pump(ctx context.Context) {
	for {
		select {
		case r := <-t.NetworkTransport.Consumer():
			select {
			case t.requests <- r:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (t *transport) Consumer() <-chan raft.RPC { return t.requests }

func (*transport) SetHeartbeatHandler(func(raft.RPC)) {}

// Close does nothing: the node closes what is below, and a raft instance may be
// replaced by another on the same transport.
func (*transport) Close() error { return nil }

func (*transport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// AppendEntries sends entries and, while the follower stores them, makes this
// node's own copy durable. Of many entries it sends the first, and tells raft by
// shortening the request: raft goes on from the last one in it.
func (t *transport) AppendEntries(_ raft.ServerID, target raft.ServerAddress, r *raft.AppendEntriesRequest, answer *raft.AppendEntriesResponse) error {
	log := t.node.cfg.Log
	bytes := 0
	for i, e := range r.Entries {
		if bytes += len(e.Data); bytes > appendBytesMax && i > 0 {
			r.Entries = r.Entries[:i]
			break
		}
	}
	commit := r.LeaderCommitIndex
	if first := uint64(log.Unsynced()); first != 0 {
		commit = min(commit, first-1)
	}
	ctx, cancel := context.WithTimeout(t.node.group.ctx, raftTimeout)
	defer cancel()
	service := t.appends
	if len(r.Entries) == 0 {
		service = t.node.calls
	}
	cc, err := service.connection(ctx, string(target))
	if err != nil {
		return err
	}
	call, err := cc.begin(methodAppend, encodeAppend(r, commit))
	if err != nil {
		return err
	}
	if len(r.Entries) > 0 {
		if err := log.TrySync(); err != nil {
			call.giveUp()
			return err
		}
	}
	reply, err := call.wait(ctx)
	if err != nil {
		return err
	}
	return decodeAppended(reply, answer)
}

// serveAppendNow answers a request on the connection's reader: the next one comes
// when this one is answered.
func (t *transport) serveAppendNow(payload []byte) ([]byte, error) {
	return t.serveAppend(t.node.group.ctx, payload)
}

// serveAppend hands a request to raft, and returns raft's answer when what was
// stored is durable.
func (t *transport) serveAppend(ctx context.Context, payload []byte) ([]byte, error) {
	request, err := decodeAppend(payload)
	if err != nil {
		return nil, err
	}
	done := make(chan raft.RPCResponse, 1)
	select {
	case t.requests <- raft.RPC{Command: request, RespChan: done}:
	case <-ctx.Done():
		return nil, errClosing
	}
	var answer raft.RPCResponse
	select {
	case answer = <-done:
	case <-ctx.Done():
		return nil, errClosing
	}
	response, ok := answer.Response.(*raft.AppendEntriesResponse)
	if answer.Error != nil || !ok {
		return nil, errors.Join(errRefused, answer.Error)
	}
	if len(request.Entries) > 0 {
		if err := t.node.cfg.Log.Sync(); err != nil {
			return nil, err
		}
	}
	return encodeAppended(response), nil
}
