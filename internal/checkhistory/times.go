package checkhistory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/definition"
	"tracker/internal/store"
)

const (
	// timesMost bounds at how many times of a job's history its state is asked for.
	timesMost = 24
	// pastsMost bounds at how many times it is asked what was known by then.
	pastsMost = 2
)

var noTime time.Time

// latestState is the state of a job's latest run, as each way to ask for it tells.
type latestState struct {
	RunNo         int32
	RunID         string
	State, Status string
	Since         time.Time
}

// checkTimes asks for each job's state at times of its history, some of them
// random (but the same each time): status_as_of, state_timeline and the
// history that the command line shows agree.
func (c *check) checkTimes(ctx context.Context) error {
	for _, job := range c.jobs {
		shown := c.shown[job.ID]
		moments := momentsOf(shown)
		if len(moments) == 0 {
			continue
		}
		asOf, err := c.statusAsOf(ctx, job.Name, noTime, moments...)
		if err != nil {
			return err
		}
		line, err := c.timeline(ctx, job.Name, moments)
		if err != nil {
			return err
		}
		for _, at := range moments {
			if line[at] != inLine(asOf[at]) {
				c.violated(job.Name, "state_timeline agrees with status_as_of, but at %s: %+v, not %+v", at, line[at], inLine(asOf[at]))
			}
			if told := latestStateOf(shown.AsOf(at)); told != asOf[at] {
				c.violated(job.Name, "the history as of a time agrees with status_as_of, but at %s: %+v, not %+v", at, told, asOf[at])
			}
		}
		if err := c.checkPasts(ctx, job, moments); err != nil {
			return err
		}
	}
	return nil
}

// checkPasts asks for what was known at some times.
func (c *check) checkPasts(ctx context.Context, job store.Job, moments []time.Time) error {
	provider, err := definition.Of(ctx, c.store, job.From.Provider, job.From.Interpretation)
	if err != nil {
		return fmt.Errorf("job %s: %w", job.Name, err)
	}
	for i := range min(len(moments), pastsMost) {
		known, at := moments[len(moments)-1-i*len(moments)/pastsMost], moments[(i+1)*(len(moments)-1)/pastsMost]
		trail, err := c.store.Fold(ctx, job.ID, known, provider.For(job.Target).Interpret)
		if err != nil {
			return err
		}
		then, err := store.TrailHistory(store.JobRow{Job: job.Name}, trail)
		if err != nil {
			return err
		}
		asOf, err := c.statusAsOf(ctx, job.Name, known, at)
		if err != nil {
			return err
		}
		if told := latestStateOf(then.AsOf(at)); told != asOf[at] {
			c.violated(job.Name, "what was known at %s agrees with status_as_of, but at %s: %+v, not %+v", known, at, told, asOf[at])
		}
	}
	return nil
}

// momentsOf gives times around those at which a run's state changed, and
// between them, in order. None is later than the newest observation.
func momentsOf(shown store.History) []time.Time {
	var changed []time.Time
	var newest time.Time
	for _, t := range shown.Transitions {
		if t.StepNo == nil {
			changed = append(changed, t.Effective(), t.Effective().Add(-time.Microsecond), t.ObservedAt)
		}
		if t.ObservedAt.After(newest) {
			newest = t.ObservedAt
		}
	}
	for _, run := range shown.Taken {
		changed = append(changed, run.ChangedFrom, run.ChangedFrom.Add(-time.Microsecond))
	}
	random := rand.New(rand.NewPCG(uint64(len(changed)), 1)) // the same times in each test run
	random.Shuffle(len(changed), func(i, j int) { changed[i], changed[j] = changed[j], changed[i] })
	moments := slices.Clone(changed[:min(len(changed), timesMost/2)])
	for range len(moments) {
		from := changed[random.IntN(len(changed))]
		moments = append(moments, from.Add(time.Duration(random.Float64()*float64(newest.Sub(from)))).Truncate(time.Microsecond))
	}
	slices.SortFunc(moments, time.Time.Compare)
	return slices.CompactFunc(moments, time.Time.Equal)
}

// statusAsOf asks report.status_as_of; the zero known is now.
func (c *check) statusAsOf(ctx context.Context, job string, known time.Time, moments ...time.Time) (map[time.Time]latestState, error) {
	return latestStates(c.conn.Query(ctx, `SELECT m.at, a.run_no, a.run_id, a.state, a.status, a.since
		FROM unnest($2::timestamptz[]) AS m (at) CROSS JOIN LATERAL report.status_as_of(m.at, coalesce($3, now())) a WHERE a.job = $1`,
		job, moments, orNull(known)))
}

// timeline asks report.state_timeline, which knows no run's id and clips the times.
func (c *check) timeline(ctx context.Context, job string, moments []time.Time) (map[time.Time]latestState, error) {
	first, last := slices.MinFunc(moments, time.Time.Compare), slices.MaxFunc(moments, time.Time.Compare)
	return latestStates(c.conn.Query(ctx, `SELECT m.at, l.run_no, '' AS run_id, l.state, l.status, $5::timestamptz AS since
		FROM unnest($2::timestamptz[]) AS m (at) JOIN report.state_timeline($3, $4) l ON l.starts_at <= m.at AND m.at < l.ends_at WHERE l.job = $1`,
		job, moments, first.Add(-time.Hour), last.Add(time.Hour), noTime))
}

// inLine is what a timeline can tell of a latestState.
func inLine(s latestState) latestState {
	s.RunID, s.Since = "", noTime
	return s
}

// latestStates reads the one state of each moment; several are none of its states.
func latestStates(rows pgx.Rows, err error) (map[time.Time]latestState, error) {
	if err != nil {
		return nil, err
	}
	found := map[time.Time]latestState{}
	var at time.Time
	var s latestState
	_, err = pgx.ForEachRow(rows, []any{&at, &s.RunNo, &s.RunID, &s.State, &s.Status, &s.Since}, func() error {
		s.Since = s.Since.UTC()
		if _, twice := found[at.UTC()]; twice {
			s = latestState{State: "several at once"}
		}
		found[at.UTC()] = s
		return nil
	})
	return found, err
}

// latestStateOf reads the state that a history gives its job.
func latestStateOf(h store.History) latestState {
	if h.Job.State == nil {
		return latestState{}
	}
	s := latestState{RunNo: *h.Job.RunNo, State: *h.Job.State, Status: *h.Job.Status, Since: h.Job.StateSince.UTC()}
	if h.Job.RunID != nil {
		s.RunID = *h.Job.RunID
	}
	return s
}

func orNull(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
