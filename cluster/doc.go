// Package cluster is the agreement of the nodes: it owns raft's life, the peer
// port, the membership, the proposals and the proofs for linearizable reads.
//
// It knows entries as bytes with a request id; what they mean is the state
// machine's. Its promises:
//
//  1. Propose: an entry takes effect at most once, whatever is resent, and when
//     Propose returns without an error its outcome is the one and only outcome.
//  2. ReadIndex: a read on a database that has applied the returned index sees
//     every write that was acknowledged, on any node, before the call.
//  3. Close: every goroutine and connection of the node has ended.
//
// One listener, the peer port, carries raft and our own calls (frame.go). Three
// defects of hashicorp/raft v1.7.3 are stepped around: the heartbeat fast path
// (transport), VerifyLeader, which may be satisfied by an old answer
// (readindex.go), and followers that install the same snapshot for ever
// (install.go).
package cluster
