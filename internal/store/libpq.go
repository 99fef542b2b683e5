package store

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// libpqVariables are the variables in which a client of libpq finds what a URL
// says beside host, port, database, user and password.
var libpqVariables = map[string]string{
	"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL", "sslsni": "PGSSLSNI",
	"sslnegotiation": "PGSSLNEGOTIATION", "channel_binding": "PGCHANNELBINDING", "require_auth": "PGREQUIREAUTH", "gssencmode": "PGGSSENCMODE",
	"target_session_attrs": "PGTARGETSESSIONATTRS", "connect_timeout": "PGCONNECT_TIMEOUT", "options": "PGOPTIONS",
}

// keywordValue is a keyword and its value in a connection string.
var keywordValue = regexp.MustCompile(`([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|\S*)`)

// LibpqEnvironment gives the variables by which a client of libpq, such as psql,
// reaches a database as we do, and those that it is not to see since they would
// overrule them. So a password is in nobody's arguments. What libpq does not know,
// such as the settings of our pool, is left out. A URL that cannot be read is not shown.
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
