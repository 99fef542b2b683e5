package hook

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// bodyMost bounds a webhook, in bytes.
	bodyMost = 1 << 20
	// kindMost bounds what a webhook calls itself, in bytes, and so its id.
	kindMost = 200
)

// Handler takes webhooks of the sources that have a secret for them, as Standard Webhooks
// has them. The path's value source is the source's name.
type Handler struct {
	Store       *store.Store
	Credentials *source.Credentials
	Logger      *slog.Logger
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, err := h.receive(w, r)
	if err != nil {
		h.Logger.ErrorContext(r.Context(), "webhook not taken", "source", r.PathValue("source"), "error", err)
	}
	http.Error(w, http.StatusText(status), status)
}

// receive takes a webhook and tells the status to answer. An error is ours.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (status int, err error) {
	ctx := r.Context()
	from, err := h.Store.Source(ctx, r.PathValue("source"))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (from.WebhookSecret == "" || !from.RemovedAt.IsZero()):
		return http.StatusNotFound, nil
	case err != nil:
		return http.StatusServiceUnavailable, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return http.StatusRequestEntityTooLarge, nil
		}
		return http.StatusBadRequest, nil
	}
	secret, err := h.Credentials.Read(ctx, from.WebhookSecret)
	if err != nil {
		return http.StatusServiceUnavailable, err
	}
	key, err := source.SigningKey(secret.Secret)
	if err != nil {
		return http.StatusServiceUnavailable, err
	}
	verifier, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return http.StatusServiceUnavailable, err
	}
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	switch err := verifier.Verify(body, r.Header); {
	case errors.Is(err, standardwebhooks.ErrMessageTooOld), errors.Is(err, standardwebhooks.ErrMessageTooNew):
		return http.StatusBadRequest, nil
	case err != nil:
		return http.StatusUnauthorized, h.Store.Refuse(ctx, from.ID, time.Now())
	case len(id) > kindMost, !store.IsText(id):
		return http.StatusBadRequest, nil
	}
	kind, said := read(body)
	receipt := store.Receipt{SourceID: from.ID, MessageID: id, Kind: kind, Verified: true}
	if !strings.HasPrefix(kind, store.WebhookTypes) { // what a tracker tells would lead back here for ever
		jobs, err := h.Store.HookedJobs(ctx, from.Name)
		if err != nil {
			return http.StatusServiceUnavailable, err
		}
		receipt.JobIDs = meant(jobs, said)
	}
	if _, err := h.Store.Receive(ctx, receipt); err != nil {
		return http.StatusServiceUnavailable, err
	}
	return http.StatusOK, nil
}

// read gives what a webhook calls itself, and all texts in it.
func read(body []byte) (kind string, said map[string]bool) {
	said = map[string]bool{}
	var document any
	if json.Unmarshal(body, &document) != nil {
		return "", said
	}
	if fields, ok := document.(map[string]any); ok {
		if kind, _ = fields["type"].(string); len(kind) > kindMost || !store.IsText(kind) {
			kind = ""
		}
	}
	collect(document, said)
	return kind, said
}

func collect(value any, said map[string]bool) {
	switch value := value.(type) {
	case string:
		said[value] = true
	case []any:
		for _, one := range value {
			collect(one, said)
		}
	case map[string]any:
		for _, one := range value {
			collect(one, said)
		}
	}
}

// meant are the jobs whose target a webhook names; where it names none, those of which an
// import goes on.
func meant(jobs []store.HookedJob, said map[string]bool) (ids []int64) {
	var going []int64
	for _, job := range jobs {
		if names(said, job.Target) {
			ids = append(ids, job.ID)
		}
		if job.Going {
			going = append(going, job.ID)
		}
	}
	if len(ids) == 0 {
		return going
	}
	return ids
}

func names(said map[string]bool, target map[string]string) bool {
	for _, value := range target {
		if !said[value] {
			return false
		}
	}
	return len(target) > 0
}
