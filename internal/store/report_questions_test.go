package store_test

import (
	"fmt"
	"slices"
	"testing"

	"tracker/internal/testdb"
	"tracker/internal/words"
)

// The questions that help and docs tell of are the functions that there are,
// look back as far, take the same past, and are commented by what they ask.
func TestReportQuestionsAreFunctions(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	var want []string
	for _, q := range words.Questions() {
		since := ""
		if q.Since > 0 {
			since = fmt.Sprintf("since timestamp with time zone DEFAULT (now() - '%d days'::interval), ", q.Since/words.Day)
		}
		past := ", as_of timestamp with time zone DEFAULT now(), known_at timestamp with time zone DEFAULT now()"
		if q.Overwritten {
			past += ", told jsonb DEFAULT NULL::jsonb"
		}
		want = append(want, fmt.Sprintf("%s(%ssources text[] DEFAULT NULL::text[], labels jsonb DEFAULT '{}'::jsonb%s): %s", q.Function(), since, past, q.Asks))
	}
	slices.Sort(want)
	equalLines(t, column[string](t, conn, `SELECT format('%s(%s): %s', proname, pg_get_function_arguments(oid), substring(obj_description(oid, 'pg_proc') from '^.*?[?]'))
		FROM pg_proc WHERE pronamespace = 'report'::regnamespace AND proargnames @> '{sources,labels}' ORDER BY proname COLLATE "C"`), want...)
}

// Answers hold values of some types only.
func TestReportQuestionsGiveWhatAnswersHold(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	equalLines(t, column[string](t, conn, `SELECT format('%s.%s %s', proname, a.name, a.type::regtype)
		FROM pg_proc, unnest(proargnames, proargmodes, proallargtypes) AS a (name, mode, type)
		WHERE pronamespace = 'report'::regnamespace AND proargnames @> '{sources,labels}' AND a.mode = 't'
			AND a.type NOT IN ('boolean'::regtype, 'integer'::regtype, 'bigint'::regtype, 'double precision'::regtype, 'text'::regtype,
				'date'::regtype, 'timestamptz'::regtype, 'interval'::regtype)`))
}

// A reader asks of the past, too.
func TestReportQuestionsOfThePastAreForReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reader := loginAs(t, w.owner, w.url, "tracker_reader")
	for _, q := range words.Questions() {
		mustExec(t, reader, "SELECT * FROM report."+q.Function()+"(as_of => now() - interval '2 days', known_at => now() - interval '1 day')")
	}
}
