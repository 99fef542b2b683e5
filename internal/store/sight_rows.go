package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"tracker/internal/history"
)

// Difference is of a stored row from the one that a job's snapshots give.
type Difference struct {
	Row     string    // "step 2 of run 7"
	Missing bool      // no such row is stored
	Column  string    // that differs; empty: the row is missing, or the snapshots do not give it
	Stored  string    // what the column has, as JSON
	Given   string    // what the snapshots give, likewise
	At      time.Time // when what the row tells of was first seen; zero: nobody has seen that
}

// Differ compares, by job, the rows that are stored of the runs from one number to another
// with those that folds give, column by column, and tells the first that differs.
func (v *Sight) Differ(ctx context.Context, folds map[int64]*JobFold, fromRun, toRun int) (map[int64]Difference, error) {
	r := &sightRange{Sight: v, fromRun: fromRun, toRun: toRun, found: map[int64]Difference{}}
	for _, jobID := range slices.Sorted(maps.Keys(folds)) {
		trail := folds[jobID].Trail
		r.jobs = append(r.jobs, sightJob{
			id: jobID, trail: trail, runs: slices.DeleteFunc(runsInOrder(trail), func(run *history.Run) bool { return !r.has(run.No) }),
		})
	}
	for _, compare := range []func(context.Context, *sightRange) error{
		runTable().compare, stepTable().compare, transitionTable().compare, anomalyTable().compare, logEntryTable().compare, itemTable().compare,
	} {
		if err := compare(ctx, r); err != nil {
			return nil, fmt.Errorf("compare what is stored of jobs %d to %d: %w", v.from, v.to, err)
		}
	}
	return r.found, nil
}

// sightRange is what is compared: some runs of the jobs of a sight.
type sightRange struct {
	*Sight
	fromRun, toRun int
	jobs           []sightJob           // by number
	found          map[int64]Difference // the first of each job
}

// sightJob is a job as its snapshots give it.
type sightJob struct {
	id    int64
	trail *history.Trail
	runs  []*history.Run // those that are compared, by number
}

func (r *sightRange) has(runNo int) bool { return runNo >= r.fromRun && runNo <= r.toRun }

// tell keeps the first difference of a job.
func (r *sightRange) tell(jobID int64, d Difference) {
	if _, told := r.found[jobID]; !told {
		r.found[jobID] = d
	}
}

// sightKey has the numbers of a row within its job, in the order of its table's key.
type sightKey [3]int32

// givenRow is a row that the snapshots give.
type givenRow[Row any] struct {
	key   sightKey
	runNo int
	since time.Time // when what it tells of was first seen
	row   *Row
}

// sightTable is a kind of rows that the snapshots give.
type sightTable[Row any] struct {
	name    string   // of one row
	view    string   // of schema report
	key     []string // its numbers behind the job's
	columns []sightColumn[Row]
	given   func(*sightRange, sightJob) []givenRow[Row] // in the order of the key
}

// sql reads the rows of some runs of some jobs, in the order of the key.
func (t sightTable[Row]) sql() string {
	key, columns := strings.Join(t.key, ", "), ""
	for _, column := range t.columns {
		columns += ", " + column.name
	}
	return "SELECT job_id, " + key + columns + " FROM report." + t.view +
		" WHERE job_id BETWEEN $1 AND $2 AND run_no BETWEEN $3 AND $4 ORDER BY job_id, " + key
}

// compare goes through the rows that are stored and those that are given side by side. It
// runs no query of sqlc's, since that would keep all of them.
func (t sightTable[Row]) compare(ctx context.Context, r *sightRange) error {
	rows, err := r.tx.Query(ctx, t.sql(), r.from, r.to, r.fromRun, r.toRun)
	if err != nil {
		return err
	}
	defer rows.Close()
	var jobID int64
	var key sightKey
	targets := []any{&jobID}
	for i := range t.key {
		targets = append(targets, &key[i])
	}
	for _, column := range t.columns {
		targets = append(targets, column.target)
	}
	given := t.merge(r)
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if row := given.find(jobID, key); row == nil {
			r.tell(jobID, Difference{Row: t.named(key, 0), At: t.readSince(given, jobID, key)})
		} else if at := slices.IndexFunc(t.columns, func(c sightColumn[Row]) bool { return !c.same(row.row) }); at >= 0 {
			c := t.columns[at]
			r.tell(jobID, Difference{Row: t.named(key, row.runNo), Column: c.name, Stored: asJSON(c.stored()), Given: asJSON(c.given(row.row)), At: row.since})
		}
	}
	given.end()
	return rows.Err()
}

// named names a row by the last number of its key, and by its run, where that is known.
func (t sightTable[Row]) named(key sightKey, runNo int) string {
	if t.key[0] == "run_no" {
		runNo = int(key[0])
	}
	name := t.name + " " + strconv.Itoa(int(key[len(t.key)-1]))
	if runNo == 0 || t.key[len(t.key)-1] == "run_no" {
		return name
	}
	return name + " of run " + strconv.Itoa(runNo)
}

// readSince is when what the row tells of that was read was first seen: a result with its
// run.
func (t sightTable[Row]) readSince(given *givenMerge[Row], jobID int64, key sightKey) (since time.Time) {
	for _, column := range t.columns {
		if at, isTime := column.target.(*pgtype.Timestamptz); isTime && (column.name == "first_seen_at" || column.name == "observed_at") {
			return at.Time
		}
	}
	if len(given.jobs) > 0 && given.jobs[0].id == jobID {
		for _, run := range given.jobs[0].runs {
			if run.No == int(key[0]) {
				return run.FirstSeen.ObservedAt
			}
		}
	}
	return since
}

// givenMerge goes through the rows that are given as others are read in the same order.
type givenMerge[Row any] struct {
	table sightTable[Row]
	r     *sightRange
	jobs  []sightJob      // from the one on whose rows are next
	rows  []givenRow[Row] // of the first of jobs, from the next on
}

func (t sightTable[Row]) merge(r *sightRange) *givenMerge[Row] {
	m := &givenMerge[Row]{table: t, r: r, jobs: r.jobs}
	m.begin()
	return m
}

// begin makes the rows of the first of the jobs.
func (m *givenMerge[Row]) begin() {
	if len(m.jobs) > 0 {
		m.rows = m.table.given(m.r, m.jobs[0])
	}
}

// find gives the row with a key; nil: there is none. Those before it are missing.
func (m *givenMerge[Row]) find(jobID int64, key sightKey) *givenRow[Row] {
	for len(m.jobs) > 0 && m.jobs[0].id < jobID {
		m.leave()
	}
	if len(m.jobs) == 0 || m.jobs[0].id != jobID {
		return nil
	}
	for len(m.rows) > 0 && slices.Compare(m.rows[0].key[:], key[:]) < 0 {
		m.missing()
	}
	if len(m.rows) == 0 || m.rows[0].key != key {
		return nil
	}
	row := &m.rows[0]
	m.rows = m.rows[1:]
	return row
}

// leave goes on to the next job.
func (m *givenMerge[Row]) leave() {
	if len(m.rows) > 0 {
		m.missing()
	}
	m.jobs, m.rows = m.jobs[1:], nil
	m.begin()
}

// missing tells that the next row is not stored.
func (m *givenMerge[Row]) missing() {
	row := m.rows[0]
	m.r.tell(m.jobs[0].id, Difference{Row: m.table.named(row.key, row.runNo), Missing: true, At: row.since})
	m.rows = m.rows[1:]
}

// end tells of what is left.
func (m *givenMerge[Row]) end() {
	for len(m.jobs) > 0 {
		m.leave()
	}
}

// asJSON shows a value as JSON does.
func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value) // what was read of a row is always written
	}
	return string(text)
}
