package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBodyIsGone: that a body was taken is told apart from that nobody could look.
func TestBodyIsGone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	l.Exec(`SET session_replication_role = replica; UPDATE snapshots SET body = NULL, patches = 0 WHERE snapshot_no = 2; RESET session_replication_role`)
	const body = "/jobs/stores-eu/snapshots/2/body"
	if got := l.ask(http.MethodGet, body, ""); got.status != http.StatusGone || !strings.Contains(got.text, "retention took it") {
		t.Errorf("taken: %d %s", got.status, got.text)
	}
	l.Exec(`ALTER VIEW report.erased_snapshots RENAME TO elsewhere`)
	if got := l.ask(http.MethodGet, body, ""); got.status != http.StatusInternalServerError || strings.Contains(got.text, "erased") {
		t.Errorf("unknown: %d %s", got.status, got.text)
	}
}
