package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tracker/internal/access"
	"tracker/internal/store"
)

// Asked is a poll that was asked for.
type Asked struct {
	Job     string    `json:"job"`
	AskedAt time.Time `json:"asked_at" doc:"The poll is sent after this."`
}

type syncOutput struct {
	Status   int
	Location string `header:"Location" doc:"The poll, as soon as it is recorded: the first page of the job's polls since."`
	Body     Asked
}

func (a *api) registerSync() {
	o := operation{
		id: "sync-job", path: "/jobs/{job}/sync", tag: tagChanges, summary: "Poll a job now",
		doc: "Whatever its schedule says, within the rate of its source. Location is a list of polls: empty until the poll is recorded, then with its row, " +
			"whose outcome says what came of it. 409: the job is paused or removed, or its source is paused or held.",
		fails: changeFails,
	}.of(http.MethodPost)
	o.DefaultStatus = http.StatusAccepted
	huma.Register(a.API, o, func(ctx context.Context, in *InJob) (*syncOutput, error) {
		out, err := a.sync(ctx, *in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

func (a *api) sync(ctx context.Context, in InJob) (*syncOutput, error) {
	job, err := a.job(ctx, in)
	if err != nil {
		return nil, err
	}
	from, err := a.sourceRow(ctx, job.Source)
	if err != nil {
		return nil, err
	}
	now, err := a.Store.Now(ctx)
	if err != nil {
		return nil, err
	}
	if why := notNow(job, from, now); why != nil {
		return nil, why
	}
	a.Logger.InfoContext(ctx, "a poll was asked for", "job", job.Name, "actor", access.From(ctx).Actor)
	if !a.Poll(job) {
		return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("too many polls were asked for: come again"), http.Header{"Retry-After": {retrySeconds}})
	}
	since := url.Values{"since": {now.Format(time.RFC3339Nano)}}
	return &syncOutput{Status: http.StatusAccepted, Location: Path + "/jobs/" + job.Name + "/polls?" + since.Encode(), Body: Asked{job.Name, now}}, nil
}

// notNow is why a job cannot be polled now, as  tracker sync  says; nil: it can.
func notNow(job store.Job, from store.SourceRow, now time.Time) error {
	why := ""
	switch {
	case job.Tracking == store.TrackingRemoved:
		why = "it is removed"
	case job.Tracking == store.TrackingPaused:
		why = "it is paused: " + job.PausedReason
	case from.PausedAt != nil:
		why = "its source is paused: " + *from.PausedReason
	case from.Unasked(now):
		why = fmt.Sprintf("its source is left alone until %s", from.HeldUntil.Format(time.RFC3339))
	case job.Fault != nil:
		why = job.Fault.Error()
	}
	if why == "" {
		return nil
	}
	return huma.Error409Conflict("job "+job.Name+" is not polled now", errors.New(why))
}
