package tracking

import (
	"context"
	"errors"
	"fmt"

	"tracker/internal/store"
)

// FindSnapshot returns a snapshot, or an error that says which there are.
func FindSnapshot(ctx context.Context, s *store.Store, job string, no int) (store.SnapshotRow, error) {
	row, err := s.SnapshotRow(ctx, job, no)
	if !errors.Is(err, store.ErrNotFound) {
		return row, err
	}
	newest, err := s.SnapshotRow(ctx, job, 0)
	switch {
	case errors.Is(err, store.ErrNotFound) && no > 0:
		return row, RequestError{fmt.Errorf("job %s has no snapshot %d: no poll has succeeded yet; see  tracker history %s", job, no, job)}
	case errors.Is(err, store.ErrNotFound):
		return row, fmt.Errorf("job %s has no snapshot yet: no poll has succeeded; see  tracker history %s", job, job)
	case err != nil:
		return row, err
	}
	return row, RequestError{fmt.Errorf("job %s has no snapshot %d; its newest is %d", job, no, newest.SnapshotNo)}
}

var (
	// ErrErased means that somebody has erased what is asked for.
	ErrErased = errors.New("erased")
	// ErrTaken means that retention took it.
	ErrTaken = errors.New("retention took it")
)

// IsGone reports an error of asking for what was there once.
func IsGone(err error) bool { return errors.Is(err, ErrErased) || errors.Is(err, ErrTaken) }

// FindBody is FindSnapshot of one whose body is still there.
func FindBody(ctx context.Context, s *store.Store, job string, no int) (store.SnapshotRow, error) {
	row, err := FindSnapshot(ctx, s, job, no)
	if err != nil || row.Body != nil {
		return row, err
	}
	act, err := s.ErasedBy(ctx, job, int(row.SnapshotNo))
	if errors.Is(err, store.ErrNotFound) {
		return row, RequestError{fmt.Errorf("snapshot %d of job %s has no body any more: %w; its SHA-256 was %x", row.SnapshotNo, job, ErrTaken, []byte(row.SHA256))}
	}
	if err == nil {
		err = fmt.Errorf("snapshot %d of job %s has no body any more: %w by act %d; its SHA-256 was %x", row.SnapshotNo, job, ErrErased, act, []byte(row.SHA256))
	}
	return row, err
}
