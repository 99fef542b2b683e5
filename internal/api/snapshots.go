package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

type snapshotInput struct {
	InJob
	SnapshotNo int `path:"snapshot_no" minimum:"1" maximum:"2147483647" example:"3" doc:"Number of the snapshot within its job."`
}

// body answers with bytes.
type body struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Body        []byte
}

func (a *api) registerSnapshots() {
	addRow(a, operation{
		id: "get-snapshot", path: "/jobs/{job}/snapshots/{snapshot_no}", tag: tagJobs, summary: "An answer of the service",
		doc: "A row of report.snapshots, without its body.", fails: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *snapshotInput) (store.SnapshotHead, error) {
		row, err := a.snapshot(ctx, *in)
		return row.SnapshotHead, err
	})
	o := operation{
		id: "get-snapshot-body", path: "/jobs/{job}/snapshots/{snapshot_no}/body", tag: tagJobs, summary: "The bytes of an answer",
		doc:   "As they are stored, secrets taken out. Their SHA-256 is the ETag. 410: retention took them, or somebody has erased them.",
		fails: []int{http.StatusNotFound, http.StatusGone},
	}.get()
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{}}, "application/octet-stream": {}}}}
	huma.Register(a.API, o, func(ctx context.Context, in *snapshotInput) (*body, error) {
		row, err := a.snapshot(ctx, *in)
		if err == nil && row.Body == nil {
			row, err = tracking.FindBody(ctx, a.Store, in.Job, in.SnapshotNo)
		}
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		kind := "application/octet-stream"
		if json.Valid(row.Body) {
			kind = "application/json"
		}
		return &body{ContentType: kind, ETag: `"` + hex.EncodeToString(row.SHA256) + `"`, Body: row.Body}, nil
	})
}

func (a *api) snapshot(ctx context.Context, in snapshotInput) (store.SnapshotRow, error) {
	if _, err := a.job(ctx, in.InJob); err != nil {
		return store.SnapshotRow{}, err
	}
	row, err := tracking.FindSnapshot(ctx, a.Store, in.Job, in.SnapshotNo)
	return row, absent(err)
}
