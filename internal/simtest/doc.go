// Package simtest runs whole nodes (real raft, real SQLite and log files, the
// real protocol with a real driver) inside one testing/synctest bubble: time is
// simulated, the network is memnet, and a seed decides which links are cut and
// which nodes crash, and when. Clients record what they did and saw, and checkers,
// each tested with histories that are wrong, judge it afterwards. At the end all
// replicas must be equal and no lock be left.
//
//	TestSimulation                registers are linearizable; a counter under an
//	                              advisory lock loses nothing
//	TestSimulationOfTransactions  list-append histories without the anomalies that
//	                              their isolation level forbids
//	TestSimulationOfLoads         a bank, blind increments, ids of sequences, races
//	                              for names, a job queue, transactions whose outcome
//	                              is asked for, and DDL, all on one cluster
//
// A load is one file: its tables, what a client does in a step, and a checker of
// what all of them were told and what is in the tables at the end. A client whose
// connection breaks amid COMMIT mostly asks another node for the outcome with
// pg_xact_status.
//
//	go test ./internal/simtest -run TestSimulation -sim.seeds=200
//	go test ./internal/simtest -run TestSimulation -sim.seed=17     one seed again
//	SIM_LOG=1 go test …                                             with the nodes' log
package simtest
