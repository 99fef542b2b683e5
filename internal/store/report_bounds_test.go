package store_test

import (
	"fmt"
	"testing"

	"tracker/internal/testdb"
)

// Minutes of 2024-06-07 09:mm stand for times, "" for null.
func TestReportDurations(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := seedHistory(t, conn)
	for i, test := range []struct {
		name                                                                   string
		started, notBefore, firstSeen, ended, endedNotBefore, endedSeen, state string
		reported                                                               bool
		duration, most                                                         string
	}{
		{"BothReported", "10", "08", "12", "20", "19", "21", "succeeded", true, "00:10:00", "00:10:00"},
		{"ReportedBackwards", "20", "08", "12", "10", "19", "21", "succeeded", true, "-00:10:00", "-00:10:00"},
		{"BothObserved", "", "10", "12", "", "20", "23", "failed", false, "00:08:00", "00:13:00"},
		{"EndObserved", "11", "10", "12", "", "20", "23", "failed", false, "00:09:00", "00:12:00"},
		{"StartObserved", "", "10", "12", "20", "19", "21", "succeeded", false, "00:08:00", "00:10:00"},
		{"SeenOnlyEnded", "", "10", "12", "", "10", "12", "succeeded", false, "00:00:00", "00:02:00"},
		{"InFirstSnapshot", "", "", "12", "", "20", "23", "succeeded", false, "00:08:00", ""},
		{"EndedInFirstSnapshot", "", "", "12", "", "", "12", "succeeded", false, "00:00:00", ""},
		{"StartReportedEndedInFirstSnapshot", "02", "", "12", "", "", "12", "succeeded", false, "00:00:00", "00:10:00"},
		{"Running", "10", "08", "12", "", "", "", "running", true, "", ""},
		{"RunningObserved", "", "08", "12", "", "", "", "running", false, "", ""},
		{"OutcomeUnseen", "10", "08", "12", "", "", "", "unknown", true, "", ""},
	} {
		no := i + 2
		times := []any{
			job, no, test.state, minute(test.started), minute(test.ended), minute(test.notBefore), minute(test.firstSeen),
			minute(test.endedNotBefore), minute(test.endedSeen),
		}
		mustExec(t, conn, `INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, not_before, first_seen_at,
				ended_not_before, ended_seen_at, last_changed_at, step_count, warnings, errors, unknown_words, shape)
			VALUES ($1, $2, 'r' || $2::integer, '', $3, $4::text::timestamptz, $5::text::timestamptz, $6::text::timestamptz, $7::text::timestamptz,
				$8::text::timestamptz, $9::text::timestamptz, $7::text::timestamptz, 1, 0, 0, '{}', '{}')`, times...)
		mustExec(t, conn, `INSERT INTO steps (job_id, run_no, step_no, name, status, state, reported, started_zone_assumed, ended_zone_assumed,
				started_at, ended_at, not_before, first_seen_at, ended_not_before, ended_seen_at)
			VALUES ($1, $2, 1, '', '', $3, true, false, false, $4::text::timestamptz, $5::text::timestamptz, $6::text::timestamptz, $7::text::timestamptz,
				$8::text::timestamptz, $9::text::timestamptz)`, times...)
		for _, view := range []string{"report.runs", "report.steps"} {
			got := value[string](t, conn, `SELECT concat_ws(' ', reported, coalesce(duration::text, '-'), coalesce(duration_max::text, '-'),
				to_char(started_at AT TIME ZONE 'UTC', 'MI'), to_char(ended_at AT TIME ZONE 'UTC', 'MI')) FROM `+view+` WHERE run_no = $1`, no)
			want := fmt.Sprintf("%s %s %s %s", short(test.reported), dash(test.duration), dash(test.most), either(test.started, test.firstSeen))
			if ended := either(test.ended, test.endedSeen); ended != "" {
				want += " " + ended
			}
			if got != want {
				t.Errorf("%s in %s: %s, not %s", test.name, view, got, want)
			}
		}
	}
}

func TestReportSnapshotsKnowTheirPolls(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := seedHistory(t, conn)
	want := func(when, snapshots string) {
		t.Helper()
		got := value[string](t, conn, `SELECT string_agg(format('%s: %s until %s', snapshot_no, polls, to_char(confirmed_at AT TIME ZONE 'UTC', 'MI')), ', '
			ORDER BY snapshot_no) FROM report.snapshots`)
		if got != snapshots {
			t.Errorf("%s: %s; want %s", when, got, snapshots)
		}
	}
	want("first poll", "1: 1 until 30")
	mustExec(t, conn, seedPoll, job, "2024-06-07 09:35:00+00")
	mustExec(t, conn, "UPDATE cursors SET confirmations = 2, confirmed_at = '2024-06-07 09:35:00+00'")
	want("confirmed", "1: 2 until 35")
	mustExec(t, conn, `INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
		body, body_is_text, sha256, interpretation, size)
		SELECT job_id, 2, '2024-06-07 09:40:00+00', '2024-06-07 09:40:01+00', '2024-06-07 09:35:00+00', 2,
		run_no, status, state, body, body_is_text, sha256, interpretation, size FROM snapshots`)
	mustExec(t, conn, `INSERT INTO polls (job_id, polled_at, outcome, latency_us, snapshot_no) VALUES ($1, '2024-06-07 09:40:00+00', 'changed', 1, 2)`, job)
	mustExec(t, conn, "UPDATE cursors SET snapshot_no = 2, confirmations = 1, confirmed_at = '2024-06-07 09:40:00+00'")
	want("another answer", "1: 2 until 35, 2: 1 until 40")
	mustExec(t, conn, "UPDATE cursors SET confirmations = 7, confirmed_at = '2024-06-07 09:50:00+00'")
	want("confirmed by polls that retention took", "1: 2 until 35, 2: 7 until 50")
}

func TestReportNextPoll(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	seedHistory(t, conn)
	for _, test := range []struct{ change, want string }{
		{"UPDATE cursors SET next_poll_at = '2024-06-07 09:35:00+00'", "35"},
		{"UPDATE budgets SET held_until = '2024-06-07 09:33:00+00'", "35"},
		{"UPDATE budgets SET held_until = '2024-06-07 09:40:00+00'", "40"},
		{"UPDATE sources SET paused_at = now(), paused_reason = 'credential'", "none"},
		{"UPDATE sources SET paused_at = NULL, paused_reason = NULL", "40"},
		{"UPDATE jobs SET tracking = 'paused'", "none"}, // while a poll in flight leaves its next time behind
		{"UPDATE jobs SET tracking = 'active'", "40"},
		{"UPDATE cursors SET next_poll_at = NULL", "none"},
	} {
		mustExec(t, conn, test.change)
		if got := value[string](t, conn, "SELECT coalesce(to_char(next_poll_at AT TIME ZONE 'UTC', 'MI'), 'none') FROM report.jobs"); got != test.want {
			t.Errorf("after %s it is %s, not %s", test.change, got, test.want)
		}
	}
}

func minute(minute string) *string {
	if minute == "" {
		return nil
	}
	return new("2024-06-07 09:" + minute + ":00+00")
}

func short(yes bool) string {
	if yes {
		return "t"
	}
	return "f"
}

func dash(text string) string { return either(text, "-") }

func either(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
