package plan

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

var tempWord = regexp.MustCompile(`(?i)create (global |local )?temp(orary)? table`)
var intoTemp = regexp.MustCompile(`(?i)into temp(orary)? (table )?`)

const setup = `
CREATE TABLE CHAR_TBL(f1 char(4));
INSERT INTO CHAR_TBL (f1) VALUES ('a'), ('ab'), ('abcd'), ('abcd    ');
CREATE TABLE FLOAT8_TBL(f1 float8);
INSERT INTO FLOAT8_TBL(f1) VALUES ('0.0'), ('-34.84'), ('-1004.30'), ('-1.2345678901234e+200'), ('-1.2345678901234e-200');
CREATE TABLE INT2_TBL(f1 int2);
INSERT INTO INT2_TBL(f1) VALUES ('0   '), ('  1234 '), ('    -1234'), ('32767'), ('-32767');
CREATE TABLE INT4_TBL(f1 int4);
INSERT INTO INT4_TBL(f1) VALUES ('   0  '), ('123456     '), ('    -123456'), ('2147483647'), ('-2147483647');
CREATE TABLE INT8_TBL(q1 int8, q2 int8);
INSERT INTO INT8_TBL VALUES ('  123   ','  456'), ('123   ','4567890123456789'), ('4567890123456789','123'), (+4567890123456789,'4567890123456789'), ('+4567890123456789','-4567890123456789');
CREATE TABLE TEXT_TBL (f1 text);
INSERT INTO TEXT_TBL VALUES ('doh!'), ('hi de ho neighbor');
CREATE TABLE VARCHAR_TBL(f1 varchar(4));
INSERT INTO VARCHAR_TBL (f1) VALUES ('a'), ('ab'), ('abcd'), ('abcd    ');
CREATE TABLE onek (unique1 int4, unique2 int4, two int4, four int4, ten int4, twenty int4, hundred int4, thousand int4, twothousand int4, fivethous int4, tenthous int4, odd int4, even int4, stringu1 name, stringu2 name, string4 name);
INSERT INTO onek SELECT i*7 % 1000, i, i*7%2, i*7%4, i*7%10, i*7%20, i*7%100, i*7%1000, i*7%1000, i*7%1000, i*7%1000, i*7%100*2+1, i*7%100*2, 'S' || (i*7%1000), 'T' || i, (array['AAAAxx','HHHHxx','OOOOxx','VVVVxx'])[i%4+1] FROM generate_series(0, 999) i;
CREATE TABLE onek2 AS SELECT * FROM onek;
CREATE TABLE tenk1 (unique1 int4, unique2 int4, two int4, four int4, ten int4, twenty int4, hundred int4, thousand int4, twothousand int4, fivethous int4, tenthous int4, odd int4, even int4, stringu1 name, stringu2 name, string4 name);
INSERT INTO tenk1 SELECT i*7 % 10000, i, i*7%2, i*7%4, i*7%10, i*7%20, i*7%100, i*7%1000, i*7%2000, i*7%5000, i*7%10000, i*7%100*2+1, i*7%100*2, 'S' || (i*7%10000), 'T' || i, (array['AAAAxx','HHHHxx','OOOOxx','VVVVxx'])[i%4+1] FROM generate_series(0, 9999) i;
CREATE INDEX onek_unique1 ON onek USING btree(unique1 int4_ops);
CREATE INDEX tenk1_unique1 ON tenk1 USING btree(unique1);
CREATE TABLE person (name text, age int4, location text);
INSERT INTO person VALUES ('mike', 40, '(3.1,6.2)'), ('joe', 20, '(5.5,2.5)'), ('sally', 34, '(3.8,45.8)'), ('sandra', 19, '(9.345,09.6)');
CREATE TABLE emp (name text, age int4, location text, salary int4, manager name);
CREATE TABLE student (name text, age int4, location text, gpa float8);
CREATE TABLE aggtest (a int2, b float4);
INSERT INTO aggtest VALUES (56, 7.8), (100, 99.097), (0, 0.09561), (42, 324.78);
CREATE TABLE J1_TBL (i integer, j integer, t text);
`

func TestZZRegress(t *testing.T) {
	files := strings.Fields(os.Getenv("REGRESS"))
	if len(files) == 0 {
		t.SkipNow()
	}
	ctx := context.Background()
	total := map[string]int{}
	reasons := map[string]int{}
	for _, f := range files {
		data, err := os.ReadFile(os.Getenv("HOME") + "/.cache/polyreme/pg-regress/" + f + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgconn.Connect(ctx, os.Getenv(oracleVariable))
		if err != nil {
			t.Fatal(err)
		}
		conn.Exec(ctx, "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; SET statement_timeout = '5s'; SET TimeZone = UTC").ReadAll()
		s := newSession(t)
		count := map[string]int{}
		for _, st := range splitPsql(setup) {
			want := oracleAnswer(ctx, conn, st.text, "zzz")
			got := s.exec(st.text)
			if got != want {
				fmt.Println("SETUP", st.text, got, want)
			}
		}
		for _, st := range splitPsql(string(data)) {
			up := strings.ToUpper(st.text)
			if strings.HasPrefix(up, "COPY") || strings.HasPrefix(up, "EXPLAIN") || strings.HasPrefix(up, "SET ") || strings.HasPrefix(up, "BEGIN") || strings.HasPrefix(up, "ROLLBACK") || strings.HasPrefix(up, "COMMIT") {
				continue
			}
			st.text = tempWord.ReplaceAllString(st.text, "CREATE TABLE")
			st.text = intoTemp.ReplaceAllString(st.text, "INTO ")
			want := oracleAnswer(ctx, conn, st.text, "zzz")
			got := safely(s, st.text)
			class := compare(got, want)
			count[class]++
			total[class]++
			if class == "unsupported" || class == "othererror" {
				k := got
				if i := strings.Index(k, " at "); i > 0 {
					k = k[:i]
				}
				if i := strings.Index(k, "sqlite:"); i > 0 {
					k = "XX " + k[i:]
				}
				reasons[strings.TrimSpace(k)]++
			}
			if class == "wrong" || class == "errdiff" || class == "accepted" || class == "othererror" {
				fmt.Printf("[%s %s] %s\n--got\n%s--want\n%s\n", f, class, st.text, clip(got), clip(want))
				if class == "wrong" {
					if p, err := s.plan(st.text); err == nil {
						fmt.Println("SQL", p.SQL, p.Ops)
					}
				}
			}
		}
		conn.Close(ctx)
		fmt.Printf("FILE %s %v\n", f, count)
	}
	var keys []string
	for k := range reasons {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return reasons[keys[i]] > reasons[keys[j]] })
	for _, k := range keys {
		fmt.Println("REASON", reasons[k], k)
	}
	fmt.Println("TOTAL", total)
}

func safely(s *session, sql string) (out string) {
	defer func() {
		if r := recover(); r != nil {
			out = fmt.Sprint("PANIC ", r)
		}
	}()
	s.conn.SetVMStepLimit(30000000)
	defer s.conn.SetVMStepLimit(0)
	return s.exec(sql)
}

func clip(s string) string {
	if len(s) > 700 {
		return s[:700] + "...\n"
	}
	return s
}

func sorted(s string) string {
	l := strings.Split(s, "\n")
	sort.Strings(l)
	return strings.Join(l, "\n")
}

func compare(got, want string) string {
	ge, we := strings.HasPrefix(got, "ERROR"), strings.HasPrefix(want, "ERROR")
	switch {
	case got == want:
		return "exact"
	case ge && we && got[:11] == want[:11]:
		return "samecode"
	case strings.HasPrefix(got, "ERROR 0A000"):
		return "unsupported"
	case ge && we:
		return "errdiff"
	case ge:
		return "othererror"
	case we:
		return "accepted"
	case sorted(got) == sorted(want):
		return "order"
	case strings.ReplaceAll(strings.ReplaceAll(got, "record", ""), "name", "text") == strings.ReplaceAll(strings.ReplaceAll(want, "???", ""), "name", "text"):
		return "type"
	}
	return "wrong"
}
