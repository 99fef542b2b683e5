package embeddedpg

import "os"

// forgetClientVariables drops the variables by which a shell says how Postgres
// is reached: they speak of another server, and every client that is given our
// URL, libpq's too, would take them for what the URL leaves open. Some, such as
// PGSERVICE, no URL can overrule.
func forgetClientVariables() {
	for _, name := range []string{
		"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGAPPNAME", "PGCONNECT_TIMEOUT", "PGCLIENTENCODING",
		"PGSSLMODE", "PGSSLKEY", "PGSSLCERT", "PGSSLCERTMODE", "PGSSLSNI", "PGSSLROOTCERT", "PGSSLCRL", "PGSSLPASSWORD", "PGSSLNEGOTIATION",
		"PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "PGSERVICE", "PGSERVICEFILE", "PGTZ", "PGDATESTYLE", "PGOPTIONS", "PGGSSENCMODE",
		"PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGCHANNELBINDING", "PGREQUIREAUTH",
	} {
		_ = os.Unsetenv(name)
	}
}
