package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

var errNotRegular = errors.New("it is no regular file")

// CredentialScope is what credential references may name on this host. Whoever
// may register sources chooses the references, and where what they name is
// sent. The zero scope leaves them all that this process can read; any other
// allows what one of its fields does, and nothing else.
type CredentialScope struct {
	Dir       string // the directory below which files may be; empty: none may
	EnvPrefix string // what the names of variables begin with; empty: none may
}

// Check reports a reference of proper form that the scope leaves out.
func (s CredentialScope) Check(ref string) error {
	if s == (CredentialScope{}) {
		return nil
	}
	kind, name, _ := strings.Cut(ref, ":")
	var err error
	if kind == "env" {
		if s.EnvPrefix == "" || !strings.HasPrefix(name, s.EnvPrefix) {
			err = errors.New(s.String())
		}
	} else {
		_, err = s.below(name)
	}
	if err != nil {
		return fmt.Errorf("%w %s is refused on this host: %w", ErrCredential, ref, err)
	}
	return nil
}

// String says what may be named.
func (s CredentialScope) String() string {
	var allowed []string
	if s.Dir != "" {
		allowed = append(allowed, fmt.Sprintf("files below %s (--credential-dir)", s.Dir))
	}
	if s.EnvPrefix != "" {
		allowed = append(allowed, fmt.Sprintf("variables that begin with %s (--credential-env)", s.EnvPrefix))
	}
	return fmt.Sprintf("only %s may be named", strings.Join(allowed, " and "))
}

// below gives a file's path from the directory on. It looks at the path alone.
func (s CredentialScope) below(path string) (string, error) {
	if s.Dir == "" {
		return "", errors.New(s.String())
	}
	dir, err := filepath.Abs(s.Dir)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", err
	}
	within, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(within) {
		return "", errors.New(s.String())
	}
	return within, nil
}

// open gives the file at path, if it is a regular one. Nothing else is opened,
// since that alone may wait for ever, as for the writer of a FIFO; without a
// wait, should the file have become something else meanwhile. No symbolic link
// leads out of the scope's directory, even one that is put there while we look.
func (s CredentialScope) open(path string) (*os.File, error) {
	stat, open := os.Stat, os.OpenFile
	if s != (CredentialScope{}) {
		within, err := s.below(path)
		if err != nil {
			return nil, err
		}
		root, err := os.OpenRoot(s.Dir)
		if err != nil {
			return nil, err
		}
		defer func() { _ = root.Close() }() // what it opened stays open
		path, stat, open = within, root.Stat, root.OpenFile
	}
	if err := checkRegular(stat(path)); err != nil {
		return nil, s.explain(err)
	}
	file, err := open(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, s.explain(err)
	}
	if err := checkRegular(file.Stat()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func checkRegular(info os.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	return err
}

// explain adds what to do about a path that is refused for its links: the one
// failure that comes from no system call.
func (s CredentialScope) explain(err error) error {
	if _, ok := errors.AsType[syscall.Errno](err); ok || errors.Is(err, errNotRegular) {
		return err
	}
	return fmt.Errorf("%w: symbolic links have to be relative and to stay below %s (--credential-dir)", err, s.Dir)
}
