package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

const (
	// HeartbeatEvery is how often a running tracker says that it runs. The function
	// report.runs_until says how long it counts as running after the last one.
	HeartbeatEvery = 10 * time.Second
	// replicaMemory is how long it is remembered when trackers ran.
	replicaMemory = 90 * 24 * time.Hour
)

// Replica is a tracker that runs, or ran.
type Replica struct {
	Owner     string
	StartedAt time.Time
}

// Heartbeat notes that a replica runs: a gap in the polls is no downtime of the
// tracker then.
func (s *Store) Heartbeat(ctx context.Context, r Replica, now time.Time) error {
	if err := s.queries.ReplicaHeartbeat(ctx, dbsqlc.ReplicaHeartbeatParams{Owner: r.Owner, StartedAt: r.StartedAt, SeenAt: now}); err != nil {
		return fmt.Errorf("note that the tracker runs: %w", err)
	}
	return nil
}

// Leave notes that a replica ends: from now on a gap in the polls is a downtime.
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
