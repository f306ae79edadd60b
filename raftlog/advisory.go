package raftlog

import (
	"math"

	"polyreme/pgsql/types"
)

// AdvisoryAction is what an OpAdvisory does.
type AdvisoryAction uint8

// The actions. A lock that a holder asks for twice is one lock: how often its
// client asked is the holder's business.
const (
	AdvisoryTry     AdvisoryAction = iota + 1 // take Locks[0] if it is free
	AdvisoryWait                              // take Locks[0], or queue for it
	AdvisoryRelease                           // give back Locks, or leave their queues
	AdvisoryEnd                               // release all that Holder has; its zero fields mean all of the node
	AdvisoryGuard                             // as the last operation of a transaction: refuse it if Holder has no lock

	advisoryActionEnd
)

// What an OpAdvisory answers as its statement's Changed: for a release and an end
// the number of locks that were there.
const (
	AdvisoryRefused int64 = iota
	AdvisoryGranted
	AdvisoryQueued
)

// AdvisoryHolder is who has an advisory lock: a client's session in one run of a
// node. Run and Session are never 0.
type AdvisoryHolder struct {
	Node    string
	Run     int64
	Session int64
}

// AdvisoryLock is a lock and the mode in which it is held.
type AdvisoryLock struct {
	Key    int64
	Pair   bool // the key is two integers, which are other locks than one bigint
	Shared bool
	// Temporary is a lock that no client asks for: who has it owns the schema
	// pg_temp_<Key>. Its keys are apart from those of the clients.
	Temporary bool
}

// Advisory is what the parameters of an OpAdvisory say.
type Advisory struct {
	Action AdvisoryAction
	Holder AdvisoryHolder
	PID    int64 // of the client's connection, for pg_locks
	Holds  bool  // to try and to wait is refused if Holder has no lock
	Locks  []AdvisoryLock
}

// The parameters are action, node, run, session, PID, holds, and then for each lock
// its key and its flags.
const (
	advisoryHeader = 6
	advisoryLock   = 2

	advisoryPair      = 1
	advisoryShared    = 2
	advisoryTemporary = 4
)

// Operation returns the operation. Unless it is a guard it is the only one of its
// entry.
func (a *Advisory) Operation() Operation {
	params := []types.Value{
		types.IntValue(int64(a.Action)), types.TextValue(a.Holder.Node), types.IntValue(a.Holder.Run),
		types.IntValue(a.Holder.Session), types.IntValue(a.PID), types.BoolValue(a.Holds),
	}
	for _, l := range a.Locks {
		var flags int64
		if l.Pair {
			flags |= advisoryPair
		}
		if l.Shared {
			flags |= advisoryShared
		}
		if l.Temporary {
			flags |= advisoryTemporary
		}
		params = append(params, types.IntValue(l.Key), types.IntValue(flags))
	}
	return Operation{Kind: OpAdvisory, Params: params}
}

// ParseAdvisory reads the parameters of an OpAdvisory. ok is false for what
// Operation did not make.
func ParseAdvisory(params []types.Value) (a Advisory, ok bool) {
	if len(params) < advisoryHeader || (len(params)-advisoryHeader)%advisoryLock != 0 {
		return a, false
	}
	for i := range params {
		if i == 1 && params[i].Kind != types.Text || i != 1 && params[i].Kind != types.Int {
			return a, false
		}
	}
	action := params[0].Int64()
	if action <= 0 || action >= int64(advisoryActionEnd) {
		return a, false
	}
	a.Action = AdvisoryAction(action)
	a.Holder = AdvisoryHolder{Node: string(params[1].Bytes), Run: params[2].Int64(), Session: params[3].Int64()}
	a.PID, a.Holds = params[4].Int64(), params[5].Int64() != 0
	for rest := params[advisoryHeader:]; len(rest) > 0; rest = rest[advisoryLock:] {
		flags := rest[1].Int64()
		if flags&^(advisoryPair|advisoryShared) != 0 && flags != advisoryTemporary {
			return a, false
		}
		a.Locks = append(a.Locks, AdvisoryLock{
			Key: rest[0].Int64(), Pair: flags&advisoryPair != 0, Shared: flags&advisoryShared != 0,
			Temporary: flags == advisoryTemporary,
		})
	}
	asks := a.Action == AdvisoryTry || a.Action == AdvisoryWait
	return a, !asks || len(a.Locks) == 1
}

// Parts returns the key as pg_locks shows it: classid, objid and objsubid.
func (l AdvisoryLock) Parts() (class, object uint32, sub int64) {
	sub = 1
	if l.Pair {
		sub = 2
	}
	return uint32(uint64(l.Key) >> 32), uint32(uint64(l.Key) & math.MaxUint32), sub
}

// Mode returns PostgreSQL's name of the mode.
func (l AdvisoryLock) Mode() string {
	if l.Shared {
		return "ShareLock"
	}
	return "ExclusiveLock"
}
