package audit

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"tracker/internal/ledger"
)

// keyMode is the mode of a key's file: nobody else may read it.
const keyMode = 0o600

// ErrKeyOpen means that others can read or write the private key.
var ErrKeyOpen = errors.New("others can read this key, and could sign in your name")

// WriteKey makes a key for a log of that name, writes its private half to a new file and
// returns it.
func WriteKey(path, name string) (*ledger.Key, error) {
	private, key, err := ledger.GenerateKey(name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, keyMode)
	if err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	_, err = file.WriteString(private + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	return key, nil
}

// CheckKeyRef refuses a reference to a key's file that others may read or write. One of
// root's may be read by its group: that is how systemd and Kubernetes hand secrets to a
// process that is not root.
func CheckKeyRef(ref string) error {
	path, isFile := strings.CutPrefix(ref, "file:")
	if !isFile {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // who reads it says why it cannot be read
	}
	allowed := os.FileMode(keyMode)
	if owner, known := info.Sys().(*syscall.Stat_t); known && owner.Uid == 0 {
		allowed |= 0o040
	}
	if info.Mode().Perm()&0o077&^allowed != 0 {
		return fmt.Errorf("%s: %w: run  chmod 600 %s", ref, ErrKeyOpen, path)
	}
	return nil
}
