package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tracker/internal/config"
	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Discovery asks a service what jobs could track there.
type Discovery struct {
	Store       *store.Store
	Client      *source.Client
	Credentials *source.Credentials
	Waits       func(page int, wait time.Duration) // is told how long a page waits for its turn
}

// List asks the service for all that the account has.
func (d Discovery) List(ctx context.Context, from store.Source) ([]source.Found, error) {
	provider, err := definition.Of(ctx, d.Store, from.Provider, from.Interpretation)
	if err != nil {
		return nil, err
	}
	if provider.Discover == nil {
		return nil, fmt.Errorf("%w (%s); register jobs by name:  tracker job add --help", source.ErrNoList, provider.Name)
	}
	if !from.RemovedAt.IsZero() {
		return nil, errors.New("it is removed; register it again to ask it:  tracker source add --help")
	}
	if !from.PausedAt.IsZero() {
		return nil, fmt.Errorf("it is paused: %s; to go on:  tracker source resume %s", terminal.OneLine(from.PausedReason), from.Name)
	}
	credential, err := d.Credentials.Read(ctx, from.Credential)
	if err != nil {
		return nil, err
	}
	account := source.NewAccount(provider, from.BaseURL, credential.Secret)
	read, err := d.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	since := time.Now()
	now := func() time.Time { return read.Add(time.Since(since)) }
	found, err := d.Client.Discover(ctx, account, now, func(ctx context.Context, page int) error { return d.turn(ctx, from, page) })
	refused, ok := errors.AsType[*source.DiscoverError](err)
	if ok && refused.RetryAfter > 0 {
		return nil, errors.Join(err, d.Store.HoldSource(ctx, from.ID, now(), now().Add(refused.RetryAfter)))
	}
	if ok && refused.Outcome == history.OutcomeRateLimited {
		return nil, errors.Join(err, d.Store.LimitSource(ctx, from.ID, now()))
	}
	return found, err
}

// turn waits until the source may be asked for a page. Each page takes a slot
// of the budget that all trackers share, so that polls and pages together keep
// to the rate.
func (d Discovery) turn(ctx context.Context, from store.Source, page int) error {
	now, err := d.Store.Now(ctx)
	if err != nil {
		return err
	}
	availability, err := d.Store.Availability(ctx, []int64{from.ID})
	if err != nil {
		return err
	}
	if held := availability[from.ID].HeldUntil; held.After(now) {
		return fmt.Errorf("the service asked to be left alone until %s", held.Format(time.RFC3339))
	}
	at, err := d.Store.TakeSlot(ctx, from.ID, now)
	if err != nil {
		return err
	}
	d.Waits(page, at.Sub(now))
	wait := time.NewTimer(at.Sub(now))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}

// Candidate is what is said of something that could be tracked.
type Candidate struct {
	Name         string          `json:"name"` // its owners' word
	Target       json.RawMessage `json:"target"`
	Job          string          `json:"job"`      // that tracks it, or would
	Tracking     string          `json:"tracking"` // of that job; "none" where there is none
	CreatedAt    *time.Time      `json:"created_at"`
	UpdatedAt    *time.Time      `json:"updated_at"`
	DeletedAfter *time.Time      `json:"scheduled_for_deletion_after"`
}

// Untracked is the tracking of what no job tracks.
const Untracked = "none"

// Candidates tells of each thing that was found which job tracks it, or what
// its job would be named.
func Candidates(found []source.Found, from store.Source, jobs []store.Job) ([]Candidate, error) {
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
	rows := make([]Candidate, len(found))
	for i, one := range found {
		target, err := json.Marshal(one.Target)
		if err != nil {
			return nil, err
		}
		rows[i] = Candidate{
			Name: one.Name, Target: target, Tracking: Untracked,
			CreatedAt: nullTime(one.CreatedAt.At), UpdatedAt: nullTime(one.UpdatedAt.At), DeletedAfter: nullTime(one.DeletedAfter.At),
		}
		if job, tracked := byTarget[targetKey(from.Provider, one.Target)]; tracked {
			rows[i].Job, rows[i].Tracking = job.Name, string(job.Tracking)
			continue
		}
		name := jobNameOf(one.Name)
		rows[i].Job = uniqueJobName(name, strings.Join(TargetValues(one.Target), "-"), named[name] > 1, taken)
		taken[rows[i].Job] = true
	}
	return rows, nil
}

// trackedMore reports which of two jobs of one target tells how that is tracked.
func trackedMore(job, other store.Job) bool {
	order := []store.Tracking{store.TrackingActive, store.TrackingPaused, store.TrackingFinished, store.TrackingRemoved}
	return slices.Index(order, job.Tracking) < slices.Index(order, other.Tracking)
}

// Register registers a job for each row that has none, all or nothing. It tells
// of those whose target another job has, whether it succeeds or not.
func (d Discovery) Register(ctx context.Context, by store.Author, from store.Source, found []source.Found, rows []Candidate, labels map[string]string) (registered int, same []SameTargetError, err error) {
	declared := store.Declaration{}
	for i, row := range rows {
		if row.Tracking != Untracked {
			continue
		}
		job := config.Job{Name: row.Job, Source: from.Name, Target: found[i].Target, Labels: maps.Clone(labels)}
		if err := job.Validate(); err != nil {
			return 0, nil, fmt.Errorf("register a job for %q: %w", row.Name, err)
		}
		spec, err := JobSpec(job, from.Schedule, by)
		if err != nil {
			return 0, nil, err
		}
		declared.Jobs = append(declared.Jobs, spec)
	}
	if same, err = SameTargets(ctx, d.Store, declared); err != nil {
		return 0, nil, err
	}
	if _, err := d.Store.Apply(ctx, by, declared); err != nil {
		return 0, same, err
	}
	for i := range rows {
		if rows[i].Tracking == Untracked {
			rows[i].Tracking = string(store.TrackingActive)
		}
	}
	return len(declared.Jobs), same, nil
}

// TargetValues gives the values of a target in the order of its fields.
func TargetValues(target map[string]string) []string {
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
