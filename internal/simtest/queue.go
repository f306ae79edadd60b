package simtest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// workPause is the longest time that work on a job takes.
	workPause = 100 * time.Millisecond
	// drainers work on drainJobs when all faults have ended.
	drainers, drainJobs = 3, 12
)

// queue has jobs that producers add and workers take with SKIP LOCKED: from a
// table from which a job is deleted, or by a new state of its row. Who did a job
// is written down in the same block.
type queue struct {
	tally
	mu    sync.Mutex // guards what follows
	jobs  []*job
	takes []*take
}

// job is a producer's attempt to add a job. Jobs are numbered from 0.
type job struct{ outcome outcome }

// take is a worker's attempt to do a job.
type take struct {
	number       int // of the take, from 0
	job          int // -1 for none that is free
	outcome      outcome
	began, ended time.Time // of the work
	code         string    // of the error, "" for none and for a broken connection
}

// doneJob says that a take has done a job.
type doneJob struct{ job, take int }

func (q *queue) tables() string {
	// The table of what was done has no key: what is done twice is to be seen.
	return "CREATE TABLE job(id int PRIMARY KEY, state text NOT NULL); CREATE TABLE done(job int NOT NULL, take int NOT NULL)"
}

func (q *queue) clients() int { return 4 }

func (q *queue) step(w *worker) {
	if w.number == 0 {
		q.produce(w)
		return
	}
	q.work(w, []func(*worker) (int, error){pick, mark}[w.random.IntN(2)])
}

// produce adds up to three jobs.
func (q *queue) produce(w *worker) {
	for range 1 + w.random.IntN(3) {
		q.mu.Lock()
		j, id := &job{outcome: unknown}, len(q.jobs)
		q.jobs = append(q.jobs, j)
		q.mu.Unlock()
		insert := func() error {
			_, err := w.query("INSERT INTO job VALUES (%d, 'new')", id)
			return err
		}
		var o outcome
		if w.random.IntN(2) == 0 {
			o = outcomeOf(insert())
		} else {
			o, _ = w.block("BEGIN", insert)
		}
		q.count("produce", o)
		q.mu.Lock()
		j.outcome = o
		q.mu.Unlock()
	}
}

// work does one job, if there is any. get is how it gets one.
func (q *queue) work(w *worker, get func(w *worker) (id int, err error)) *take {
	q.mu.Lock()
	k := &take{number: len(q.takes), job: -1, outcome: unknown}
	q.takes = append(q.takes, k)
	q.mu.Unlock()
	id := -1
	began := time.Time{}
	o, err := w.block("BEGIN", func() (err error) {
		if id, err = get(w); err != nil || id < 0 {
			return err
		}
		began = time.Now()
		w.pause(workPause)
		finish := fmt.Sprintf("DELETE FROM job WHERE id = %d", id)
		if w.random.IntN(2) == 0 {
			finish = fmt.Sprintf("UPDATE job SET state = 'done' WHERE id = %d", id)
		}
		if _, err := w.query("%s", finish); err != nil {
			return err
		}
		_, err = w.query("INSERT INTO done VALUES (%d, %d)", id, k.number)
		return err
	})
	if id >= 0 {
		q.count("work", o)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	k.job, k.outcome, k.began, k.ended, k.code = id, o, began, time.Now(), errorCode(err)
	return k
}

const nextJob = "SELECT id FROM job WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"

// pick gets a job that nobody has.
func pick(w *worker) (int, error) { return firstID(w.query(nextJob)) }

// mark gets a job with one statement, as many queues do.
func mark(w *worker) (int, error) {
	return firstID(w.query("UPDATE job SET state = 'mine' WHERE id = (%s) RETURNING id", nextJob))
}

func firstID(rows [][]string, err error) (int, error) {
	if err != nil || len(rows) == 0 {
		return -1, err
	}
	return number(rows[0][0]), nil
}

// drain has several workers do what is left, and more, while nothing breaks: the
// leader knows all locks then.
func (q *queue) drain(w *worker) (wrong []string) {
	w.rows("SELECT 1")
	for range drainJobs {
		q.produce(w)
	}
	var drained []*take
	var mu sync.Mutex // guards drained
	var running sync.WaitGroup
	for i := range drainers {
		own := w.cluster.worker(i, rand.New(rand.NewPCG(w.random.Uint64(), uint64(i))))
		running.Go(func() {
			defer own.close()
			for own.connect() {
				k := q.work(own, pick)
				mu.Lock()
				drained = append(drained, k)
				mu.Unlock()
				if k.job < 0 {
					return
				}
			}
		})
	}
	running.Wait()
	return checkDrain(drained)
}

func (q *queue) judge(w *worker) (summary string, wrong []string) {
	wrong = q.drain(w)
	left := map[int]string{}
	for _, row := range w.rows("SELECT id, state FROM job") {
		left[number(row[0])] = row[1]
	}
	var done []doneJob
	for _, row := range w.rows("SELECT job, take FROM done") {
		done = append(done, doneJob{number(row[0]), number(row[1])})
	}
	return q.String(), append(wrong, checkQueue(q.jobs, q.takes, left, done)...)
}

// checkQueue: at the end, when nobody has found any more to do, every job was
// done once, by a take that was not told that it failed.
func checkQueue(jobs []*job, takes []*take, left map[int]string, done []doneJob) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	times, by := map[int]int{}, map[int]int{}
	for _, d := range done {
		times[d.job]++
		by[d.take]++
		switch {
		case d.job < 0 || d.job >= len(jobs) || jobs[d.job].outcome == failed:
			complain("job %d was done, and nobody added it", d.job)
		case d.take < 0 || d.take >= len(takes) || takes[d.take].job != d.job:
			complain("job %d was done by take %d, which did not take it", d.job, d.take)
		case takes[d.take].outcome == failed:
			complain("job %d was done by take %d, which failed", d.job, d.take)
		}
	}
	for id, j := range jobs {
		switch {
		case times[id] > 1:
			complain("job %d was done %d times", id, times[id])
		case left[id] == "new":
			complain("job %d was never taken", id)
		case left[id] == "mine":
			complain("job %d was left half done", id)
		case times[id] == 0 && j.outcome == committed:
			complain("job %d is lost", id)
		case times[id] == 0 && left[id] == "done":
			complain("job %d is marked as done, and nobody did it", id)
		}
	}
	for i, k := range takes {
		if k.job >= 0 && k.outcome == committed && by[i] != 1 {
			complain("take %d of job %d was acknowledged and was recorded %d times", i, k.job, by[i])
		}
	}
	return wrong
}

// checkDrain: while the leader knows all locks no two workers have a job at the
// same time, and none is refused.
func checkDrain(takes []*take) (wrong []string) {
	for i, k := range takes {
		if k.code != "" {
			wrong = append(wrong, fmt.Sprintf("a worker is told %s while nothing is broken", k.code))
		}
		for _, other := range takes[:i] {
			if k.job >= 0 && k.job == other.job && k.began.Before(other.ended) && other.began.Before(k.ended) {
				wrong = append(wrong, fmt.Sprintf("two workers have job %d at the same time", k.job))
			}
		}
	}
	return wrong
}
