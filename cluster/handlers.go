package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/raft"

	"polyreme/pgwire/pgerr"
)

// The methods of this package. Numbers are part of the protocol between nodes.
const (
	methodPropose uint8 = iota + 1
	methodReadIndex
	methodTerm
	methodInfo
	methodJoin
	methodLeave
	methodTransfer
	methodAppend
)

func (n *Node) registerCalls() {
	n.calls.later[methodPropose] = n.servePropose
	n.calls.handle(methodReadIndex, n.serveReadIndex)
	n.calls.now[methodReadIndex] = n.answerReadIndex
	n.calls.now[methodTerm] = n.serveTerm
	n.calls.handle(methodInfo, n.serveInfo)
	n.calls.handle(methodJoin, n.serveJoin)
	n.calls.handle(methodLeave, n.serveLeave)
	n.calls.handle(methodTransfer, n.serveTransfer)
}

// Handle registers a handler for calls of other nodes; method is at least
// MethodUserMin.
func (n *Node) Handle(method uint8, h Handler) {
	if method < MethodUserMin {
		panic(fmt.Sprintf("cluster: method %d is reserved", method))
	}
	n.calls.handle(method, h)
}

// Call calls a handler of the node with the given id, which may be this one.
func (n *Node) Call(ctx context.Context, id string, method uint8, payload []byte) ([]byte, error) {
	if id == n.cfg.ID {
		h := n.calls.handler(method)
		if h == nil {
			return nil, errMethod
		}
		return h(ctx, payload)
	}
	for _, s := range n.Servers() {
		if s.ID == raft.ServerID(id) {
			return n.calls.call(ctx, string(s.Address), method, payload)
		}
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "node %q is not a member of the cluster", id)
}

// callJSON calls a method whose payload and reply are JSON.
func (n *Node) callJSON(ctx context.Context, addr string, method uint8, request, reply any) error {
	payload, err := json.Marshal(request)
	if err != nil {
		return err
	}
	b, err := n.calls.call(ctx, addr, method, payload)
	if err != nil || reply == nil {
		return err
	}
	if err := json.Unmarshal(b, reply); err != nil {
		return fmt.Errorf("reply of %s: %w", addr, err)
	}
	return nil
}
