package api_test

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"tracker/internal/api"
	"tracker/internal/store"
)

var (
	docsTask  = regexp.MustCompile(`(?s)\n### (\d+\. [^\n]*)\n(.*?)(?:\n##|$)`)
	docsBlock = regexp.MustCompile("(?s)```(sh|)\n(.*?)```")
)

// TestDocsTasks runs what docs/api.md says, as somebody with a token who is not on the
// machine, and looks for what it says that this prints.
func TestDocsTasks(t *testing.T) {
	t.Parallel()
	read, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(read), "woosmap-prod", "woosmap") // as the lab names it
	l := newLab(t)
	l.follow()
	l.guard.Open = false
	token := l.token("docs", store.ScopeOperate, time.Time{})
	begin := strings.Replace(docsBlock.FindStringSubmatch(text)[2], "http://127.0.0.1:8080"+api.Path, l.at, 1)
	tasks := docsTask.FindAllStringSubmatch(strings.ReplaceAll(text, "\n### ", "\n##\n### "), -1)
	if len(tasks) != 10 {
		t.Errorf("there are %d tasks", len(tasks))
	}
	for _, task := range tasks {
		blocks := docsBlock.FindAllStringSubmatch(task[2], -1)
		if len(blocks) != 2 || blocks[0][1] != "sh" {
			t.Fatalf("%s: %q", task[1], blocks)
		}
		shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", begin+blocks[0][2]) //nolint:gosec // of the documentation
		shell.Dir, shell.Env = t.TempDir(), append(os.Environ(), "TOKEN="+token)
		said, err := shell.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", task[1], err, said)
		}
		for line := range strings.Lines(blocks[1][2]) {
			if !strings.Contains(string(said), strings.TrimSpace(line)) {
				t.Errorf("%s: no %q in %s", task[1], line, said)
			}
		}
	}
	l.Want("actors", []string{"token docs"}, `SELECT DISTINCT actor FROM report.changes WHERE subject = 'job stores-us'`)
}

// TestDocsPageLoadsNothing from elsewhere, and tells of each operation and column.
func TestDocsPageLoadsNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	page := l.ask(http.MethodGet, "/docs", "")
	for _, source := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(page.text, -1) {
		if !strings.HasPrefix(source[1], "/") && !strings.HasPrefix(source[1], "#") {
			t.Errorf("it loads %s", source[1])
		}
	}
	if strings.Contains(page.text, "<script") || strings.Contains(page.text, "style=") {
		t.Error("there is script or style in it, which no browser would heed")
	}
	doc := l.document()
	for path, operations := range doc["paths"].(map[string]any) {
		for method := range operations.(map[string]any) {
			if want := strings.ToUpper(method) + "</span> <code>" + path + "<"; !strings.Contains(page.text, want) {
				t.Errorf("it does not tell of %s %s", method, path)
			}
		}
	}
	for _, want := range []string{"When the last answered poll before was sent", `a list of <a href="#row-EventRow">`} {
		if !strings.Contains(page.text, want) {
			t.Errorf("no %q in it", want)
		}
	}
	if style := l.ask(http.MethodGet, "/docs.css", ""); style.status != http.StatusOK || strings.Contains(style.text, "url(") {
		t.Errorf("its style: %d", style.status)
	}
}
