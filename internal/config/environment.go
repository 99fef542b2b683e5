package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/user"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxActorLength = 256 // bytes

// Environment is what a process reads from its environment.
type Environment struct {
	// DatabaseURL names the database: DATABASE_URL, or the content of the file
	// named by DATABASE_URL_FILE. Zero: the embedded Postgres.
	DatabaseURL DatabaseURL

	// DataDir is where the embedded Postgres lives: TRACKER_DATA_DIR. Empty: the
	// user's data directory. Another directory is another, empty history.
	DataDir string

	// PGBin is the directory of initdb and postgres: TRACKER_PG_BIN. Empty: they
	// are searched for.
	PGBin string

	// Actor is who makes changes: TRACKER_ACTOR, or the name of the OS user.
	Actor string
}

// ReadEnvironment reads the settings with the given getenv.
func ReadEnvironment(getenv func(string) string) (Environment, error) {
	database, err := readDatabaseURL(getenv("DATABASE_URL"), getenv("DATABASE_URL_FILE"))
	if err != nil {
		return Environment{}, err
	}
	actor := getenv("TRACKER_ACTOR")
	if actor == "" {
		actor = osUser()
	}
	if err := checkActor(actor); err != nil {
		return Environment{}, err
	}
	return Environment{
		DatabaseURL: database,
		DataDir:     getenv("TRACKER_DATA_DIR"),
		PGBin:       getenv("TRACKER_PG_BIN"),
		Actor:       actor,
	}, nil
}

func readDatabaseURL(text, path string) (DatabaseURL, error) {
	if path == "" {
		return NewDatabaseURL(text), nil
	}
	if text != "" {
		return DatabaseURL{}, errors.New("DATABASE_URL and DATABASE_URL_FILE are both set; unset one of them")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return DatabaseURL{}, fmt.Errorf("read DATABASE_URL_FILE: %w", err)
	}
	text = strings.TrimSpace(strings.TrimPrefix(string(content), "\ufeff")) // the mark that some editors begin a file with
	switch {
	case text == "":
		return DatabaseURL{}, fmt.Errorf("DATABASE_URL_FILE: %s is empty; write the URL into it, or unset the variable", path)
	case strings.Contains(text, "DATABASE_URL"):
		return DatabaseURL{}, fmt.Errorf("DATABASE_URL_FILE: %s holds an assignment; write the URL alone into it", path)
	}
	return NewDatabaseURL(text), nil
}

// osUser falls back on the number where no user database names it, as in a
// container.
func osUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

func checkActor(actor string) error {
	if len(actor) > maxActorLength || !utf8.ValidString(actor) || strings.ContainsFunc(actor, unicode.IsControl) {
		return fmt.Errorf("TRACKER_ACTOR: the name must be one line of at most %d bytes", maxActorLength)
	}
	return nil
}

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
