package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tracker/internal/access"
	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// JobDeclaration is what is to be tracked.
type JobDeclaration struct {
	Source     string            `json:"source" doc:"Name of the source that is asked."`
	Target     map[string]string `json:"target" doc:"What is polled there: the fields that the source's provider needs. It never changes."`
	Labels     map[string]string `json:"labels,omitempty" doc:"To group and filter by."`
	Schedule   string            `json:"schedule,omitempty" example:"@every 5m" doc:"When it is polled, as cron or @every D; left out: as its source says."`
	StallAfter float64           `json:"stall_after,omitempty" minimum:"0" maximum:"315360000" doc:"A run that goes on for longer, in seconds, is stalled; left out: judged by its past."`
}

type putJobInput struct {
	InJob
	Body JobDeclaration
}

type putJobOutput struct {
	Status int
	Body   store.JobRow
}

// Reason says why something is paused.
type Reason struct {
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why, for those who look later; left out: by hand."`
}

type pauseJobInput struct {
	InJob
	Body *Reason
}

type pauseSourceInput struct {
	SourceInput
	Body *Reason
}

func reasonOf(body *Reason) string {
	if body == nil {
		return ""
	}
	return body.Reason
}

// changeFails are the errors of what changes something.
var changeFails = []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict}

func (a *api) registerChanges() {
	put := operation{
		id: "put-job", path: "/jobs/{job}", tag: tagChanges, summary: "Register a job, or change it",
		doc:   "As  tracker job add  does: labels, schedule and stall_after become those given here. 201: it is new. 409: the job has another source or target.",
		fails: changeFails,
	}.of(http.MethodPut)
	put.Responses = map[string]*huma.Response{}
	for status, text := range map[string]string{"200": "It was there", "201": "It is new"} {
		put.Responses[status] = &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/json": {Schema: schemaOf[store.JobRow](a)}}}
	}
	huma.Register(a.API, put, a.putJob)
	change(a, operation{
		id: "pause-job", path: "/jobs/{job}/pause", summary: "Stop polling a job", doc: "Its history stays, and has a gap until it is resumed.",
	}.of(http.MethodPost), func(ctx context.Context, by store.Author, in *pauseJobInput) (store.JobRow, error) {
		_, err := a.Store.PauseJob(ctx, by, in.Job, reasonOf(in.Body))
		return a.changedJob(ctx, in.InJob, err)
	})
	change(a, operation{
		id: "resume-job", path: "/jobs/{job}/resume", summary: "Poll a paused or finished job again", doc: "By its schedule, from now on.",
	}.of(http.MethodPost), func(ctx context.Context, by store.Author, in *InJob) (store.JobRow, error) {
		_, err := a.Store.ResumeJob(ctx, by, in.Job)
		return a.changedJob(ctx, *in, err)
	})
	change(a, operation{
		id: "remove-job", path: "/jobs/{job}", summary: "End the tracking of a job", doc: "Its history stays, and its name stays taken. PUT it to track it again.",
	}.of(http.MethodDelete), func(ctx context.Context, by store.Author, in *InJob) (store.JobRow, error) {
		_, err := a.Store.RemoveJob(ctx, by, in.Job)
		return a.changedJob(ctx, *in, err)
	})
	change(a, operation{
		id: "pause-source", path: "/sources/{source}/pause", summary: "Stop polling the jobs of a source", doc: "All of them, until it is resumed.",
	}.of(http.MethodPost), func(ctx context.Context, by store.Author, in *pauseSourceInput) (store.SourceRow, error) {
		_, err := a.Store.PauseSource(ctx, by, in.Source, reasonOf(in.Body))
		return a.changedSource(ctx, in.Source, err)
	})
	change(a, operation{
		id: "resume-source", path: "/sources/{source}/resume", summary: "Poll the jobs of a paused or held source again", doc: "At once, as far as its rate allows.",
	}.of(http.MethodPost), func(ctx context.Context, by store.Author, in *SourceInput) (store.SourceRow, error) {
		_, err := a.Store.ResumeSource(ctx, by, in.Source)
		return a.changedSource(ctx, in.Source, err)
	})
}

// change registers an operation that changes something, in the name of who asks.
func change[I, T any](a *api, o huma.Operation, work func(ctx context.Context, by store.Author, in *I) (T, error)) {
	o.Tags, o.Errors = []string{tagChanges}, append(o.Errors, changeFails...)
	huma.Register(a.API, o, func(ctx context.Context, in *I) (*row[T], error) {
		by, err := a.author(ctx)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		changed, err := work(ctx, by, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return &row[T]{changed}, nil
	})
}

// author is who asks, for what is recorded.
func (a *api) author(ctx context.Context) (store.Author, error) {
	who := access.From(ctx)
	if who.Actor == "" || !who.Operates() {
		return store.Author{}, huma.Error403Forbidden("nobody knows who asks")
	}
	now, err := a.Store.Now(ctx)
	return store.Author{Actor: who.Actor, At: now}, err
}

// changedJob is a job as it is after a change.
func (a *api) changedJob(ctx context.Context, in InJob, err error) (store.JobRow, error) {
	if errors.Is(err, store.ErrNotFound) {
		err = absent(tracking.UnknownJob(ctx, a.Store, in.Job))
	}
	if err != nil {
		return store.JobRow{}, err
	}
	return a.Store.JobRow(ctx, in.Job)
}

func (a *api) changedSource(ctx context.Context, name string, err error) (store.SourceRow, error) {
	if errors.Is(err, store.ErrNotFound) {
		err = absent(tracking.UnknownSource(ctx, a.Store, name))
	}
	if err != nil {
		return store.SourceRow{}, err
	}
	return a.sourceRow(ctx, name)
}

func (a *api) putJob(ctx context.Context, in *putJobInput) (*putJobOutput, error) {
	out, err := a.register(ctx, in)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return out, nil
}

func (a *api) register(ctx context.Context, in *putJobInput) (*putJobOutput, error) {
	by, err := a.author(ctx)
	if err != nil {
		return nil, err
	}
	spec, err := tracking.DeclareJob(ctx, a.Store, by, config.Job{
		Name: in.Job, Source: in.Body.Source, Target: in.Body.Target, Labels: in.Body.Labels, Schedule: in.Body.Schedule,
		StallAfter: time.Duration(in.Body.StallAfter * float64(time.Second)),
	})
	if err != nil {
		return nil, err
	}
	changes, err := a.Store.Apply(ctx, by, store.Declaration{Jobs: []store.JobSpec{spec}})
	if err != nil {
		return nil, err
	}
	out := &putJobOutput{Status: http.StatusOK}
	if slices.ContainsFunc(changes, func(c store.RegistryChange) bool {
		return c.Action == "register" && strings.HasPrefix(c.Subject, "job ")
	}) {
		out.Status = http.StatusCreated
	}
	out.Body, err = a.Store.JobRow(ctx, in.Job)
	return out, err
}
