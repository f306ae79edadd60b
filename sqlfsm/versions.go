package sqlfsm

import (
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// versions are the versions of all relations, as the table
// polyreme_relation_version has them. A relation that is not in it has version
// 0; relation 0 is the schema as a whole. Entries that change the schema write
// the table by their own operations.
type versions map[uint32]raftlog.SchemaVersion

func loadVersions(conn *sqlite.Conn) (versions, error) {
	s, err := conn.Prepare("SELECT relation, version FROM polyreme_relation_version")
	if err != nil {
		return nil, err
	}
	defer s.Release()
	v := make(versions)
	for {
		row, err := s.Step()
		if err != nil {
			return nil, err
		}
		if !row {
			return v, nil
		}
		v[uint32(s.ColumnInt64(0))] = raftlog.SchemaVersion(s.ColumnInt64(1))
	}
}

func (v versions) schema() raftlog.SchemaVersion { return v[0] }

// hold tells whether an entry was planned against the definitions of now.
func (v versions) hold(dependencies []raftlog.Dependency) bool {
	for _, d := range dependencies {
		if v[d.Relation] != d.Version {
			return false
		}
	}
	return true
}
