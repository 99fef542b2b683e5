package pages

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"tracker/internal/evidence"
	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// auditBody tells whether the history can be trusted.
type auditBody struct {
	words.Clock
	store.Checkpoint
	Journal  int64 // entries
	Waiting  int64 // of them that are not sealed
	Lag      store.JournalLag
	RootText string
	Job, Run string // of a pack that is asked for
}

// audit answers whether what is kept can be trusted.
func (p *Pages) audit(ctx context.Context, req *request) (*view, error) {
	body, err := p.readAudit(ctx, req.Clock)
	if err != nil {
		return nil, err
	}
	body.Job, body.Run = req.query.Get("job"), req.query.Get("run")
	return &view{Name: "audit", Title: "Audit", Section: "/audit", Live: "all", Every: 30, Body: body}, nil
}

func (p *Pages) readAudit(ctx context.Context, c words.Clock) (auditBody, error) {
	body := auditBody{Clock: c}
	var err error
	if body.Checkpoint, err = p.store.LastCheckpoint(ctx); err != nil {
		return body, err
	}
	if body.Journal, err = p.store.JournalSize(ctx); err != nil {
		return body, err
	}
	if body.Lag, err = p.store.JournalLag(ctx); err != nil {
		return body, err
	}
	body.Waiting = body.Journal - body.Size
	body.RootText = hex.EncodeToString(body.Root[:])
	return body, nil
}

// packAt leads from the form of a pack to it.
func (p *Pages) packAt(w http.ResponseWriter, r *http.Request) {
	job, run := r.URL.Query().Get("job"), r.URL.Query().Get("run")
	address := "/jobs/" + url.PathEscape(job)
	if run != "" {
		address += "/runs/" + url.PathEscape(run)
	}
	http.Redirect(w, r, address+"/pack.zip", http.StatusSeeOther)
}

// pack sends the evidence of a run, or of all runs of a job.
func (p *Pages) pack(w http.ResponseWriter, r *http.Request) {
	err := p.sendPack(w, r)
	if err != nil {
		p.page(func(context.Context, *request) (*view, error) { return nil, err }).ServeHTTP(w, r)
	}
}

func (p *Pages) sendPack(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	job, err := p.findJob(ctx, r.PathValue("job"))
	if err != nil {
		return err
	}
	request := evidence.Request{Job: job}
	name := job.Name + ".zip"
	if run := r.PathValue("run"); run != "" {
		no, err := strconv.ParseInt(run, 10, 32)
		if err != nil || no < 1 {
			return notFoundError{what: fmt.Sprintf("%q is no run of job %s.", run, job.Name), near: []string{"/jobs/" + url.PathEscape(job.Name)}}
		}
		request.RunNo, name = int(no), fmt.Sprintf("%s-run-%d.zip", job.Name, no)
	}
	now, err := p.store.Now(ctx)
	if err != nil {
		return err
	}
	for name, at := range map[string]*time.Time{"known_at": &request.KnownAt, "as_of": &request.AsOf} {
		if text := r.URL.Query().Get(name); text != "" {
			if *at, err = tracking.PastTime(name, text, now); err != nil {
				return err
			}
		}
	}
	file, err := os.CreateTemp("", "tracker-pack-*.zip")
	if err != nil {
		return fmt.Errorf("make a pack: %w", err)
	}
	defer func() { _ = file.Close(); _ = os.Remove(file.Name()) }()
	_, err = evidence.Export(ctx, p.store, file, request)
	switch {
	case errors.Is(err, evidence.ErrNoRun):
		return notFoundError{what: fmt.Sprintf("No answer tells of what was asked for of job %s.", job.Name), near: []string{"/jobs/" + url.PathEscape(job.Name)}}
	case errors.Is(err, evidence.ErrUnsealed):
		return conflictError{fmt.Sprintf("What was seen last of job %s is not sealed yet. The daemon seals several times a minute: try again in a moment.", job.Name)}
	case err != nil:
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	http.ServeContent(w, r, name, time.Time{}, file)
	return nil
}
