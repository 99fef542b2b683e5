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
	AskedAt time.Time `json:"asked_at" doc:"By the clock of the database. A poll that was under way answers, too."`
}

type syncOutput struct {
	Status   int
	Location string `header:"Location" doc:"The poll, as soon as it is recorded: the job's polls after the last that was recorded when it was asked for."`
	Body     Asked
}

func (a *api) registerSync() {
	o := operation{
		id: "sync-job", path: "/jobs/{job}/sync", tag: tagChanges, summary: "Poll a job now",
		doc: "Whatever its schedule says, within the rate of its source. One that is under way already answers, too. Location is a list of polls: empty until the poll " +
			"is recorded, then with its row, whose outcome says what came of it. 409: the job is paused or removed, or its source is paused or held.",
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
	last, err := a.lastPoll(ctx, job, now)
	if err != nil {
		return nil, err
	}
	a.Logger.InfoContext(ctx, "a poll was asked for", "job", job.Name, "actor", access.From(ctx).Actor)
	if !a.Poll(job) {
		return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("too many polls were asked for: come again"), http.Header{"Retry-After": {retrySeconds}})
	}
	polls := Path + "/jobs/" + job.Name + "/polls"
	if !last.IsZero() {
		polls += "?" + url.Values{"since": {last.Add(time.Microsecond).Format(time.RFC3339Nano)}}.Encode()
	}
	return &syncOutput{Status: http.StatusAccepted, Location: polls, Body: Asked{job.Name, now}}, nil
}

// lastPoll is when the last poll of a job was sent that is recorded; zero: there is none.
// No poll is sent while another is under way: who asks meanwhile is answered by that one,
// which was sent before.
func (a *api) lastPoll(ctx context.Context, job store.Job, now time.Time) (time.Time, error) {
	cursors, err := a.Store.Cursors(ctx, []int64{job.ID})
	last := cursors[job.ID].PolledAt
	if last.After(now) { // the clock was set back
		last = now
	}
	return last, err
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
