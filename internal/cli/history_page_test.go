package cli

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tracker/internal/pages"
	"tracker/internal/testkit"
)

// TestRunPage_SaysWhatHistorySays: the page of a run, now and at each moment, says what
// history prints of it: each sentence, and each event.
func TestRunPage_SaysWhatHistorySays(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	server := httptest.NewServer(pages.New(testkit.OpenStore(t, f.getenv("DATABASE_URL")), pages.Options{
		Logger: slog.New(slog.DiscardHandler), Actor: func(*http.Request) string { return "" },
	}))
	t.Cleanup(server.Close)
	moments := []time.Time{{}, f.after[0].Add(-time.Hour)}
	moments = append(moments, f.after...)
	for _, at := range moments {
		args, address := []string{"history", "stores-eu", "--run", "1"}, server.URL+"/jobs/stores-eu/runs/1"
		if !at.IsZero() {
			moment := at.UTC().Format(time.RFC3339Nano)
			args, address = append(args, "--known-at", moment), address+"?known_at="+url.QueryEscape(moment)
		}
		printed, refused, code := f.run(args...)
		status, shown := pageText(t, address)
		if code != exitDone {
			printed = strings.TrimPrefix(refused, "tracker: ")
		}
		if (code == exitDone) != (status == http.StatusOK) {
			t.Errorf("at %s history ends with %d, and the page with %d", at, code, status)
		}
		for _, told := range sentences(printed) {
			if !strings.Contains(elapsing.ReplaceAllString(shown, ""), elapsing.ReplaceAllString(unspaced(told), "")) {
				t.Errorf("at %s the page does not say %q but\n%s", at, told, shown)
			}
		}
	}
}

// sentences are what a history says beside the job's headline and its table of runs.
func sentences(printed string) (told []string) {
	parts := strings.Split(strings.TrimSpace(printed), "\n\n")
	if len(parts) < 3 {
		return parts
	}
	told = strings.Split(parts[0], "\n")[1:]
	return append(told, strings.Split(parts[2], "\n")[1:]...)
}

// elapsing is what another second changes: how long ago something was, and how soon
// something is.
var elapsing = regexp.MustCompile(`\((justnow|\d+sago)\)|next(in\d+s|duenow)`)

var tags = regexp.MustCompile(`<[^>]*>`)

// pageText is what a page says, without blanks: they are not the same in a page.
func pageText(t *testing.T, address string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, unspaced(html.UnescapeString(tags.ReplaceAllString(string(raw), "")))
}

func unspaced(text string) string { return strings.Join(strings.Fields(text), "") }
