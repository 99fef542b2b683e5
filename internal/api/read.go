package api

import (
	"context"
	"time"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

// InJob names a job in a path.
type InJob struct {
	Job string `path:"job" example:"stores-eu" doc:"Name of the job."`
}

func (a *api) job(ctx context.Context, in InJob) (store.Job, error) {
	job, err := tracking.FindJob(ctx, a.Store, in.Job)
	return job, absent(err)
}

// InSource narrows a list to a source.
type InSource struct {
	Source string `query:"source" doc:"Of this source alone."`
}

// InLabels narrows a list to labels.
type InLabels struct {
	Label []string `query:"label,explode" example:"team=geo" doc:"KEY=VALUE: of jobs with this label. May be repeated: of jobs that have all."`
}

func (in InLabels) labels() (map[string]string, error) {
	return tracking.Pairs(in.Label, "label", "KEY=VALUE")
}

// InState narrows a list to a state.
type InState struct {
	State string `query:"state" enum:"queued,running,succeeded,partial,failed,canceled,unknown" doc:"In this state alone."`
}

// InSince narrows a list to what came after a time.
type InSince struct {
	Since string `query:"since" example:"3d" doc:"From this time on."`
}

// InSpan narrows a list to a stretch of time.
type InSpan struct {
	InSince
	Until string `query:"until" doc:"Up to this time."`
}

// times are those that a request names, each zero where it names none.
func (a *api) times(ctx context.Context, named map[string]string) (now time.Time, times map[string]time.Time, err error) {
	if now, err = a.Store.Now(ctx); err != nil {
		return now, nil, err
	}
	times, err = timesAt(now, named)
	return now, times, err
}

// timesAt are those that a request names as if it were a time.
func timesAt(now time.Time, named map[string]string) (times map[string]time.Time, err error) {
	times = map[string]time.Time{}
	for name, text := range named {
		if text == "" {
			continue
		}
		if times[name], err = tracking.PastTime(name, text, now); err != nil {
			return nil, wrong("query."+name, err)
		}
	}
	return times, nil
}

// since is the time that a request names; zero: none.
func (a *api) since(ctx context.Context, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	_, times, err := a.times(ctx, map[string]string{"since": text})
	return times["since"], err
}
