package raftlog

// Late syncs
//
// raft-wal syncs each append before it returns. raft calls it from its main loop
// and sends entries to followers only afterwards, so that a write would wait for
// two syncs in sequence: the leader's and a follower's. Here an append returns
// when it is written, and Store.Sync makes it durable: the leader replicates
// meanwhile (thesis §10.2.1), and the main loop is free. Whoever says to others
// that an entry is stored calls Sync first (package cluster, durable.go).
//
// At most one append is not durable at any time: the next one begins with the
// sync of the one before. raft-wal relies on that when it recovers the tail.

// lateFiles are the files of the log. While late is set a Sync is noted only.
type lateFiles struct {
	VFS
	late    bool // set by the one goroutine that appends, during the append
	pending File // has an append that is not durable
}

func (d *lateFiles) Create(dir, name string, size uint64) (File, error) {
	f, err := d.VFS.Create(dir, name, size)
	if err != nil {
		return nil, err
	}
	return lateFile{f, d}, nil
}

func (d *lateFiles) OpenWriter(dir, name string) (File, error) {
	f, err := d.VFS.OpenWriter(dir, name)
	if err != nil {
		return nil, err
	}
	return lateFile{f, d}, nil
}

// settle makes the pending append durable.
func (d *lateFiles) settle() error {
	f := d.pending
	d.pending = nil
	if f == nil {
		return nil
	}
	return f.Sync()
}

type lateFile struct {
	File
	files *lateFiles
}

func (f lateFile) Sync() error {
	if f.files.late {
		f.files.pending = f.File
		return nil
	}
	return f.File.Sync()
}
