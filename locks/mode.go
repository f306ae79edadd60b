package locks

// Mode is how a row or a table is claimed.
type Mode uint8

// The modes of rows, then those of tables.
const (
	ForKeyShare Mode = iota
	ForShare
	ForNoKeyUpdate
	ForUpdate
	AccessShare
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
	modes
)

// modeNames are those of pg_locks. Rows have the names of the table modes with the
// same conflicts, as in PostgreSQL (tupleLockExtraInfo in heapam.c).
var modeNames = [modes]string{
	"AccessShareLock", "RowShareLock", "ExclusiveLock", "AccessExclusiveLock",
	"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock",
	"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
}

// String is the mode's name in pg_locks.
func (m Mode) String() string { return modeNames[m] }

// modeSet has a bit for each mode.
type modeSet uint16

func (m Mode) bit() modeSet { return 1 << m }

func setOf(modes ...Mode) modeSet {
	var s modeSet
	for _, m := range modes {
		s |= m.bit()
	}
	return s
}

// conflicts tells with which modes of others a mode cannot be held. (Tables 13.2
// and 13.3 of PostgreSQL's documentation.)
var conflicts = [modes]modeSet{
	ForKeyShare:    setOf(ForUpdate),
	ForShare:       setOf(ForNoKeyUpdate, ForUpdate),
	ForNoKeyUpdate: setOf(ForShare, ForNoKeyUpdate, ForUpdate),
	ForUpdate:      setOf(ForKeyShare, ForShare, ForNoKeyUpdate, ForUpdate),

	AccessShare:          setOf(AccessExclusive),
	RowShare:             setOf(Exclusive, AccessExclusive),
	RowExclusive:         setOf(Share, ShareRowExclusive, Exclusive, AccessExclusive),
	ShareUpdateExclusive: setOf(ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	Share:                setOf(RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive),
	ShareRowExclusive:    setOf(RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	Exclusive:            setOf(RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	AccessExclusive: setOf(AccessShare, RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive,
		Exclusive, AccessExclusive),
}
