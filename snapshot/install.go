package snapshot

import (
	"errors"
	"fmt"
	"io"
)

// installation is the reader of a staged snapshot. Its bytes are in place
// already, so reading gives nothing; the state machine calls Install instead.
type installation struct{ store *Store }

// Read gives nothing: see Install.
func (*installation) Read([]byte) (int, error) { return 0, io.EOF }

// Close does nothing.
func (*installation) Close() error { return nil }

// Install puts the staged database in the place of the database file, which
// nobody may have open, and settles the metadata. When it fails, or the
// process dies in it, the next Open of the store finishes it.
func (i *installation) Install() error { return i.store.install() }

// install is the swap and settle steps of the plan.
func (s *Store) install() error {
	s.mu.Lock()
	if s.recorded == nil || s.recorded.Kind != kindStaged {
		s.mu.Unlock()
		return errors.New("install snapshot: none is staged")
	}
	r := *s.recorded
	s.mu.Unlock()
	if err := s.swap(); err != nil {
		return fmt.Errorf("install snapshot: %w", err)
	}
	r.Kind = kindLive
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := writeRecord(s.path(metadataName), &r); err != nil {
		return fmt.Errorf("install snapshot: %w", err)
	}
	s.recorded = &r
	s.log.Info("snapshot installed", "index", r.Meta.Index, "bytes", r.Meta.Size)
	return s.at("settled")
}

// swap renames the staged file over the database file. The write-ahead log of
// the old database goes first: SQLite would replay it into the new one.
func (s *Store) swap() error {
	if err := s.at("swap"); err != nil {
		return err
	}
	if err := removeDurably(s.config.Database+"-wal", s.config.Database+"-shm"); err != nil {
		return err
	}
	if err := s.at("log removed"); err != nil {
		return err
	}
	if err := renameDurably(s.path(stagedName), s.config.Database); err != nil {
		return err
	}
	return s.at("swapped")
}

// recover finishes or forgets what a crash left, and checks the database.
func (s *Store) recover() error {
	staged, err := exists(s.path(stagedName))
	if err != nil {
		return fmt.Errorf("recover snapshot: %w", err)
	}
	planned := s.recorded != nil && s.recorded.Kind == kindStaged
	switch {
	case planned && staged:
		s.log.Warn("finishing an interrupted snapshot install", "index", s.recorded.Meta.Index)
		err = s.finish()
	case planned:
		// The rename was done; only the settle step is missing.
		r := *s.recorded
		r.Kind = kindLive
		err = writeRecord(s.path(metadataName), &r)
		s.recorded = &r
	case staged:
		err = removeDurably(s.path(stagedName))
	}
	if err == nil {
		incoming := s.path(incomingName)
		err = removeDurably(incoming, incoming+"-wal", incoming+"-shm", incoming+"-journal")
	}
	if err != nil {
		return fmt.Errorf("recover snapshot: %w", err)
	}
	return s.checkDatabase()
}

// finish installs the staged database, unless the node's own is further on.
func (s *Store) finish() error {
	present, err := exists(s.config.Database)
	if err != nil {
		return err
	}
	if present {
		own, err := s.config.Inspect(s.config.Database)
		if err == nil && own.Index >= s.recorded.Meta.Index {
			r := *s.recorded
			r.Kind = kindLive
			if err := writeRecord(s.path(metadataName), &r); err != nil {
				return err
			}
			s.recorded = &r
			return removeDurably(s.path(stagedName))
		}
		// A database that cannot be read, half way through a swap, is
		// replaced by the verified one.
	}
	return s.install()
}

// checkDatabase holds invariant 1.
func (s *Store) checkDatabase() error {
	if s.recorded == nil {
		return nil
	}
	present, err := exists(s.config.Database)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if !present {
		return fmt.Errorf("check database: %s is missing, but a snapshot of it at index %d was recorded", s.config.Database, s.recorded.Applied)
	}
	own, err := s.config.Inspect(s.config.Database)
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if own.Index < s.recorded.Applied {
		return fmt.Errorf("check database: %s is at index %d, behind its snapshot at %d; the file was replaced or damaged", s.config.Database, own.Index, s.recorded.Applied)
	}
	return nil
}
