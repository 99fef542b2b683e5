package store

import (
	"context"

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
	var going []RunKey
	for _, row := range rows {
		run := toRunRow(dbsqlc.ReportRun(row))
		found[RunKey{JobID: row.JobID, No: int(row.RunNo)}] = run
		if !history.State(run.State).Terminal() && !run.Superseded {
			going = append(going, RunKey{JobID: row.JobID, No: int(row.RunNo)})
		}
	}
	if known == nil && len(going) > 0 {
		if known, err = q.judge(ctx, planOnce, going, nil); err != nil {
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
