package cli

import (
	"context"
	"fmt"
	"io"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// unlooked is why nothing new may be seen of a job.
type unlooked struct {
	why     string // empty: it is looked at
	forGood bool   // nobody polls it until somebody changes what is tracked
}

// lookedAt finds out whether a job is looked at.
func lookedAt(ctx context.Context, s *store.Store, job store.Job) (unlooked, error) {
	switch {
	case job.Tracking == store.TrackingPaused && job.PausedReason != "":
		return unlooked{fmt.Sprintf("nobody looks: job %s is paused: %s; to go on:  tracker job resume %s", job.Name, terminal.OneLine(job.PausedReason), job.Name), true}, nil
	case job.Tracking == store.TrackingPaused:
		return unlooked{fmt.Sprintf("nobody looks: job %s is paused; to go on:  tracker job resume %s", job.Name, job.Name), true}, nil
	case job.Tracking == store.TrackingRemoved:
		return unlooked{fmt.Sprintf("nobody looks: job %s is removed; what was seen:  tracker history %s", job.Name, job.Name), true}, nil
	case job.Tracking == store.TrackingFinished:
		return unlooked{fmt.Sprintf("nobody looks: job %s is finished, since its import has ended; to poll it:  tracker sync %s", job.Name, job.Name), true}, nil
	case !job.From.PausedAt.IsZero():
		why := fmt.Sprintf("nobody looks: source %s is paused: %s; to go on:  tracker source resume %s", job.Source, terminal.OneLine(job.From.PausedReason), job.Source)
		return unlooked{why, true}, nil
	}
	now, served, err := s.Served(ctx)
	if err != nil {
		return unlooked{}, err
	}
	if !served.Until.After(now) {
		return unlooked{why: "nobody looks: no tracker serves this database; start one:  tracker serve"}, nil
	}
	until, err := s.HeldUntil(ctx, job.ID)
	if err != nil {
		return unlooked{}, err
	}
	if until.After(now) {
		return unlooked{why: fmt.Sprintf("nobody looks: source %s is held until %s: the service asked to be left alone; to ask it at once:  tracker source resume %s",
			job.Source, words.Time(&until), job.Source)}, nil
	}
	heads, err := s.WatchHeads(ctx, []int64{job.ID})
	if err != nil || len(heads) == 0 || heads[0].Failures == 0 {
		return unlooked{}, err
	}
	said, err := s.LastErrors(ctx, []int64{job.ID})
	if err != nil {
		return unlooked{}, err
	}
	failure := words.Failure(string(heads[0].Outcome), terminal.OneLine(said[job.ID]))
	return unlooked{why: fmt.Sprintf("cannot look: the last poll of job %s was answered: %s", job.Name, failure)}, nil
}

// hints tells why waiting may be in vain, each time that there is another reason.
type hints struct {
	out  io.Writer
	last string
}

func (h *hints) tell(why string) {
	if why != "" && why != h.last {
		fmt.Fprintln(h.out, why)
	}
	h.last = why
}
