package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// SourceSpec is what is declared of a source.
type SourceSpec struct {
	Name        string
	Provider    string
	BaseURL     string
	Credential  string // a reference, never the secret
	Schedule    string
	ActiveEvery time.Duration
	RateEvery   time.Duration
	RateBurst   int
	Volatile    []string // paths of fields without meaning for equality; nil: none

	WebhookSecret string // a reference; empty: it sends no webhooks
	Archive       string // where results are kept; empty: nowhere
}

// equal reports whether both declare the same.
func (s SourceSpec) equal(other SourceSpec) bool {
	same := slices.Equal(s.Volatile, other.Volatile)
	s.Volatile, other.Volatile = nil, nil
	return same && reflect.DeepEqual(s, other)
}

// Source is a registered source.
type Source struct {
	ID int64
	SourceSpec
	Interpretation int       // number of the provider's definition; 0: the provider is code
	PausedAt       time.Time // zero: not paused
	PausedReason   string
	RemovedAt      time.Time // zero: not removed
}

// Source returns the source of that name, or ErrNotFound.
func (s *Store) Source(ctx context.Context, name string) (Source, error) {
	row, err := s.queries.DeclaredSource(ctx, name)
	if err != nil {
		return Source{}, fmt.Errorf("source %s: %w", name, notFound(err))
	}
	return toSource(declaredSource(row)), nil
}

// Sources lists all sources, removed ones too, by name.
func (s *Store) Sources(ctx context.Context) ([]Source, error) {
	rows, err := s.queries.DeclaredSources(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportDeclaredSource) Source { return toSource(declaredSource(row)) }), nil
}

// PauseSource stops the polling of all jobs of a source; without a reason, by hand. It reports false
// where the source is paused already.
func (s *Store) PauseSource(ctx context.Context, by Author, name, reason string) (bool, error) {
	return s.changeSource(ctx, name, func(r *registry, row dbsqlc.Source) (bool, error) {
		if row.PausedAt != nil || row.RemovedAt != nil {
			return false, refuseRemoved(row)
		}
		return true, r.pauseSource(ctx, row, pauseReason(reason), history.GapPaused)
	}, by)
}

// PauseForCredential pauses a source whose credential cannot be read. It
// reports false where the source is paused already, or removed.
func (s *Store) PauseForCredential(ctx context.Context, by Author, name, reason string) (bool, error) {
	return s.changeSource(ctx, name, func(r *registry, row dbsqlc.Source) (bool, error) {
		if row.PausedAt != nil || row.RemovedAt != nil {
			return false, nil
		}
		return true, r.pauseSource(ctx, row, reason, history.GapCredential)
	}, by)
}

// pauseSource pauses a source; unseen is the reason of the gaps that follow.
func (r *registry) pauseSource(ctx context.Context, row dbsqlc.Source, reason, unseen string) error {
	if _, err := r.queries.SourcePause(ctx, dbsqlc.SourcePauseParams{SourceID: row.SourceID, PausedAt: r.by.At, PausedReason: reason, ForCredential: unseen == history.GapCredential}); err != nil {
		return err
	}
	return r.stopPolling(ctx, row.SourceID, unseen)
}

// unseenAt is why nobody is to poll the jobs of a source; empty: somebody is.
func unseenAt(source dbsqlc.Source) string {
	switch {
	case source.PausedAt == nil:
		return ""
	case source.PausedForCredential:
		return history.GapCredential
	default:
		return history.GapPaused
	}
}

// stopPolling records the gaps of a source's jobs, and why nobody is to poll them from
// now on.
func (r *registry) stopPolling(ctx context.Context, sourceID int64, reason string) error {
	seen, err := r.queries.CursorListSeen(ctx, sourceID)
	if err != nil {
		return err
	}
	return r.recordGaps(ctx, seen, reason)
}

// ResumeSource ends a source's pause, its hold and the back-off of its jobs. It reports
// false where there is none of them.
func (s *Store) ResumeSource(ctx context.Context, by Author, name string) (bool, error) {
	return s.changeSource(ctx, name, func(r *registry, row dbsqlc.Source) (bool, error) {
		if err := refuseRemoved(row); err != nil {
			return false, err
		}
		freed, err := r.queries.BudgetResume(ctx, dbsqlc.BudgetResumeParams{SourceID: row.SourceID, Now: by.At})
		if err != nil {
			return false, err
		}
		due, err := r.queries.CursorResumeBySource(ctx, dbsqlc.CursorResumeBySourceParams{SourceID: row.SourceID, Now: by.At})
		if err != nil || row.PausedAt == nil && freed+due == 0 {
			return false, err
		}
		if row.PausedAt != nil {
			if _, err := r.queries.SourceResume(ctx, row.SourceID); err != nil {
				return false, err
			}
		}
		if err := r.queries.CursorResetRefusalsBySource(ctx, row.SourceID); err != nil {
			return false, err
		}
		unseen, err := r.queries.CursorListUnseen(ctx, row.SourceID)
		if err != nil {
			return false, err
		}
		return true, r.recordGaps(ctx, unseen, "")
	}, by)
}

// RemoveSource ends the tracking of a source that has no job left but removed
// ones. Their history stays. It reports false where the source is removed already.
func (s *Store) RemoveSource(ctx context.Context, by Author, name string) (bool, error) {
	return s.changeSource(ctx, name, func(r *registry, row dbsqlc.Source) (bool, error) {
		if row.RemovedAt != nil {
			return false, nil
		}
		jobs, err := r.queries.JobNamesBySource(ctx, row.SourceID)
		if err != nil {
			return false, err
		}
		if len(jobs) > 0 {
			return false, fmt.Errorf("%w: it still has jobs, which are to be removed first: %s", ErrConflict, someOf(jobs))
		}
		return true, r.removeSource(ctx, row)
	}, by)
}

func (r *registry) removeSource(ctx context.Context, row dbsqlc.Source) error {
	_, err := r.queries.SourceTrack(ctx, dbsqlc.SourceTrackParams{SourceID: row.SourceID, RemovedAt: &r.by.At})
	return err
}

// someOf names a few of many.
func someOf(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// refuseRemoved refuses to change a source that is removed.
func refuseRemoved(row dbsqlc.Source) error {
	if row.RemovedAt == nil {
		return nil
	}
	return fmt.Errorf("%w: it is removed; register it again to track its jobs", ErrConflict)
}

func (s *Store) changeSource(ctx context.Context, name string, change func(*registry, dbsqlc.Source) (bool, error), by Author) (bool, error) {
	var changed bool
	err := s.inRegistry(ctx, by, func(r *registry) error {
		row, err := r.queries.SourceByName(ctx, name)
		if err != nil {
			return notFound(err)
		}
		changed, err = change(r, row)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("source %s: %w", name, err)
	}
	return changed, nil
}

// declaredSource is a source's row as the report views have it.
func declaredSource(row dbsqlc.ReportDeclaredSource) dbsqlc.Source {
	return dbsqlc.Source{
		SourceID: row.SourceID, Name: row.Source, Provider: row.Provider, Interpretation: row.Interpretation, BaseUrl: row.BaseUrl, Credential: row.Credential, Schedule: row.Schedule,
		ActiveEvery: row.ActiveEvery, RateEvery: row.RateEvery, RateBurst: row.RateBurst, Volatile: row.Volatile,
		WebhookSecret: row.WebhookSecret, Archive: row.Archive,
		PausedAt: row.PausedAt, PausedReason: row.PausedReason, RegisteredAt: row.RegisteredAt, RemovedAt: row.RemovedAt,
	}
}

func toSource(row dbsqlc.Source) Source {
	source := Source{ID: row.SourceID, SourceSpec: SourceSpec{
		Name: row.Name, Provider: row.Provider, BaseURL: row.BaseUrl, Credential: row.Credential, Schedule: row.Schedule,
		ActiveEvery: row.ActiveEvery, RateEvery: row.RateEvery, RateBurst: int(row.RateBurst),
		WebhookSecret: OrZero(row.WebhookSecret), Archive: OrZero(row.Archive),
	}}
	if len(row.Volatile) > 0 {
		source.Volatile = row.Volatile
	}
	source.Interpretation = int(OrZero(row.Interpretation))
	source.PausedAt, source.PausedReason = OrZero(row.PausedAt), OrZero(row.PausedReason)
	source.RemovedAt = OrZero(row.RemovedAt)
	return source
}
