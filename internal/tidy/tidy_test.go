package tidy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// floors are the floors of the house: a room imports only rooms below it. Rooms
// of one floor that may see each other are listed in neighbours.
var floors = map[string]int{
	"pgwire/pgerr": -1, // the ground: everybody may
	"pgsql/types":  0,
	"raftlog":      1, "sqlfsm/sqlite": 1, "pgsql/parse": 1, "pgsql/parse/ast": 1, "pgsql/catalog": 1,
	"pgsql/builtin": 1, "pgsql/settings": 1, "pgsql/copyfmt": 1,
	"sqlfsm": 2, "snapshot": 2, "pgsql/plan": 2, "locks": 2,
	"cluster":      3,
	"pgwire":       4,
	"session":      5,
	"node":         6,
	"cmd/polyreme": 7,
}

var neighbours = map[[2]string]string{
	{"pgsql/builtin", "sqlfsm/sqlite"}: "functions are registered on connections",
	{"pgsql/parse", "pgsql/parse/ast"}: "the parser makes the tree",
}

// doors are the modules that only one room may import.
var doors = map[string][]string{
	"modernc.org/":                     {"sqlfsm/sqlite"},
	"github.com/hashicorp/raft-wal":    {"raftlog"},
	"github.com/hashicorp/raft":        {"raftlog", "sqlfsm", "snapshot", "cluster"},
	"github.com/jackc/pgx/v5/pgproto3": {"pgwire", "session"},
	"github.com/prometheus/":           {"node"},
	"database/sql":                     {},
}

// deterministic are the rooms between the log and the file. They may not ask for
// the time, for randomness or for the environment.
var deterministic = []string{"raftlog", "sqlfsm", "pgsql/builtin", "pgsql/types", "pgsql/settings"}

// exempt are files of deterministic rooms that are not part of applying: they
// look after files and connections.
var exempt = map[string]string{
	"raftlog/store.go": "the log's own housekeeping", "raftlog/repair.go": "segment meta data",
	"sqlfsm/reader.go": "age of leases", "sqlfsm/checkpoint.go": "age and size of the write-ahead log",
	"sqlfsm/store.go": "configuration",
}

var banned = map[string][]string{
	"time": {"Now", "Since", "Until", "After", "Sleep", "Tick", "NewTimer", "NewTicker", "AfterFunc", "Local"},
	"os":   {"Getenv", "LookupEnv", "Environ", "Hostname", "Getpid"},
}

var bannedImports = []string{"math/rand", "crypto/rand"}

type file struct {
	path string // relative to the root
	room string
	test bool
	ast  *ast.File
	set  *token.FileSet
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(dir))
}

func load(t *testing.T) []file {
	t.Helper()
	base := root(t)
	var files []file
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "testdata" || n == "tools" || n == "gen" || n != "." && strings.HasPrefix(n, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		files = append(files, file{filepath.ToSlash(rel), filepath.ToSlash(filepath.Dir(rel)), strings.HasSuffix(rel, "_test.go"), parsed, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestImportsGoDown(t *testing.T) {
	for _, f := range load(t) {
		own, known := floors[f.room]
		if f.test || !known {
			if !known && !strings.HasPrefix(f.room, "internal/") && !strings.HasPrefix(f.room, "integration") && !f.test {
				t.Errorf("%s: room %s has no floor: give it one in internal/tidy", f.path, f.room)
			}
			continue
		}
		for _, i := range f.ast.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			room, ok := strings.CutPrefix(path, "polyreme/")
			if !ok {
				continue
			}
			other, known := floors[room]
			if !known {
				t.Errorf("%s imports %s, which is no room of the product", f.path, path)
				continue
			}
			if other >= own && neighbours[[2]string{f.room, room}] == "" {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go down only", f.path, own, path, other)
			}
		}
	}
}

func TestOneDoorPerPillar(t *testing.T) {
	for _, f := range load(t) {
		if f.test || strings.HasPrefix(f.room, "internal/") || strings.HasPrefix(f.room, "integration") {
			continue
		}
		for _, i := range f.ast.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			longest := ""
			for module := range doors {
				if strings.HasPrefix(path, module) && len(module) > len(longest) {
					longest = module
				}
			}
			if longest == "" {
				continue
			}
			allowed := false
			for _, room := range doors[longest] {
				allowed = allowed || room == f.room
			}
			if !allowed {
				t.Errorf("%s imports %s: only %v may", f.path, path, doors[longest])
			}
		}
	}
}

func TestDeterministicRooms(t *testing.T) {
	for _, f := range load(t) {
		in := false
		for _, room := range deterministic {
			in = in || f.room == room
		}
		if !in || f.test || exempt[f.path] != "" {
			continue
		}
		for _, i := range f.ast.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			for _, b := range bannedImports {
				if path == b {
					t.Errorf("%s imports %s in a deterministic room", f.path, path)
				}
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok || x.Obj != nil {
				return true
			}
			for _, name := range banned[x.Name] {
				if s.Sel.Name == name {
					t.Errorf("%s: %s.%s in a deterministic room", f.set.Position(n.Pos()), x.Name, name)
				}
			}
			return true
		})
	}
}

// TestNoSleepingTests: tests wait for conditions, or run on simulated time.
func TestNoSleepingTests(t *testing.T) {
	for _, f := range load(t) {
		if !f.test || strings.HasPrefix(f.room, "integration") || f.room == "internal/tidy" {
			continue
		}
		bubble := false
		for _, i := range f.ast.Imports {
			bubble = bubble || i.Path.Value == `"testing/synctest"`
		}
		if bubble {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && s.Sel.Name == "Sleep" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
					t.Errorf("%s: time.Sleep in a test outside of a synctest bubble", f.set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestPackageDocs(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range load(t) {
		if f.test {
			continue
		}
		documented[f.room] = documented[f.room] || f.ast.Doc != nil
	}
	for room, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment", room)
		}
	}
}

var leftover = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)

func TestNoLeftovers(t *testing.T) {
	for _, f := range load(t) {
		if f.room == "internal/tidy" {
			continue
		}
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				if leftover.MatchString(c.Text) && !strings.Contains(c.Text, "XXX000") && !strings.Contains(c.Text, "XX000") {
					t.Errorf("%s: unfinished work in a comment", f.set.Position(c.Pos()))
				}
			}
		}
	}
}

// TestChangelog: the newest section is first and every entry is a full line.
func TestChangelog(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	if lines[0] != "# Changelog" {
		t.Errorf("CHANGELOG.md begins with %q, want %q", lines[0], "# Changelog")
	}
	sections := 0
	for i, line := range lines {
		if strings.HasPrefix(line, "## ") {
			sections++
		}
		if strings.HasPrefix(line, "- ") && !strings.HasSuffix(line, ".") && (i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "  ")) {
			t.Errorf("CHANGELOG.md:%d: an entry is a sentence and ends with a full stop", i+1)
		}
	}
	if sections == 0 {
		t.Error("CHANGELOG.md has no section")
	}
}
