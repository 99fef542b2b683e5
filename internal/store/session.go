package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// idleInTransaction makes the server end the transaction of a process that
// was frozen in its middle, so that its row locks do not outlive it.
const idleInTransaction = 10 * time.Second

// settings are what every statement of ours relies on, whatever the database,
// the login or the environment has set: our tables are those of public and not
// of a schema that somebody's search_path has before it, queries of
// milliseconds are not compiled, and values that come as text can be read.
func settings() [][2]string {
	return [][2]string{
		{"search_path", "public, pg_temp"},
		{"jit", "off"},
		{"idle_in_transaction_session_timeout", fmt.Sprintf("%dms", idleInTransaction.Milliseconds())},
		{"timezone", "UTC"},
		{"datestyle", "ISO"},
		{"intervalstyle", "postgres"},
		{"bytea_output", "hex"},
	}
}

// setSettings is the statement that makes the settings hold: to the end of the
// transaction, or of the session.
func setSettings(local bool) string {
	var calls []string
	for _, s := range settings() {
		calls = append(calls, fmt.Sprintf("set_config('%s', '%s', %t)", s[0], s[1], local))
	}
	return "SELECT " + strings.Join(calls, ", ")
}

// registerTypes makes times come back in UTC, and reads those that Go cannot tell.
func registerTypes(conn *pgx.Conn) {
	utc := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: timeCodec{&pgtype.TimestamptzCodec{ScanLocation: time.UTC}}}
	conn.TypeMap().RegisterType(utc)
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: timesCodec{&pgtype.ArrayCodec{ElementType: utc}},
	})
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "interval", OID: pgtype.IntervalOID, Codec: durationCodec{}})
}

// prepareSession prepares a connection that has a server's session to itself.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	registerTypes(conn)
	_, err := conn.Exec(ctx, setSettings(false))
	return err
}
