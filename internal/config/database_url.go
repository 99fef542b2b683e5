package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// DatabaseURL is how to reach a database. It holds a password, so however it is
// printed, logged or marshalled only scheme, user, host and database show; only
// Reveal gives all of it.
type DatabaseURL struct {
	text *string // behind a pointer, where printing a struct that holds it does not reach
}

// NewDatabaseURL wraps a URL or a connection string of libpq.
func NewDatabaseURL(text string) DatabaseURL {
	if text == "" {
		return DatabaseURL{}
	}
	return DatabaseURL{text: &text}
}

// IsZero reports whether no database is named.
func (u DatabaseURL) IsZero() bool { return u.text == nil }

// Reveal returns the URL with its password, for connecting.
func (u DatabaseURL) Reveal() string {
	if u.text == nil {
		return ""
	}
	return *u.text
}

// String returns what may be shown.
func (u DatabaseURL) String() string {
	if u.text == nil {
		return ""
	}
	parsed, err := url.Parse(*u.text)
	if err != nil || !strings.HasPrefix(parsed.Scheme, "postgres") || parsed.Opaque != "" {
		return "[redacted]"
	}
	if strings.Contains(parsed.EscapedPath()+parsed.RawQuery+parsed.EscapedFragment(), "@") {
		return "[redacted]" // what looks like host and port may be the beginning of a password
	}
	shown := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}
	if name := parsed.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// Format prints String for every verb.
func (u DatabaseURL) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, u.String()) }

// LogValue logs String.
func (u DatabaseURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText marshals String.
func (u DatabaseURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
