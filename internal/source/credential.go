package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"syscall"
	"unicode"
)

// credentialLimit bounds what is read of a credential's file, in bytes.
const credentialLimit = 64 << 10

// worldReadable is the right of everybody to read a file.
const worldReadable = 0o004

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// CheckCredentialRef reports what is wrong with the form of a credential
// reference, which is env:NAME or file:PATH. It reads neither.
func CheckCredentialRef(ref string) error {
	kind, name, _ := strings.Cut(ref, ":")
	switch kind {
	case "env":
		if !variableName.MatchString(name) {
			return fmt.Errorf("%w: env: has to name a variable", ErrCredential)
		}
	case "file":
		if name == "" || strings.ContainsRune(name, 0) {
			return fmt.Errorf("%w: file: has to name a path", ErrCredential)
		}
	default: // ref may be the credential itself and is not shown
		return fmt.Errorf("%w: want env:NAME or file:PATH", ErrCredential)
	}
	return nil
}

// ReadCredential gives the secret that a credential reference names. It fails
// where there is none and where it could not travel in an HTTP header; no
// error shows any of it.
func ReadCredential(ref string, getenv func(string) string) (Secret, error) {
	if err := CheckCredentialRef(ref); err != nil {
		return Secret{}, err
	}
	kind, name, _ := strings.Cut(ref, ":")
	value := ""
	if kind == "env" {
		value = getenv(name)
	} else {
		content, err := readCredentialFile(name)
		if err != nil {
			return Secret{}, fmt.Errorf("%w %s: %w", ErrCredential, ref, err)
		}
		value = strings.TrimRight(content, "\r\n")
	}
	switch {
	case value == "":
		return Secret{}, fmt.Errorf("%w %s: empty or not set", ErrCredential, ref)
	case strings.ContainsFunc(value, unicode.IsControl):
		return Secret{}, fmt.Errorf("%w %s: holds a line break or another control character", ErrCredential, ref)
	}
	return NewSecret(value), nil
}

// CredentialWarning tells what is unwise about where a credential is; it is
// empty where nothing is.
func CredentialWarning(ref string) string {
	path, isFile := strings.CutPrefix(ref, "file:")
	if !isFile {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&worldReadable == 0 {
		return ""
	}
	return fmt.Sprintf("credential %s can be read by other users: run  chmod o-r %s", ref, path)
}

// readCredentialFile reads a regular file. Nothing else is opened, since that
// alone may wait for ever, as for the writer of a FIFO; without a wait, should
// the file have become something else meanwhile.
func readCredentialFile(path string) (string, error) {
	if err := checkRegular(os.Stat(path)); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := checkRegular(file.Stat()); err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.LimitReader(file, credentialLimit+1))
	if err != nil {
		return "", err
	}
	if len(content) > credentialLimit {
		return "", fmt.Errorf("over %d bytes", credentialLimit)
	}
	return string(content), nil
}

func checkRegular(info os.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		return errors.New("it is no regular file")
	}
	return err
}
