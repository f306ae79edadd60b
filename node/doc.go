// Package node is the composition root: it opens the rooms of one server in
// one order, wires them, and closes them in the reverse order. It also serves
// the administration HTTP port.
//
// Order of opening: listeners (so that a port in use changes nothing on disk),
// lock and identity of the data directory, snapshot store (which finishes an
// interrupted install), database file, raft log, cluster, SQL server.
package node
