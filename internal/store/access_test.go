package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// TestTokensAreTheOperators: the daemon's login checks them and begins sessions, and makes
// none; who reads the reports sees none.
func TestTokensAreTheOperators(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	s := openStore(t, address)
	by := store.Author{Actor: "ann", At: time.Now()}
	spec := store.TokenSpec{Name: "dashboard", Scope: store.ScopeRead, Token: "trk_of_the_dashboard"}
	for _, want := range []bool{true, false} { // the second time it is there
		if added, err := s.AddToken(t.Context(), by, spec); err != nil || added != want {
			t.Errorf("added: %t, %v", added, err)
		}
	}
	other := spec
	other.Token = "trk_another"
	if _, err := s.AddToken(t.Context(), by, other); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another of the name: %v", err)
	}
	other = spec
	other.Name = "other"
	if _, err := s.AddToken(t.Context(), by, other); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the same under another name: %v", err)
	}
	if hash := value[[]byte](t, owner, "SELECT hash FROM tokens"); len(hash) != 32 || bytes.Contains(hash, []byte("trk_")) {
		t.Errorf("it is kept as %x", hash)
	}

	writer, reader := loginAs(t, owner, address, "tracker_writer"), loginAs(t, owner, address, "tracker_reader")
	mustExec(t, writer, "SELECT FROM tokens")
	mustExec(t, writer, "INSERT INTO web_sessions (hash, token_no, begun_at, expires_at) SELECT hash, token_no, now(), now() + interval '1 h' FROM tokens")
	mustExec(t, writer, "DELETE FROM web_sessions")
	for _, refused := range []string{
		"INSERT INTO tokens (name, scope, hash, created_at, created_by) SELECT 'eve', 'operate', sha256('x'), now(), 'eve'",
		"UPDATE tokens SET scope = 'operate'", "UPDATE tokens SET revoked_at = NULL, revoked_by = NULL", "DELETE FROM tokens", "UPDATE web_sessions SET expires_at = 'infinity'",
	} {
		wantCode(t, writer, codePrivilege, refused)
	}
	for _, refused := range []string{"SELECT FROM tokens", "SELECT FROM web_sessions"} {
		wantCode(t, reader, codePrivilege, refused)
	}

	operator := operatorAs(t, owner, address)
	mustExec(t, operator, "INSERT INTO tokens (name, scope, hash, created_at, created_by) SELECT 'ops', 'operate', sha256('x'), now(), 'ops'")
	if err := s.RevokeToken(t.Context(), by, "dashboard"); err != nil {
		t.Error(err)
	}
	if err := s.RevokeToken(t.Context(), by, "dashboard"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	again := spec
	again.Token = "trk_the_next"
	if added, err := s.AddToken(t.Context(), by, again); err != nil || !added {
		t.Errorf("the name again: %t, %v", added, err)
	}
}
