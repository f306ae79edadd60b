// Package simtest runs whole nodes (real raft, real SQLite and log files, the
// real protocol with a real driver) inside one testing/synctest bubble: time is
// simulated, the network is memnet, and a seed decides which links are cut and
// which nodes crash, and when. Clients record what they did and saw; afterwards
// the history must be linearizable and all replicas equal. Other clients count
// under an advisory lock, of which nothing may get lost.
//
//	go test ./internal/simtest -run TestSimulation -sim.seeds=200
//	go test ./internal/simtest -run TestSimulation -sim.seed=17     one seed again
package simtest
