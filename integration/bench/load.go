package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// client is one connection with its statements prepared.
type client struct {
	conn   *pgconn.PgConn
	random *rand.Rand
	rows   int
	next   int64 // key of the next insert
}

// workload runs one operation and returns how many it counts for. It has the
// form of a method expression.
type workload func(c *client, ctx context.Context) (int, error)

const copyRows = 200_000

var workloads = map[string]workload{
	"insert": (*client).insert,
	"update": (*client).update,
	"select": (*client).selectRow,
	"mix": func(c *client, ctx context.Context) (int, error) {
		if c.random.IntN(10) == 0 {
			return c.update(ctx)
		}
		return c.selectRow(ctx)
	},
	"copy": (*client).copyRows,
}

var prepared = map[string]string{
	"insert": "INSERT INTO bench_log(id, who, amount, note) VALUES ($1, $2, $3, $4)",
	"update": "UPDATE bench SET n = n + 1 WHERE id = $1",
	"select": "SELECT n, filler FROM bench WHERE id = $1",
}

func (c *client) exec(ctx context.Context, name string, args ...string) error {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = []byte(a)
	}
	_, err := c.conn.ExecPrepared(ctx, name, values, nil, nil).Close()
	return err
}

func (c *client) insert(ctx context.Context) (int, error) {
	c.next++
	return 1, c.exec(ctx, "insert", strconv.FormatInt(c.next, 10), strconv.Itoa(c.random.IntN(1000)), "12.50", "a note of some length")
}

func (c *client) key() string { return strconv.Itoa(c.random.IntN(c.rows) + 1) }

func (c *client) update(ctx context.Context) (int, error) { return 1, c.exec(ctx, "update", c.key()) }

func (c *client) selectRow(ctx context.Context) (int, error) {
	return 1, c.exec(ctx, "select", c.key())
}

func (c *client) copyRows(ctx context.Context) (int, error) {
	if _, err := c.conn.Exec(ctx, "TRUNCATE bench_copy").ReadAll(); err != nil {
		return 0, err
	}
	var data bytes.Buffer
	for i := range copyRows {
		fmt.Fprintf(&data, "%d\t%d\t12.50\ta note of some length\n", i, i%1000)
	}
	_, err := c.conn.CopyFrom(ctx, &data, "COPY bench_copy FROM STDIN")
	return copyRows, err
}

func connect(ctx context.Context, dsn string, number, rows int) (*client, error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, random: rand.New(rand.NewPCG(uint64(number), 1)), rows: rows}
	c.next = rand.Int64N(1<<50) << 12
	for name, sql := range prepared {
		if _, err := conn.Prepare(ctx, name, sql, nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// load makes the tables.
func load(ctx context.Context, s *system, rows int) error {
	conn, err := pgconn.Connect(ctx, s.dsns[0])
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	schema := `DROP TABLE IF EXISTS bench; DROP TABLE IF EXISTS bench_log; DROP TABLE IF EXISTS bench_copy;
		CREATE TABLE bench(id int PRIMARY KEY, n int NOT NULL, filler text);
		CREATE TABLE bench_log(id bigint PRIMARY KEY, who int NOT NULL, amount numeric(10,2), note text);
		CREATE TABLE bench_copy(id bigint PRIMARY KEY, who int NOT NULL, amount numeric(10,2), note text)`
	for statement := range strings.SplitSeq(schema, ";") {
		if _, err := conn.Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	var data bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&data, "%d\t0\t%s\n", i+1, strings.Repeat("x", 80))
	}
	_, err = conn.CopyFrom(ctx, &data, "COPY bench FROM STDIN")
	return err
}

// result gathers measurements of one system.
type result struct {
	ops      int
	elapsed  time.Duration
	cpu      time.Duration
	latency  []time.Duration
	isSorted bool
}

func (r *result) add(o result) {
	r.ops += o.ops
	r.elapsed += o.elapsed
	r.cpu += o.cpu
	r.latency = append(r.latency, o.latency...)
	r.isSorted = false
}

func (r *result) rate() float64 { return float64(r.ops) / r.elapsed.Seconds() }

func (r *result) cpuPerOp() float64 {
	return float64(r.cpu.Microseconds()) / float64(max(1, r.ops))
}

// quantile returns a latency in milliseconds.
func (r *result) quantile(q float64) float64 {
	if len(r.latency) == 0 {
		return 0
	}
	if !r.isSorted {
		slices.Sort(r.latency)
		r.isSorted = true
	}
	return float64(r.latency[int(q*float64(len(r.latency)-1))].Microseconds()) / 1000
}

// measure runs a workload with a number of clients for a while.
func measure(ctx context.Context, s *system, w workload, clients, rows int, length time.Duration) (result, error) {
	all := make([]*client, clients)
	for i := range all {
		var err error
		if all[i], err = connect(ctx, s.dsns[i%len(s.dsns)], i, rows); err != nil {
			return result{}, err
		}
		defer all[i].conn.Close(ctx)
	}
	results := make([]result, clients)
	failures := make([]error, clients)
	cpu := cpuTime(s.proc)
	began := time.Now()
	end := began.Add(length)
	var running sync.WaitGroup
	for i, c := range all {
		running.Go(func() {
			for at := time.Now(); at.Before(end); {
				n, err := w(c, ctx)
				if err != nil {
					failures[i] = err
					return
				}
				now := time.Now()
				results[i].ops += n
				results[i].latency = append(results[i].latency, now.Sub(at))
				at = now
			}
		})
	}
	running.Wait()
	total := result{elapsed: time.Since(began), cpu: cpuTime(s.proc) - cpu}
	for i := range results {
		if failures[i] != nil {
			return total, failures[i]
		}
		total.ops += results[i].ops
		total.latency = append(total.latency, results[i].latency...)
	}
	return total, nil
}

// cpuTime sums the CPU time of all processes of a name.
func cpuTime(name string) time.Duration {
	const ticksPerSecond = 100 // USER_HZ on Linux
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var ticks int64
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
		if open < 0 || end < open || string(data[open+1:end]) != name {
			continue
		}
		fields := strings.Fields(string(data[end+1:]))
		for _, f := range fields[11:15] { // utime stime cutime cstime
			n, _ := strconv.ParseInt(f, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}
