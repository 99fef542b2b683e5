package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tracker/internal/config"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// discoverRow is what is said of something that could be tracked.
type discoverRow struct {
	Name         string          `json:"name"` // its owners' word
	Target       json.RawMessage `json:"target"`
	Job          string          `json:"job"`      // that tracks it, or would
	Tracking     string          `json:"tracking"` // of that job; "none" where there is none
	CreatedAt    *time.Time      `json:"created_at"`
	UpdatedAt    *time.Time      `json:"updated_at"`
	DeletedAfter *time.Time      `json:"scheduled_for_deletion_after"`
}

// trackingNone is the tracking of what no job tracks.
const trackingNone = "none"

// discoverRows tells of each thing that was found which job tracks it, or what
// its job would be named.
func discoverRows(found []source.Found, from store.Source, jobs []store.Job) ([]discoverRow, error) {
	taken := map[string]bool{}
	byTarget := map[string]store.Job{}
	for _, job := range jobs {
		taken[job.Name] = true
		key := targetKey(from.Provider, job.Target)
		if other, found := byTarget[key]; job.Source == from.Name && (!found || trackedMore(job, other)) {
			byTarget[key] = job
		}
	}
	named := map[string]int{} // how many are to have a name
	for _, one := range found {
		if _, tracked := byTarget[targetKey(from.Provider, one.Target)]; !tracked {
			named[jobNameOf(one.Name)]++
		}
	}
	rows := make([]discoverRow, len(found))
	for i, one := range found {
		target, err := json.Marshal(one.Target)
		if err != nil {
			return nil, err
		}
		rows[i] = discoverRow{
			Name: one.Name, Target: target, Tracking: trackingNone,
			CreatedAt: nullTime(one.CreatedAt.At), UpdatedAt: nullTime(one.UpdatedAt.At), DeletedAfter: nullTime(one.DeletedAfter.At),
		}
		if job, tracked := byTarget[targetKey(from.Provider, one.Target)]; tracked {
			rows[i].Job, rows[i].Tracking = job.Name, string(job.Tracking)
			continue
		}
		name := jobNameOf(one.Name)
		rows[i].Job = uniqueJobName(name, strings.Join(values(one.Target), "-"), named[name] > 1, taken)
		taken[rows[i].Job] = true
	}
	return rows, nil
}

// trackedMore reports which of two jobs of one target tells how that is tracked.
func trackedMore(job, other store.Job) bool {
	order := []store.Tracking{store.TrackingActive, store.TrackingPaused, store.TrackingFinished, store.TrackingRemoved}
	return slices.Index(order, job.Tracking) < slices.Index(order, other.Tracking)
}

// registerFound registers a job for each row that has none, all or nothing.
func (a *app) registerFound(ctx context.Context, s *store.Store, from store.Source, found []source.Found, rows []discoverRow, labels map[string]string) (int, error) {
	author, err := a.author(ctx, s)
	if err != nil {
		return 0, err
	}
	declared := store.Declaration{}
	schedules := []config.Source{{Name: from.Name, Schedule: from.Schedule}}
	for i, row := range rows {
		if row.Tracking != trackingNone {
			continue
		}
		job := config.Job{Name: row.Job, Source: from.Name, Target: found[i].Target, Labels: maps.Clone(labels)}
		if err := job.Validate(); err != nil {
			return 0, fmt.Errorf("register a job for %q: %w", row.Name, err)
		}
		spec, err := toJobSpec(ctx, s, job, schedules, author)
		if err != nil {
			return 0, err
		}
		declared.Jobs = append(declared.Jobs, spec)
	}
	if err := a.warnOfSameTargets(ctx, s, declared); err != nil {
		return 0, err
	}
	if _, err := s.Apply(ctx, author, declared); err != nil {
		return 0, err
	}
	for i := range rows {
		if rows[i].Tracking == trackingNone {
			rows[i].Tracking = string(store.TrackingActive)
		}
	}
	return len(declared.Jobs), nil
}

func (a *app) printFound(found []source.Found, rows []discoverRow, from store.Source, registered int, request discoverRequest) error {
	targets := map[string]string{}
	for i, one := range found {
		targets[rows[i].Job] = strings.Join(values(one.Target), " ")
	}
	err := writeRows(a, request.format, terminal.Table[discoverRow]{
		Rows: rows, Empty: fmt.Sprintf("the account of source %s has nothing to track", from.Name),
		Columns: []terminal.Column[discoverRow]{
			{Title: "NAME", Cell: func(r discoverRow) terminal.Span { return terminal.Plain(terminal.Cut(terminal.OneLine(r.Name), 40)) }},
			{Title: "TARGET", Spare: 3, Cell: func(r discoverRow) terminal.Span { return terminal.Plain(targets[r.Job]) }},
			{Title: "JOB", Cell: func(r discoverRow) terminal.Span { return terminal.Plain(r.Job) }},
			{Title: "TRACKING", Cell: func(r discoverRow) terminal.Span { return r.trackingSpan() }},
			{Title: "UPDATED", Spare: 2, Cell: func(r discoverRow) terminal.Span { return terminal.Plain(dateText(r.UpdatedAt)) }},
			{Title: "DELETED AFTER", Spare: 1, Cell: func(r discoverRow) terminal.Span { return terminal.Styled(terminal.StyleRed, dateText(r.DeletedAfter)) }},
		},
	})
	if err != nil || request.format != formatTable || len(rows) == 0 {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\n%s\n", foundText(rows, from, registered, request.register))
	return err
}

// trackingSpan tells how the job is tracked, if there is one.
func (r discoverRow) trackingSpan() terminal.Span {
	if r.Tracking == trackingNone {
		return terminal.Styled(terminal.StyleYellow, "none yet")
	}
	return trackingSpan(r.Tracking, "")
}

// foundText sums up what was found.
func foundText(rows []discoverRow, from store.Source, registered int, register bool) string {
	untracked := 0
	for _, row := range rows {
		if row.Tracking == trackingNone {
			untracked++
		}
	}
	text := terminal.Counted(int64(len(rows)), "dataset")
	switch {
	case register:
		return fmt.Sprintf("%s; %s registered", text, terminal.Counted(int64(registered), "job"))
	case untracked == 0:
		return text + ", each with its job"
	default:
		return fmt.Sprintf("%s, %s without a job; to register them:  tracker source discover %s --register", text, terminal.Thousands(int64(untracked)), from.Name)
	}
}

// values gives the values of a target in the order of its fields.
func values(target map[string]string) []string {
	var all []string
	for _, field := range slices.Sorted(maps.Keys(target)) {
		all = append(all, target[field])
	}
	return all
}

func nullTime(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func dateText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}
