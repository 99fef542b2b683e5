package pages_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tracker/internal/pages"
	"tracker/internal/store"
	"tracker/internal/testkit"
)

// TestPages_Refused: what cannot be done is told as what it is, and not as a database that
// does not answer.
func TestPages_Refused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	now, err := l.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var look error
	server := serve(t, pages.New(l.store, pages.Options{
		Logger: discard(), Actor: func(*http.Request) string { return "who reads" }, Look: func(context.Context, store.Job) error { return look },
	}))
	for says, err := range map[string]error{
		"The look got no answer": fmt.Errorf("%w: refused", pages.ErrVainLook), "Others look right now": pages.ErrBusyLook, "Looked just now": nil,
	} {
		look = err
		p := ask(t, http.MethodPost, server+"/jobs/stores-eu/look", nil)
		if p.wantText(t, "the look", says); p.status != http.StatusOK {
			t.Errorf("a look that ends by %v is answered %d", err, p.status)
		}
	}
	look = context.DeadlineExceeded
	if p := ask(t, http.MethodPost, server+"/jobs/stores-eu/look", nil); p.status != http.StatusOK {
		t.Errorf("a slow look is answered %d", p.status)
	}
	if _, err := l.store.RemoveJob(t.Context(), store.Author{Actor: "tester", At: now}, "stores-eu"); err != nil {
		t.Fatal(err)
	}
	p := ask(t, http.MethodPost, server+"/jobs/stores-eu/resume", nil)
	if p.wantText(t, "the page", "register it again"); p.status != http.StatusConflict || strings.Contains(p.raw, `http-equiv="refresh"`) {
		t.Errorf("a removed job is resumed with %d", p.status)
	}
}

// TestPages_FormThatCannotBeRead changes nothing.
func TestPages_FormThatCannotBeRead(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	server := serve(t, http.MaxBytesHandler(pages.New(l.store, pages.Options{Logger: discard(), Actor: func(*http.Request) string { return "who reads" }}), 1000))
	const encoded, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"
	for form, want := range map[string]struct {
		kind   string
		status int
	}{
		"reason=" + strings.Repeat("x", 2000): {encoded, http.StatusRequestEntityTooLarge},
		"reason=%zz":                          {encoded, http.StatusBadRequest},
		"reason=a%00b":                        {encoded, http.StatusBadRequest},
		"reason=%ff":                          {encoded, http.StatusBadRequest},
		"--B\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\na\x00b\r\n--B--\r\n": {parts, http.StatusBadRequest},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/jobs/stores-eu/pause", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", want.kind)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != want.status {
			t.Errorf("%.90q is answered %d", form, response.StatusCode)
		}
	}
	l.Want("the pauses", nil, `SELECT actor FROM report.changes WHERE action = 'pause'`)
}

// TestPages_LongReason is cut after a thousand characters.
func TestPages_LongReason(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	if p := l.ask(http.MethodPost, "/jobs/stores-eu/pause", url.Values{"reason": {"x" + strings.Repeat("ä", 1200)}}); p.status != http.StatusOK {
		t.Errorf("a pause is answered %d", p.status)
	}
	l.Want("the reason", []string{"x" + strings.Repeat("ä", 999)}, `SELECT after->>'paused_reason' FROM report.changes WHERE action = 'pause'`)
}

// TestPages_NotOperator: a login that may not resume is told so.
func TestPages_NotOperator(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	name, password := "test_"+strings.ToLower(rand.Text()[:12]), rand.Text()
	l.Exec("CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "' IN ROLE tracker_writer")
	t.Cleanup(func() {
		if _, err := l.DB.ExecContext(context.WithoutCancel(t.Context()), "DROP OWNED BY "+name+"; DROP ROLE "+name); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(name, password)
	server := serve(t, pages.New(testkit.OpenStore(t, address.String()), pages.Options{Logger: discard(), Actor: func(*http.Request) string { return "who reads" }}))
	if p := ask(t, http.MethodPost, server+"/jobs/stores-eu/pause", nil); p.status != http.StatusOK {
		t.Fatalf("a pause is answered %d", p.status)
	}
	p := ask(t, http.MethodPost, server+"/jobs/stores-eu/resume", nil)
	if p.wantText(t, "the page", "this login may not change what is tracked"); p.status != http.StatusForbidden {
		t.Errorf("a job is resumed with %d", p.status)
	}
}
