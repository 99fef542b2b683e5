package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/store"
)

// declaration has a source and two jobs.
func (f *feed) declaration() store.Declaration {
	return store.Declaration{
		Sources: []store.SourceSpec{f.sourceSpec("woosmap")},
		Jobs:    []store.JobSpec{f.jobSpec("woosmap", "a"), f.jobSpec("woosmap", "b")},
	}
}

func (f *feed) apply(t *testing.T, declared store.Declaration) []string {
	t.Helper()
	changes, err := f.store.Apply(t.Context(), f.by, declared)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, c := range changes {
		lines = append(lines, c.Action+" "+c.Subject)
	}
	return lines
}

// registered shows what is registered, and every change of it.
const registered = `SELECT s::text FROM sources s UNION ALL SELECT j::text FROM jobs j UNION ALL SELECT c::text FROM cursors c
	UNION ALL SELECT b::text FROM budgets b UNION ALL SELECT c::text FROM changes c ORDER BY 1`

func TestApplyAgainChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	equalLines(t, f.apply(t, f.declaration()), "register source woosmap-prod", "register job a", "register job b")
	before := column[string](t, f.conn, registered)
	again := f.declaration()
	again.Prune = true
	again.Jobs[0].FirstPollAt = f.now.Add(time.Hour) // which is only for new jobs and new schedules
	equalLines(t, f.apply(t, again))
	equalLines(t, column[string](t, f.conn, registered), before...)
}

func TestApplyDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	declared := f.declaration()
	declared.DryRun = true
	equalLines(t, f.apply(t, declared), "register source woosmap-prod", "register job a", "register job b")
	equalLines(t, column[string](t, f.conn, registered))
	f.apply(t, f.declaration())
	before := column[string](t, f.conn, registered)
	declared.Jobs, declared.Prune = declared.Jobs[:1], true
	declared.Jobs[0].Labels = nil
	declared.Sources[0].RateBurst = 7
	equalLines(t, f.apply(t, declared), "change source woosmap-prod", "change job a", "remove job b")
	equalLines(t, column[string](t, f.conn, registered), before...)
}

// TestApplyRefuses all or nothing, and tells of each fault.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.apply(t, f.declaration())
	before := column[string](t, f.conn, registered)
	other := func(f *feed) store.SourceSpec {
		spec := f.sourceSpec("woosmap")
		spec.Name = "other"
		return spec
	}
	for name, test := range map[string]struct {
		change func(*feed, *store.Declaration)
		faults []string // the name and the field
		reason error
	}{
		"TargetChanged":    {func(_ *feed, d *store.Declaration) { d.Jobs[0].Target = map[string]string{"id": "x"} }, []string{"a target.id"}, store.ErrConflict},
		"TargetFieldAdded": {func(_ *feed, d *store.Declaration) { d.Jobs[0].Target["more"] = "x" }, []string{"a target.more"}, store.ErrConflict},
		"TargetFieldGone":  {func(_ *feed, d *store.Declaration) { d.Jobs[0].Target = nil }, []string{"a target.id"}, store.ErrConflict},
		"SourceChanged": {
			func(f *feed, d *store.Declaration) {
				d.Sources = append(d.Sources, other(f))
				d.Jobs[1].Source = "other"
			},
			[]string{"b source"},
			store.ErrConflict,
		},
		"ProviderChanged": {func(_ *feed, d *store.Declaration) { d.Sources[0].Provider = "safetykit" }, []string{"woosmap-prod provider"}, store.ErrConflict},
		"UnknownSource": {
			func(f *feed, d *store.Declaration) {
				d.Jobs = append(d.Jobs, store.JobSpec{Name: "c", Source: "nowhere", Target: map[string]string{}, FirstPollAt: f.now})
			},
			[]string{"c source"},
			store.ErrNotFound,
		},
		"SeveralFaults": {
			func(_ *feed, d *store.Declaration) {
				d.Jobs[0].Target, d.Jobs[1].Target = map[string]string{"id": "x"}, map[string]string{"id": "y"}
				d.Sources[0].Provider = "safetykit"
			},
			[]string{"woosmap-prod provider", "a target.id", "b target.id"},
			store.ErrConflict,
		},
	} {
		declared := f.declaration()
		test.change(f, &declared)
		declared.Jobs = append([]store.JobSpec{f.jobSpec("woosmap", "fine")}, declared.Jobs...)
		changes, err := f.store.Apply(t.Context(), f.by, declared)
		if changes != nil || !errors.Is(err, test.reason) {
			t.Errorf("%s: it gives %v, %v", name, changes, err)
		}
		var faults []string
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, each := range joined.Unwrap() {
				if d, ok := errors.AsType[*store.DeclarationError](each); ok {
					faults = append(faults, d.Name+" "+d.Field)
				}
			}
		}
		equalLines(t, faults, test.faults...)
		equalLines(t, column[string](t, f.conn, registered), before...)
	}
}

// TestApplySchedules: another schedule moves the next poll of the jobs that go by it.
func TestApplySchedules(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	soon := f.now.Add(30 * time.Second)
	for name, test := range map[string]struct {
		change func(*feed, *store.Declaration)
		a, b   string // next polls
	}{
		"Nothing":     {func(*feed, *store.Declaration) {}, "10:01:00", "10:01:00"},
		"OfAJob":      {func(_ *feed, d *store.Declaration) { d.Jobs[0].Schedule, d.Jobs[0].FirstPollAt = "@every 2m", soon }, "10:00:30", "10:01:00"},
		"OfTheSource": {func(_ *feed, d *store.Declaration) { d.Sources[0].Schedule = "@every 2m" }, "10:00:00", "10:00:00"},
		"OfAPausedJob": {func(f *feed, d *store.Declaration) {
			f.must(t)(f.store.PauseJob(t.Context(), f.by, d.Jobs[0].Name, "why"))
			d.Jobs[0].Schedule, d.Jobs[0].FirstPollAt = "@every 2m", soon
		}, "none", "10:01:00"},
		"OfTheSourceOfAJobWithItsOwn": {func(f *feed, d *store.Declaration) {
			d.Jobs[0].Schedule = "@every 3m"
			f.apply(t, *d)
			d.Sources[0].Schedule = "@every 2m"
		}, "10:01:00", "10:00:00"},
		"OfTheSourceOfAFinishedJob": {func(f *feed, d *store.Declaration) {
			f.must(t)(f.store.FinishJob(t.Context(), f.by, d.Jobs[0].Name))
			d.Sources[0].Schedule = "@every 2m"
		}, "none", "10:00:00"},
	} {
		f := f.at(name)
		declared := f.declaration()
		for i := range declared.Jobs {
			declared.Jobs[i].Name += "-" + f.account
		}
		f.apply(t, declared)
		test.change(f, &declared)
		f.apply(t, declared)
		got := column[string](t, f.conn, `SELECT coalesce(to_char(next_poll_at AT TIME ZONE 'UTC', 'HH24:MI:SS'), 'none')
			FROM cursors JOIN jobs USING (job_id) WHERE name LIKE '%-' || $1 ORDER BY name`, f.account)
		if !slices.Equal(got, []string{test.a, test.b}) {
			t.Errorf("%s: the next polls are at %q", name, got)
		}
	}
}

func TestApplyPrunesAndRevives(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.apply(t, f.declaration())
	jobs, err := f.store.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.round(t, said{job: jobs[1], body: woosmapBody("r", "success")})
	less := f.declaration()
	less.Jobs = less.Jobs[:1]
	equalLines(t, f.apply(t, less))
	less.Prune = true
	equalLines(t, f.apply(t, less), "remove job b")
	equalLines(t, f.apply(t, less))
	moved := f.declaration()
	moved.Jobs[1].Target = map[string]string{"id": "elsewhere"}
	if _, err := f.store.Apply(t.Context(), f.by, moved); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a removed job gets another target: %v", err)
	}
	back := f.declaration()
	back.Jobs[1].Labels = map[string]string{"team": "ops"}
	f.by.At = f.now.Add(time.Second)
	equalLines(t, f.apply(t, back), "revive job b", "change job b")
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', job, tracking, state, labels ->> 'team', next_poll_at = $1) FROM report.jobs ORDER BY job", f.by.At),
		"a active geo f", "b active succeeded ops t")
}

// TestApplyRecordsBeforeAndAfter.
func TestApplyRecordsBeforeAndAfter(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.apply(t, f.declaration())
	declared := f.declaration()
	declared.Sources[0].RateEvery = 2 * time.Second
	declared.Jobs[0].Labels = nil
	declared.Jobs[0].StallAfter = time.Hour
	declared.Jobs[1].Schedule = "@every 5m"
	f.apply(t, declared)
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', actor, action, subject,
			(SELECT jsonb_object_agg(key, value) FROM jsonb_each(before) WHERE after -> key IS DISTINCT FROM value),
			(SELECT jsonb_object_agg(key, value) FROM jsonb_each(after) WHERE before -> key IS DISTINCT FROM value))
		FROM report.changes WHERE action = 'change' ORDER BY change_no`),
		`ann change source woosmap-prod {"rate_every": "1ms"} {"rate_every": "2s"}`,
		`ann change job a {"labels": {"team": "geo"}} {"labels": {}, "stall_after": "1h0m0s"}`,
		`ann change job b {"schedule": "@every 5m"}`)
	if credential := value[int64](t, f.conn, "SELECT count(*) FROM changes WHERE before IS NULL AND after ->> 'credential' = 'env:KEY'"); credential != 1 {
		t.Error("the registration does not show the credential's reference")
	}
}

// TestApplyAtOnce: those who apply at the same time wait for each other, and
// polls that are recorded meanwhile are in nobody's way for long.
func TestApplyAtOnce(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	const many, rounds = 20, 2
	var names []string
	for i := range many {
		names = append(names, fmt.Sprintf("j%02d", i))
	}
	jobs := f.register(t, "woosmap", names...)
	f.busy = true
	var declarations []store.Declaration
	for i := range rounds {
		declared := store.Declaration{Sources: []store.SourceSpec{f.sourceSpec("woosmap")}, Prune: true}
		for j := range many { // in another order than polls are recorded
			spec := f.jobSpec("woosmap", names[many-1-j])
			spec.Schedule = fmt.Sprintf("@every %dm", 1+i)
			declared.Jobs = append(declared.Jobs, spec)
		}
		declarations = append(declarations, declared)
	}
	var work errgroup.Group
	for range 2 {
		work.Go(func() error {
			for _, declared := range declarations {
				if _, err := f.store.Apply(t.Context(), f.by, declared); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range 4 * rounds {
		answers := make([]said, many)
		for j, job := range jobs {
			answers[j] = said{job: job, body: woosmapBody(fmt.Sprint("r", i), "success")}
		}
		f.round(t, answers...)
	}
	if err := work.Wait(); err != nil {
		t.Error(err)
	}
}
