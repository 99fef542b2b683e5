package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

const (
	// ReplicaBeat is how often a running tracker says that it runs.
	ReplicaBeat = 10 * time.Second
	// replicaMemory is how long it is remembered when trackers ran.
	replicaMemory = 90 * 24 * time.Hour
)

// Replica is a tracker that runs, or ran.
type Replica struct {
	Owner     string
	StartedAt time.Time
}

// Beat notes that a replica runs, so that what nobody polled meanwhile is not
// taken for a downtime.
func (s *Store) Beat(ctx context.Context, r Replica, now time.Time) error {
	if err := s.queries.ReplicaBeat(ctx, dbsqlc.ReplicaBeatParams{Owner: r.Owner, StartedAt: r.StartedAt, SeenAt: now}); err != nil {
		return fmt.Errorf("note that the tracker runs: %w", err)
	}
	return nil
}

// Leave notes that a replica ends, so that what nobody polls from now on is a downtime.
func (s *Store) Leave(ctx context.Context, r Replica, now time.Time) error {
	if err := s.queries.ReplicaEnd(ctx, dbsqlc.ReplicaEndParams{Owner: r.Owner, StartedAt: r.StartedAt, EndedAt: now}); err != nil {
		return fmt.Errorf("note that the tracker ends: %w", err)
	}
	return nil
}

// ForgetReplicas drops the notes of trackers that ran long ago.
func (s *Store) ForgetReplicas(ctx context.Context, now time.Time) error {
	if err := s.queries.ReplicaForget(ctx, now.Add(-replicaMemory)); err != nil {
		return fmt.Errorf("forget old replicas: %w", err)
	}
	return nil
}

// Watched reports of each time whether any tracker ran then.
func (s *Store) Watched(ctx context.Context, ats []time.Time) ([]bool, error) {
	watched := make([]bool, len(ats))
	if len(ats) == 0 {
		return watched, nil
	}
	params := dbsqlc.ReplicaWatchedParams{Ats: ats, Beat: 2 * ReplicaBeat}
	for i := range ats {
		params.Places = append(params.Places, int32(i))
	}
	rows, err := s.queries.ReplicaWatched(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("read when trackers ran: %w", err)
	}
	for _, row := range rows {
		watched[row.Place] = row.Watched
	}
	return watched, nil
}
