package source_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tracker/internal/source"
)

// slowly gives a getenv that answers when its gate is opened, as a file system
// does that hangs.
func slowly(gate <-chan struct{}) func(string) string {
	return func(string) string {
		<-gate
		return "hunter22"
	}
}

func TestCredentialsThatHangKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := source.NewCredentials(slowly(gate), source.CredentialScope{})
		const moment = 50 * time.Millisecond
		began := time.Now()
		for range 10 {
			if _, err := c.Peek("env:KEY", moment); !errors.Is(err, source.ErrCredentialUnread) {
				t.Fatalf("got %v", err)
			}
		}
		if waited := time.Since(began); waited != moment {
			t.Errorf("ten looks waited %s together", waited)
		}
		_, err := c.Read(t.Context(), "env:KEY")
		if !errors.Is(err, source.ErrCredential) || !strings.Contains(err.Error(), "within 5s") {
			t.Errorf("got %v", err)
		}
		if _, again := c.Peek("env:KEY", moment); again == nil || again.Error() != err.Error() {
			t.Errorf("a later look gives %v", again)
		}
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("waited %s", waited)
		}
		close(gate)
		synctest.Wait()
		if found, err := c.Peek("env:KEY", moment); err != nil || found.Secret.Reveal() != "hunter22" {
			t.Errorf("once it can be read: %v", err)
		}
	})
}

func TestCredentialsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := source.NewCredentials(slowly(gate), source.CredentialScope{}).Read(ctx, "env:KEY"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(gate)
	})
}

func TestCredentialsSeeWhatIsNew(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/key"
	c := source.NewCredentials(os.Getenv, source.CredentialScope{})
	for _, secret := range []string{"hunter22", "hunter23"} {
		if err := os.WriteFile(path, []byte(secret), 0o604); err != nil {
			t.Fatal(err)
		}
		found, err := c.Read(t.Context(), "file:"+path)
		if err != nil || found.Secret.Reveal() != secret || !strings.Contains(found.Warning, "chmod o-r") {
			t.Errorf("%s: got %q, %v", secret, found.Warning, err)
		}
	}
}
