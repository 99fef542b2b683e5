package store

import (
	"context"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// runsByKey reads report.runs by keys, in their order, and leaves out those that are gone:
// on Citus not all is read at one moment. What those that go on are judged by
// is asked for once, of all together, unless it is known.
func (q *planned) runsByKey(ctx context.Context, keys []RunKey, known map[RunKey]runPace) ([]keyedRun, map[RunKey]runPace, error) {
	if len(keys) == 0 {
		return nil, known, nil
	}
	if err := q.by(ctx, planOnce); err != nil {
		return nil, nil, err
	}
	ids, nos := keyColumns(keys)
	rows, err := q.ReportRunsByKey(ctx, dbsqlc.ReportRunsByKeyParams{JobIds: ids, RunNos: nos})
	if err != nil {
		return nil, nil, err
	}
	found := make(map[RunKey]RunRow, len(rows))
	var going []int64
	for _, row := range rows {
		run := toRunRow(dbsqlc.ReportRun(row))
		found[RunKey{JobID: row.JobID, No: int(row.RunNo)}] = run
		if !history.State(run.State).Terminal() && !run.Superseded {
			going = append(going, row.JobID)
		}
	}
	if known == nil && len(going) > 0 {
		if known, err = q.paces(ctx, going); err != nil {
			return nil, nil, err
		}
	}
	runs := make([]keyedRun, 0, len(rows))
	for _, key := range keys {
		if run, there := found[key]; there {
			pace := known[key]
			run.UsualDuration, run.Stalled = (*Interval)(pace.usual), new(pace.stalledSince != nil)
			runs = append(runs, keyedRun{run, key})
		}
	}
	return runs, known, nil
}

// runPace is what a run that goes on is judged by.
type runPace struct {
	usual, median *time.Duration
	stalledSince  *time.Time // nil: it is not stalled
}

// paces reads report.open_runs of jobs.
func (q *planned) paces(ctx context.Context, jobIDs []int64) (map[RunKey]runPace, error) {
	rows, err := q.ReportPaces(ctx, jobIDs)
	paces := make(map[RunKey]runPace, len(rows))
	for _, row := range rows {
		paces[RunKey{JobID: row.JobID, No: int(row.RunNo)}] = runPace{row.UsualDuration, row.MedianDuration, row.StalledSince}
	}
	return paces, err
}
