package node

import (
	"context"
	"encoding/binary"
	"sync"

	"polyreme/pgwire/pgerr"
)

// cancelElsewhere passes a CancelRequest on to all other nodes: the one that
// has the connection takes it.
func (n *Node) cancelElsewhere(ctx context.Context, pid uint32, secret []byte) {
	payload := append(binary.BigEndian.AppendUint32(nil, pid), secret...)
	var calls sync.WaitGroup
	for _, s := range n.cluster.Servers() {
		if string(s.ID) == n.identity.ID {
			continue
		}
		calls.Go(func() {
			if _, err := n.cluster.Call(ctx, string(s.ID), cancelMethod, payload); err != nil {
				n.log.Debug("cancel request not passed on", "node", string(s.ID), "err", err)
			}
		})
	}
	calls.Wait()
}

// cancelHere takes a CancelRequest that another node passed on.
func (n *Node) cancelHere(_ context.Context, payload []byte) ([]byte, error) {
	if len(payload) < 4 {
		return nil, pgerr.New(pgerr.ProtocolViolation, "cancel request of %d bytes", len(payload))
	}
	n.sql.Cancel(binary.BigEndian.Uint32(payload), payload[4:])
	return nil, nil
}
