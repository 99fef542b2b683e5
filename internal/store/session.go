package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// idleInTransaction is how long a transaction may be idle before the server ends it: a
// frozen process must not hold row locks.
const idleInTransaction = 10 * time.Second

// settings are set in every session, whatever the database, the login or the
// environment says. Our tables must be found in public, even where a search_path names
// another schema first; compiling (jit) costs more than our queries take; and the
// formats are those in which we read values that come as text.
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

// setSettings is the statement that sets the settings: for the transaction where
// local, else for the session.
func setSettings(local bool) string {
	var calls []string
	for _, s := range settings() {
		calls = append(calls, fmt.Sprintf("set_config('%s', '%s', %t)", s[0], s[1], local))
	}
	return "SELECT " + strings.Join(calls, ", ")
}

// registerTypes reads times in UTC, and values that Go cannot hold (codecs.go). So the
// first moment of the year 1, which queries give for null, is read as the zero time. It
// has arrays written for less (arrays.go).
func registerTypes(types *pgtype.Map) {
	utc := &pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: timeCodec{&pgtype.TimestamptzCodec{ScanLocation: time.UTC}}}
	types.RegisterType(utc)
	types.RegisterType(&pgtype.Type{Name: "interval", OID: pgtype.IntervalOID, Codec: durationCodec{}})
	registerArrays(types)
}

// prepareSession prepares a connection to a server, whose session is its alone.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	registerTypes(conn.TypeMap())
	_, err := conn.Exec(ctx, setSettings(false))
	return err
}
