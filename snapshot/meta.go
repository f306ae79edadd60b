package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// formatVersion is the version of the metadata file. A higher one on disk was
// written by a newer release.
const formatVersion = 1

// ErrNewerFormat tells that the data directory was written by a newer release:
// run that release, or a later one, on it.
var ErrNewerFormat = errors.New("snapshot metadata was written by a newer version of Polyreme")

// The kinds of a recorded snapshot.
const (
	kindLive   = "live"
	kindStaged = "staged"
)

// record is the content of the metadata file, as JSON.
type record struct {
	Format int               `json:"format"`
	Kind   string            `json:"kind"`
	Meta   raft.SnapshotMeta `json:"meta"`
	// Applied is the applied index in the database file when the snapshot was
	// taken. It may be below Meta.Index, which also counts entries that raft
	// keeps to itself.
	Applied uint64 `json:"applied"`
}

// readRecord returns the recorded snapshot, or nil where there is none.
func readRecord(path string) (*record, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot metadata: %w", err)
	}
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("read snapshot metadata %s: %w", path, err)
	}
	if version.Format > formatVersion {
		return nil, fmt.Errorf("%w: %s has format %d, this version reads up to %d", ErrNewerFormat, path, version.Format, formatVersion)
	}
	r := new(record)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read snapshot metadata %s: %w", path, err)
	}
	if r.Kind != kindLive && r.Kind != kindStaged {
		return nil, fmt.Errorf("read snapshot metadata %s: unknown kind %q", path, r.Kind)
	}
	return r, nil
}

// writeRecord replaces the metadata file, atomically and durably.
func writeRecord(path string, r *record) error {
	r.Format = formatVersion
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write snapshot metadata: %w", err)
	}
	temporary := path + ".new"
	if err := writeFile(temporary, append(text, '\n')); err != nil {
		return fmt.Errorf("write snapshot metadata: %w", err)
	}
	if err := renameDurably(temporary, path); err != nil {
		return fmt.Errorf("write snapshot metadata: %w", err)
	}
	return nil
}

// writeFile writes and fsyncs a whole file.
func writeFile(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}

// renameDurably renames within a directory and fsyncs the directory.
func renameDurably(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

// removeDurably removes the files that exist and fsyncs their directory, which
// is that of the first.
func removeDurably(paths ...string) error {
	removed := false
	for _, p := range paths {
		err := os.Remove(p)
		switch {
		case err == nil:
			removed = true
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	if !removed {
		return nil
	}
	return syncDir(filepath.Dir(paths[0]))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}

// exists tells whether path names a file.
func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
