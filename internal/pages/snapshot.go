package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

// bodyMost is how many bytes of an answer's body stand on a page.
const bodyMost = 200_000

// snapshotBody is an answer as it came.
type snapshotBody struct {
	store.SnapshotRow
	Lines  []line
	Text   string
	Cut    bool
	Gone   string
	Before int32 // the answer before; 0: there is none
}

// findAnswer finds an answer of a job by its number.
func (p *Pages) findAnswer(ctx context.Context, r *http.Request) (store.SnapshotRow, error) {
	job, err := p.findJob(ctx, r.PathValue("job"))
	if err != nil {
		return store.SnapshotRow{}, err
	}
	no, err := strconv.ParseInt(r.PathValue("no"), 10, 32)
	if err != nil || no < 1 {
		return store.SnapshotRow{}, notFoundError{fmt.Sprintf("Answers are numbered from 1: %q is none of job %s.", r.PathValue("no"), job.Name), []string{"/jobs/" + url.PathEscape(job.Name)}}
	}
	return tracking.FindSnapshot(ctx, p.store, job.Name, int(no))
}

// snapshot shows an answer.
func (p *Pages) snapshot(ctx context.Context, req *request) (*view, error) {
	row, err := p.findAnswer(ctx, req.Request)
	if err != nil {
		return nil, err
	}
	body := snapshotBody{SnapshotRow: row, Before: row.SnapshotNo - 1, Lines: lines(req.Snapshot(row), nil)}
	if row.Body == nil {
		switch _, err := tracking.FindBody(ctx, p.store, row.Job, int(row.SnapshotNo)); {
		case tracking.IsGone(err):
			body.Gone = err.Error()
		case err != nil:
			return nil, err
		}
	}
	var text bytes.Buffer
	if json.Indent(&text, row.Body, "", "  ") != nil {
		text.Reset()
		text.Write(row.Body)
	}
	if body.Cut = text.Len() > bodyMost; body.Cut {
		text.Truncate(bodyMost)
	}
	body.Text = text.String()
	return &view{Name: "snapshot", Title: fmt.Sprintf("%s answer %d", row.Job, row.SnapshotNo), Section: "/", Body: body}, nil
}

// Address is that of the job.
func (b snapshotBody) Address() string { return "/jobs/" + url.PathEscape(b.Job) }

// body sends an answer as it is stored.
func (p *Pages) body(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
	defer cancel()
	row, err := p.findAnswer(ctx, r)
	if err == nil && row.Body == nil {
		_, err = tracking.FindBody(ctx, p.store, row.Job, int(row.SnapshotNo))
	}
	if err != nil {
		p.page(func(context.Context, *request) (*view, error) { return nil, err }).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("%s-%d.json", row.Job, row.SnapshotNo)))
	_, _ = w.Write(row.Body) // who has asked may be gone
}
