package audit_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tracker/internal/audit"
)

// TestCheckKeyRef: nobody else reads a key, but for the group of a file of root's, as
// systemd and Kubernetes mount secrets.
func TestCheckKeyRef(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.key")
	if _, err := audit.WriteKey(path, "audit.example.com/test"); err != nil {
		t.Fatal(err)
	}
	owners := []int{os.Geteuid()}
	if os.Geteuid() == 0 {
		owners = append(owners, 65534)
	}
	for _, owner := range owners {
		if err := os.Chown(path, owner, -1); err != nil {
			t.Fatal(err)
		}
		for mode, open := range map[os.FileMode]bool{
			0o400: false, 0o600: false, 0o440: owner != 0, 0o640: owner != 0, 0o660: true, 0o604: true, 0o444: true, 0o602: true,
		} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if err := audit.CheckKeyRef("file:" + path); errors.Is(err, audit.ErrKeyOpen) != open {
				t.Errorf("%o of %d: open: %t, got %v", mode, owner, open, err)
			}
		}
	}
}
