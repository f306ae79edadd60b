package node

import (
	"context"
	"encoding/binary"

	"polyreme/pgwire/pgerr"
	"polyreme/session"
)

// askXact asks another node whether a transaction that it began is in progress.
func (n *Node) askXact(ctx context.Context, node string, id int64) (session.XactState, error) {
	reply, err := n.cluster.Call(ctx, node, xactMethod, binary.BigEndian.AppendUint64(nil, uint64(id)))
	if err != nil {
		return 0, err
	}
	if len(reply) != 1 {
		return 0, pgerr.New(pgerr.ProtocolViolation, "answer of %d bytes about a transaction", len(reply))
	}
	return session.XactState(reply[0]), nil
}

// answerXact answers askXact of another node.
func (n *Node) answerXact(_ context.Context, payload []byte) ([]byte, error) {
	if len(payload) != 8 {
		return nil, pgerr.New(pgerr.ProtocolViolation, "question of %d bytes about a transaction", len(payload))
	}
	return []byte{byte(n.sessions.XactState(int64(binary.BigEndian.Uint64(payload))))}, nil
}
