package store

import (
	"context"
	"maps"
	"sync"
	"time"
)

// judgedMost is for how long those who serve many may take a run to be stalled, or not, as
// it was judged: that takes the durations of a hundred others.
const judgedMost = 10 * time.Second

// judged are the runs that go on, as they were judged lately.
type judged struct {
	kept bool // else none is remembered

	mu    sync.Mutex
	swept time.Time
	runs  map[RunKey]judgedRun
	heads map[int64]judgedHead // by job
}

type judgedRun struct {
	at   time.Time
	pace runPace
}

// judgedHead is the run that a job's newest snapshot told of.
type judgedHead struct {
	snapshotNo int32
	key        RunKey
}

// knows gives those of the runs that were judged lately, and the others.
func (j *judged) knows(keys []RunKey) (known map[RunKey]runPace, others []RunKey) {
	j.mu.Lock()
	defer j.mu.Unlock()
	known = make(map[RunKey]runPace, len(keys))
	for _, key := range keys {
		if run, found := j.runs[key]; found && time.Since(run.at) < judgedMost {
			known[key] = run.pace
		} else {
			others = append(others, key)
		}
	}
	return known, others
}

// run is the run that a job's newest snapshot tells of, where that is known; else its
// number is 0, which no run has.
func (j *judged) run(jobID int64, snapshotNo int32) RunKey {
	j.mu.Lock()
	defer j.mu.Unlock()
	if head := j.heads[jobID]; head.snapshotNo == snapshotNo {
		return head.key
	}
	return RunKey{JobID: jobID}
}

// note remembers how runs were judged just now and, where they are told, the newest
// snapshots of their jobs.
func (j *judged) note(paces map[RunKey]runPace, newest map[int64]int32) {
	if !j.kept {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	if now.Sub(j.swept) > judgedMost {
		maps.DeleteFunc(j.runs, func(_ RunKey, run judgedRun) bool { return now.Sub(run.at) > judgedMost })
		maps.DeleteFunc(j.heads, func(_ int64, head judgedHead) bool { _, known := j.runs[head.key]; return !known })
		j.swept = now
	}
	for key, pace := range paces {
		j.runs[key] = judgedRun{now, pace}
		if no, told := newest[key.JobID]; told {
			j.heads[key.JobID] = judgedHead{no, key}
		}
	}
}

// runPace is what a run that goes on is judged by.
type runPace struct {
	usual, median *time.Duration
	stalledSince  *time.Time // nil: it is not stalled
}

// judge tells what runs are judged by that go on, those that are to be judged anew by a
// statement planned so. newest are the newest snapshots of their jobs, where they are known.
func (q *planned) judge(ctx context.Context, how plan, keys []RunKey, newest map[int64]int32) (map[RunKey]runPace, error) {
	known, others := q.judged.knows(keys)
	if len(others) == 0 {
		return known, nil
	}
	if err := q.by(ctx, how); err != nil {
		return nil, err
	}
	jobIDs := make([]int64, len(others))
	for i, key := range others {
		jobIDs[i] = key.JobID
	}
	rows, err := q.ReportPaces(ctx, jobIDs)
	if err != nil {
		return nil, err
	}
	anew := make(map[RunKey]runPace, len(rows))
	for _, row := range rows {
		anew[RunKey{JobID: row.JobID, No: int(row.RunNo)}] = runPace{row.UsualDuration, row.MedianDuration, row.StalledSince}
	}
	q.judged.note(anew, newest)
	maps.Copy(known, anew)
	return known, nil
}
