package node

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	identityFile = "node.json"
	logDir       = "log"
	// dataFormat is the version of the layout of the data directory.
	dataFormat = 1
)

// identity is who a data directory belongs to. The id is random and never
// used again: a node whose directory was wiped is another node.
type identity struct {
	Format int    `json:"format"`
	ID     string `json:"id"`
	// Joining holds the addresses of the cluster that the node was started to
	// join, until it is a member.
	Joining []string `json:"joining,omitempty"`
}

// loadIdentity reads the identity of a data directory; nil when it has none.
func loadIdentity(dir string) (*identity, error) {
	path := filepath.Join(dir, identityFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read data directory: %w", err)
	}
	var id identity
	if err := json.Unmarshal(data, &id); err != nil || id.ID == "" {
		return nil, fmt.Errorf("%s is damaged: restore it from a backup, or remove the whole directory and let the node join again as a new one", path)
	}
	if id.Format > dataFormat {
		return nil, fmt.Errorf("data directory %s has format %d, this release knows up to %d: start it with the newer release that wrote it", dir, id.Format, dataFormat)
	}
	return &id, nil
}

func newIdentity(joining []string) *identity {
	var b [8]byte
	rand.Read(b[:])
	return &identity{Format: dataFormat, ID: hex.EncodeToString(b[:]), Joining: joining}
}

// save writes the identity durably: whole or not at all.
func (id *identity) save(dir string) error {
	data, err := json.MarshalIndent(id, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, identityFile)
	if err := writeDurably(path, append(data, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func writeDurably(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
