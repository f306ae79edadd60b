package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"polyreme/pgsql/parse"
	"polyreme/pgsql/types"
)

func TestZZClients(t *testing.T) {
	dir := os.Getenv("CLIENTS")
	if dir == "" {
		t.SkipNow()
	}
	files, _ := filepath.Glob(dir + "/*.sql")
	s := newSession(t)
	reasons := map[string]int{}
	example := map[string]string{}
	ok, all := 0, 0
	for _, f := range files {
		data, _ := os.ReadFile(f)
		fok, fall := 0, 0
		for _, sql := range strings.Split(string(data), ";\n") {
			sql = strings.TrimSpace(sql)
			if sql == "" {
				continue
			}
			stmts, err := parse.Parse(sql)
			if err != nil {
				reasons["PARSE "+err.Error()]++
				example["PARSE "+err.Error()] = sql
				fall++
				continue
			}
			for _, st := range stmts {
				fall++
				text := sql[st.Start:st.End]
				r := s.safeExec(text)
				if strings.HasPrefix(r, "ERROR") && !strings.HasPrefix(r, "ERROR 42P01") && !strings.HasPrefix(r, "ERROR 42P07") && !strings.HasPrefix(r, "ERROR 23505") {
					if i := strings.Index(r, " at "); i > 0 {
						r = r[:i]
					}
					key := r
					if i := strings.Index(r, "sqlite:"); i > 0 {
						key = "XX " + r[i:]
					}
					reasons[key]++
					example[key] = filepath.Base(f) + ": " + text
				} else {
					fok++
				}
			}
		}
		fmt.Printf("%s %d/%d\n", filepath.Base(f), fok, fall)
		ok += fok
		all += fall
	}
	var keys []string
	for k := range reasons {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return reasons[keys[i]] > reasons[keys[j]] })
	for _, k := range keys {
		ex := example[k]
		if len(ex) > 300 {
			ex = ex[:300]
		}
		fmt.Printf("%d %s\n     %s\n", reasons[k], strings.TrimSpace(k), strings.ReplaceAll(ex, "\n", " "))
	}
	fmt.Println(ok, all)
}

func (s *session) safeExec(sql string) (r string) {
	s.params = nil
	for range 100 {
		s.params = append(s.params, types.Value{})
	}
	defer func() { s.params = nil }()
	return s.exec(sql)
}

var _ = types.Null
