package node

import (
	"context"

	"polyreme/cluster"
)

const lockMethod = cluster.MethodUserMin + 1

// lockPeers is how the locks of blocks reach the leader.
type lockPeers struct{ *cluster.Node }

func (p lockPeers) Members() []string {
	var ids []string
	for _, s := range p.Servers() {
		ids = append(ids, string(s.ID))
	}
	return ids
}

func (p lockPeers) CallLocks(ctx context.Context, id string, payload []byte) ([]byte, error) {
	return p.Call(ctx, id, lockMethod, payload)
}
