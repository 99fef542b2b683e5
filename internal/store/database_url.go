package store

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// parameterName is the form of a parameter that a server may know.
var parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// checkURL refuses an @ that does not end the user and password. What precedes
// it may be a part of a password with an @ or / in it, which pgx takes for the
// names of a host and a database, and quotes.
func checkURL(url string) error {
	_, rest, isURL := strings.Cut(url, "://")
	user, behind, found := strings.Cut(rest, "@")
	if isURL && found && (strings.Contains(user, "/") || strings.Contains(behind, "@")) {
		return ErrDatabaseURL
	}
	return nil
}

// checkParameters refuses parameters that no server knows: they are what is
// left of a URL with an = in its password that was read as keywords and values,
// and the server's error would quote them.
func checkParameters(parameters map[string]string) error {
	for name := range parameters {
		if !parameterName.MatchString(name) {
			return ErrDatabaseURL
		}
	}
	return nil
}

// unreadableURL is the error for a URL that cannot be read, or not with what
// the environment says of connections: then the variable is named. It shows
// nothing of the URL.
func unreadableURL(url string) error {
	set := map[string]string{}
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PG") && value != "" {
			set[name] = value
			_ = os.Unsetenv(name)
		}
	}
	_, alone := pgx.ParseConfig(url)
	var wrong []string
	for name, value := range set {
		_ = os.Setenv(name, value)
		if _, err := pgx.ParseConfig(url); err != nil && alone == nil {
			reason := "its value cannot be used"
			if cause := errors.Unwrap(err); cause != nil {
				reason = cause.Error()
			}
			wrong = append(wrong, fmt.Sprintf("%s in the environment is wrong: %s", name, reason))
		}
		_ = os.Unsetenv(name)
	}
	for name, value := range set {
		_ = os.Setenv(name, value)
	}
	if len(wrong) == 0 {
		return ErrDatabaseURL
	}
	return fmt.Errorf("%w: correct it, or unset it", errors.New(strings.Join(wrong, "; ")))
}
