package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tracker/internal/store"
)

// operation changes what is tracked, and tells what was done and where to go on.
type operation func(ctx context.Context, r *http.Request, by store.Author) (done, address string, err error)

var (
	// ErrVainLook means that a poll got no answer.
	ErrVainLook = errors.New("the poll got no answer")
	// ErrBusyLook means that too many are polled already because somebody asked.
	ErrBusyLook = errors.New("too many polls go on that were asked for")
)

// lookTimeout bounds a poll that somebody waits for.
const lookTimeout = 25 * time.Second

// formMost is how many bytes of a form are kept in memory.
const formMost = 1 << 20

// operate serves an operation: a form posts it, and is led to a page that tells what is so.
func (p *Pages) operate(act operation) http.Handler {
	return p.operator(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := readForm(r); err != nil {
			refuseForm(w, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		now, err := p.store.Now(ctx)
		var done, address string
		if err == nil {
			done, address, err = act(ctx, r, store.Author{Actor: p.Actor(r), At: now})
		}
		if err != nil {
			p.page(func(context.Context, *request) (*view, error) { return nil, err }).ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, address+"?done="+url.QueryEscape(done), http.StatusSeeOther)
	}))
}

// errNoText means that a form holds what cannot be kept.
var errNoText = errors.New("bytes that are no text")

// readForm reads a form, of either encoding, all of whose values are text.
func readForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if err := r.ParseMultipartForm(formMost); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	for _, values := range r.PostForm {
		if !store.IsText(strings.Join(values, "")) {
			return errNoText
		}
	}
	return nil
}

// refuseForm tells that a form cannot be read: half of one changes nothing.
func refuseForm(w http.ResponseWriter, err error) {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, "This form is too large.", http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, "This form cannot be read.", http.StatusBadRequest)
}

// operator serves those who may operate.
func (p *Pages) operator(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.MayOperate != nil && !p.MayOperate(r) {
			http.Error(w, "You may look here, and change nothing.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// notice tells what was just done. Others may have done something since: how things stand
// the page tells.
func notice(done string) string {
	return map[string]string{
		"paused": "Paused.", "paused-already": "It was paused already.", "resumed": "Resumed: it is polled again.", "resumed-already": "It was polled already.",
		"looked": "Looked just now.", "not-looked": "The look got no answer: see below.",
		"retried": "What had failed is tried again.", "retried-already": "Nothing of that rule had failed.",
		"look-busy": "Others look right now, and are many: try again in a moment.",
	}[done]
}

func told(done string, changed bool) string {
	if !changed {
		return done + "-already"
	}
	return done
}

func (p *Pages) pauseJob(ctx context.Context, r *http.Request, by store.Author) (done, address string, err error) {
	return p.alterJob(ctx, r, "paused", func(name string) (bool, error) { return p.store.PauseJob(ctx, by, name, r.PostFormValue("reason")) })
}

func (p *Pages) resumeJob(ctx context.Context, r *http.Request, by store.Author) (done, address string, err error) {
	return p.alterJob(ctx, r, "resumed", func(name string) (bool, error) { return p.store.ResumeJob(ctx, by, name) })
}

func (p *Pages) alterJob(ctx context.Context, r *http.Request, what string, change func(name string) (bool, error)) (done, address string, err error) {
	job, err := p.findJob(ctx, r.PathValue("job"))
	if err != nil {
		return "", "", err
	}
	changed, err := change(job.Name)
	return told(what, changed), "/jobs/" + url.PathEscape(job.Name), err
}

// lookNow polls a job now.
func (p *Pages) lookNow(ctx context.Context, r *http.Request, _ store.Author) (done, address string, err error) {
	job, err := p.findJob(ctx, r.PathValue("job"))
	if err != nil {
		return "", "", err
	}
	address = "/jobs/" + url.PathEscape(job.Name)
	if p.Look == nil {
		return "not-looked", address, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	switch err := p.Look(ctx, job); {
	case err == nil:
		return "looked", address, nil
	case errors.Is(err, ErrBusyLook):
		return "look-busy", address, nil
	case errors.Is(err, ErrVainLook), errors.Is(err, context.DeadlineExceeded) && !store.IsAway(err):
		return "not-looked", address, nil
	default:
		return "", "", err
	}
}

func (p *Pages) pauseSource(ctx context.Context, r *http.Request, by store.Author) (done, address string, err error) {
	return p.alterSource(ctx, r, "paused", func(name string) (bool, error) { return p.store.PauseSource(ctx, by, name, r.PostFormValue("reason")) })
}

func (p *Pages) resumeSource(ctx context.Context, r *http.Request, by store.Author) (done, address string, err error) {
	return p.alterSource(ctx, r, "resumed", func(name string) (bool, error) { return p.store.ResumeSource(ctx, by, name) })
}

func (p *Pages) alterSource(ctx context.Context, r *http.Request, what string, change func(name string) (bool, error)) (done, address string, err error) {
	from, err := p.findSource(ctx, r.PathValue("source"))
	if err != nil {
		return "", "", err
	}
	changed, err := change(from.Name)
	return told(what, changed), "/sources/" + url.PathEscape(from.Name), err
}
