package parse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// rewriteOracle asks a real PostgreSQL 15 for its verdicts again.
var (
	rewriteOracle   = flag.String("oracle", "", "DSN of a PostgreSQL 15 whose verdicts are written to testdata")
	oracleMutations = flag.Int("oracle-mutations", 2000, "how many mutated statements TestOracle tries")
	oracleSeed      = flag.Uint64("oracle-seed", 1, "seed of the mutations")
)

const (
	rejectedFile    = "testdata/regress_rejected.txt"
	differencesFile = "testdata/regress_differences.txt"
)

// verdict is what the server or we say of a statement: "" for accepted, else
// SQLSTATE, position and message.
type verdict struct {
	code     string
	position int
	message  string
}

// regressDir returns where scripts/pg-regress-sources.sh put the .sql files.
func regressDir() string {
	if dir := os.Getenv("POLYREME_PG_REGRESS_DIR"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "polyreme", "pg-regress")
}

// regressCorpus returns all statements by file; nil where the files are not
// there.
func regressCorpus(t testing.TB) map[string][]psqlStatement {
	corpus, err := readCorpus()
	if err != nil {
		t.Fatal(err)
	}
	return corpus
}

// readCorpus reads the corpus once.
var readCorpus = sync.OnceValues(func() (map[string][]psqlStatement, error) {
	files, _ := filepath.Glob(filepath.Join(regressDir(), "*.sql"))
	if len(files) == 0 {
		return nil, nil
	}
	corpus := map[string][]psqlStatement{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		corpus[filepath.Base(f)] = splitPsql(string(text))
	}
	return corpus, nil
})

func fingerprint(sql string) string {
	sum := sha256.Sum256([]byte(sql))
	return hex.EncodeToString(sum[:8])
}

// TestRegress compares our verdict on every statement of PostgreSQL 15's
// regression files with the server's.
func TestRegress(t *testing.T) {
	corpus := regressCorpus(t)
	if corpus == nil {
		t.Logf("NOT RUN: no PostgreSQL regression files in %q; scripts/pg-regress-sources.sh fetches them", regressDir())
		return
	}
	if *rewriteOracle != "" {
		askOracle(t, corpus)
	}
	server := readVerdicts(t)
	names := make([]string, 0, len(corpus))
	for name := range corpus {
		names = append(names, name)
	}
	sort.Strings(names)
	var total, same, supported, supportedSame int
	var out bytes.Buffer
	for _, name := range names {
		for _, s := range corpus[name] {
			list, err := Parse(s.text)
			known := err != nil
			for _, r := range list {
				if _, ok := r.Stmt.(*ast.Unsupported); !ok {
					known = true
				}
			}
			want, ours := server[fingerprint(s.text)], verdict{}
			if err != nil {
				e := pgerr.From(err)
				ours = verdict{e.Code, e.Position, e.Message}
			}
			agree := (want.code == "") == (ours.code == "")
			total++
			if agree {
				same++
			}
			if known {
				supported++
				if agree {
					supportedSame++
				}
			}
			switch {
			case !agree || want.code != ours.code:
				fmt.Fprintf(&out, "%s %s: server %q, we %q: %.100s\n", name, fingerprint(s.text), want.code, ours.code, oneLine(s.text))
			case want != ours:
				fmt.Fprintf(&out, "%s %s: server says %d %s, we %d %s\n", name, fingerprint(s.text),
					want.position, oneLine(want.message), ours.position, oneLine(ours.message))
			}
		}
	}
	t.Logf("all %d statements: same verdict on %d (%.2f %%)", total, same, 100*float64(same)/float64(total))
	t.Logf("supported kinds %d: same verdict on %d (%.2f %%)", supported, supportedSame,
		100*float64(supportedSame)/float64(supported))
	if float64(same) < 0.97*float64(total) || float64(supportedSame) < 0.995*float64(supported) {
		t.Errorf("too many differences")
	}
	checkGolden(t, differencesFile, out.String())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// checkGolden compares lines with a golden file: new ones fail; with -oracle the
// file is written.
func checkGolden(t *testing.T, file, got string) {
	if *rewriteOracle != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(golden)) {
		known[line] = true
	}
	for line := range strings.Lines(got) {
		if !known[line] {
			t.Errorf("new difference: %s", strings.TrimSpace(line))
		}
		delete(known, line)
	}
	if len(known) > 0 {
		t.Logf("%d differences of %s are gone: rewrite it", len(known), file)
	}
}

// readVerdicts reads the statements that the server rejects.
func readVerdicts(t *testing.T) map[string]verdict {
	text, err := os.ReadFile(rejectedFile)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]verdict{}
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(f) != 4 {
			t.Fatalf("%s: bad line %q", rejectedFile, line)
		}
		message := strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(f[3])
		position, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		m[f[0]] = verdict{f[1], position, message}
	}
	return m
}

// oracleVerdicts connects to the server and returns a function that asks it.
// Statements are sent within an aborted transaction: the server then only parses,
// and answers 25P02 to what the grammar accepts.
func oracleVerdicts(t *testing.T) func(sql string) verdict {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, *rewriteOracle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	conn.Exec(ctx, "BEGIN; SELECT 1/0").ReadAll()
	return func(sql string) verdict {
		_, err := conn.Prepare(ctx, "", sql, nil)
		var e *pgconn.PgError
		switch {
		case err == nil: // ROLLBACK and the like
			return verdict{}
		case !errors.As(err, &e):
			t.Fatalf("%q: %v", sql, err)
		case e.Code == "25P02":
			return verdict{}
		}
		return verdict{e.Code, int(e.Position), e.Message}
	}
}

// TestOracle compares the verdicts on the seeds and on mutations of them with
// the server's, where one is given.
func TestOracle(t *testing.T) {
	if *rewriteOracle == "" {
		t.Log("NOT RUN: no -oracle given")
		return
	}
	ask := oracleVerdicts(t)
	rng := rand.New(rand.NewPCG(1, *oracleSeed))
	all, other := seeds(t), 0
	for i := 0; i < len(all)+*oracleMutations; i++ {
		sql := all[i%len(all)]
		if i >= len(all) {
			sql = mutate(rng, sql, all[rng.IntN(len(all))])
		}
		var ours verdict
		list, err := Parse(sql)
		if err != nil {
			e := pgerr.From(err)
			ours = verdict{e.Code, e.Position, e.Message}
		}
		if len(list) > 1 || len(list) == 1 && isUnsupported(list[0].Stmt) {
			continue
		}
		switch want := ask(sql); {
		case want.code != ours.code:
			t.Errorf("%s\n server %v\n     we %v", sql, want, ours)
		case want != ours:
			other++
			t.Logf("%s\n server %v\n     we %v", sql, want, ours)
		}
	}
	t.Logf("%d statements; other message or position on %d", len(all)+*oracleMutations, other)
}

func isUnsupported(s ast.Stmt) bool {
	_, ok := s.(*ast.Unsupported)
	return ok
}

// mutate deletes, repeats, swaps or borrows a token.
func mutate(rng *rand.Rand, sql, other string) string {
	a, b := splitTokens(sql), splitTokens(other)
	if len(a) == 0 || len(b) == 0 {
		return sql
	}
	i := rng.IntN(len(a))
	switch rng.IntN(4) {
	case 0:
		a = slices.Delete(a, i, i+1)
	case 1:
		a = slices.Insert(a, i, b[rng.IntN(len(b))])
	case 2:
		a[i] = b[rng.IntN(len(b))]
	case 3:
		j := rng.IntN(len(a))
		a[i], a[j] = a[j], a[i]
	}
	return strings.Join(a, " ")
}

// splitTokens returns the source texts of the tokens.
func splitTokens(sql string) []string {
	l := lexer{src: sql}
	var list []string
	var t token
	for l.next(&t); t.kind != tEOF; l.next(&t) {
		list = append(list, sql[t.pos:t.end])
	}
	return list
}

// askOracle writes the server's verdicts.
func askOracle(t *testing.T, corpus map[string][]psqlStatement) {
	ask := oracleVerdicts(t)
	rejected := map[string]verdict{}
	for _, list := range corpus {
		for _, s := range list {
			if v := ask(s.text); v.code != "" {
				rejected[fingerprint(s.text)] = v
			}
		}
	}
	lines := make([]string, 0, len(rejected))
	for f, v := range rejected {
		message := strings.NewReplacer("\n", `\n`, `\`, `\\`).Replace(v.message)
		lines = append(lines, fmt.Sprintf("%s %s %d %s\n", f, v.code, v.position, message))
	}
	sort.Strings(lines)
	if err := os.WriteFile(rejectedFile, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}
