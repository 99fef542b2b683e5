package store

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// parameterName is the form of a parameter that a server may know.
var parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// checkURL refuses an @ or / in a password that is not percent-encoded. pgx takes a
// part of such a password for the name of a host or database, and quotes it.
func checkURL(url string) error {
	_, rest, isURL := strings.Cut(url, "://")
	user, behind, found := strings.Cut(rest, "@")
	if isURL && found && (strings.Contains(user, "/") || strings.Contains(behind, "@")) {
		return ErrDatabaseURL
	}
	return nil
}

// checkParameters refuses names that no parameter can have. They come from a URL that
// was read as keywords and values because its password has an =, and the server's
// error would quote them.
func checkParameters(parameters map[string]string) error {
	for name := range parameters {
		if !parameterName.MatchString(name) {
			return ErrDatabaseURL
		}
	}
	return nil
}

// unreadableURL is the error for a URL that cannot be read. Where a PG variable of the
// environment is to blame, it names that. It shows nothing of the URL.
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

// libpqVariables are libpq's environment variables for the parameters that a URL has
// beside host, port, database, user and password.
var libpqVariables = map[string]string{
	"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL", "sslsni": "PGSSLSNI",
	"sslnegotiation": "PGSSLNEGOTIATION", "channel_binding": "PGCHANNELBINDING", "require_auth": "PGREQUIREAUTH", "gssencmode": "PGGSSENCMODE",
	"target_session_attrs": "PGTARGETSESSIONATTRS", "connect_timeout": "PGCONNECT_TIMEOUT", "options": "PGOPTIONS",
}

// keywordValue is a keyword and its value in a connection string.
var keywordValue = regexp.MustCompile(`([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|\S*)`)

// LibpqEnvironment returns the environment variables with which a client of libpq, such
// as psql, connects as we do, and those to unset, which would overrule them. So no
// password stands in a process's arguments. Parameters that only pgx knows, such as the
// pool's, are left out. An error does not show the URL.
func LibpqEnvironment(databaseURL string) (set map[string]string, unset []string, err error) {
	if err := checkURL(databaseURL); err != nil {
		return nil, nil, err
	}
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, nil, unreadableURL(databaseURL)
	}
	if err := checkParameters(config.RuntimeParams); err != nil {
		return nil, nil, err
	}
	hosts, ports := []string{config.Host}, []string{strconv.Itoa(int(config.Port))}
	for _, other := range config.Fallbacks { // one of them may be the same without TLS
		if port := strconv.Itoa(int(other.Port)); other.Host != hosts[len(hosts)-1] || port != ports[len(ports)-1] {
			hosts, ports = append(hosts, other.Host), append(ports, port)
		}
	}
	set = map[string]string{
		"PGHOST": strings.Join(hosts, ","), "PGPORT": strings.Join(ports, ","), "PGUSER": config.User, "PGDATABASE": config.Database,
	}
	if config.Password != "" {
		set["PGPASSWORD"] = config.Password
	}
	for keyword, value := range urlParameters(databaseURL) {
		if name, known := libpqVariables[keyword]; known {
			set[name] = value
		}
	}
	return set, []string{"PGHOSTADDR", "PGSERVICE"}, nil
}

// urlParameters reads the parameters of a URL, or the keywords of a connection string.
func urlParameters(databaseURL string) map[string]string {
	parameters := map[string]string{}
	if _, rest, isURL := strings.Cut(databaseURL, "://"); isURL {
		_, query, _ := strings.Cut(rest, "?")
		values, _ := url.ParseQuery(query) // pgx has read it
		for keyword := range values {
			parameters[keyword] = values.Get(keyword)
		}
		return parameters
	}
	for _, pair := range keywordValue.FindAllStringSubmatch(databaseURL, -1) {
		value := pair[2]
		if strings.HasPrefix(value, "'") {
			value = strings.Trim(value, "'")
		}
		parameters[pair[1]] = strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(value)
	}
	return parameters
}
