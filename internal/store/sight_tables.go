package store

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"tracker/internal/history"
)

func runTable() sightTable[history.Run] {
	type run = history.Run
	return sightTable[run]{
		name: "run", view: "stored_runs", key: []string{"run_no"},
		columns: []sightColumn[run]{
			textColumn("run_id", func(r *run) string { return r.ID }),
			textColumn("status", func(r *run) string { return r.Status }),
			textColumn("state", func(r *run) string { return string(r.State) }),
			timeColumn("started_at", func(r *run) time.Time { return r.Start }),
			timeColumn("ended_at", func(r *run) time.Time { return r.End }),
			timeColumn("not_before", func(r *run) time.Time { return r.FirstSeen.NotBefore }),
			timeColumn("first_seen_at", func(r *run) time.Time { return r.FirstSeen.ObservedAt }),
			timeColumn("ended_not_before", func(r *run) time.Time { return r.EndSeen.NotBefore }),
			timeColumn("ended_seen_at", func(r *run) time.Time { return r.EndSeen.ObservedAt }),
			timeColumn("last_changed_at", func(r *run) time.Time { return r.LastChangedAt }),
			numberColumn("step_count", func(r *run) pgtype.Int8 { return count(r.StepCount) }),
			numberColumn("warnings", func(r *run) pgtype.Int8 { return count(r.Warnings) }),
			numberColumn("errors", func(r *run) pgtype.Int8 { return count(r.Errors) }),
			textOrNullColumn("error_summary", func(r *run) (string, bool) { return OrZero(r.ErrorSummary), r.ErrorSummary != nil }),
			numberColumn("result_count", func(r *run) pgtype.Int8 {
				return pgtype.Int8{Int64: OrZero(r.ResultCount), Valid: r.ResultCount != nil}
			}),
			timeColumn("result_expires_at", func(r *run) time.Time { return r.ResultExpires.At }),
			textOrNullColumn("result_expires_raw", func(r *run) (string, bool) { return unlessEmpty(r.ResultExpires.Raw) }),
			textsColumn("unknown_words", func(r *run) []string { return r.UnknownWords }),
			jsonColumn("shape", func(r *run) []byte { return jsonText(r.Shape) }),
			timeColumn("forgotten_before", func(r *run) time.Time { return r.ForgottenBefore }),
		},
		given: func(_ *sightRange, job sightJob) []givenRow[run] {
			rows := make([]givenRow[run], 0, len(job.runs))
			for _, r := range job.runs {
				rows = append(rows, givenRow[run]{sightKey{int32(r.No)}, r.No, r.FirstSeen.ObservedAt, r})
			}
			return rows
		},
	}
}

func stepTable() sightTable[history.Step] {
	type step = history.Step
	return sightTable[step]{
		name: "step", view: "stored_steps", key: []string{"run_no", "step_no"},
		columns: []sightColumn[step]{
			textColumn("name", func(s *step) string { return s.Name }),
			textColumn("status", func(s *step) string { return s.Status }),
			textColumn("state", func(s *step) string { return string(s.State) }),
			flagColumn("reported", func(s *step) bool { return s.Reported }),
			timeColumn("started_at", func(s *step) time.Time { return s.Start.At }),
			textOrNullColumn("started_raw", func(s *step) (string, bool) { return unlessEmpty(s.Start.Raw) }),
			flagColumn("started_zone_assumed", func(s *step) bool { return s.Start.ZoneAssumed }),
			timeColumn("ended_at", func(s *step) time.Time { return s.End.At }),
			textOrNullColumn("ended_raw", func(s *step) (string, bool) { return unlessEmpty(s.End.Raw) }),
			flagColumn("ended_zone_assumed", func(s *step) bool { return s.End.ZoneAssumed }),
			timeColumn("not_before", func(s *step) time.Time { return s.FirstSeen.NotBefore }),
			timeColumn("first_seen_at", func(s *step) time.Time { return s.FirstSeen.ObservedAt }),
			timeColumn("ended_not_before", func(s *step) time.Time { return s.EndSeen.NotBefore }),
			timeColumn("ended_seen_at", func(s *step) time.Time { return s.EndSeen.ObservedAt }),
			timeColumn("vanished_at", func(s *step) time.Time { return s.VanishedAt }),
		},
		given: func(_ *sightRange, job sightJob) (rows []givenRow[step]) {
			for _, r := range job.runs {
				for i := range r.Steps {
					s := &r.Steps[i]
					rows = append(rows, givenRow[step]{sightKey{int32(r.No), int32(s.No)}, r.No, s.FirstSeen.ObservedAt, s})
				}
			}
			return rows
		},
	}
}

func logEntryTable() sightTable[history.Entry] {
	type entry = history.Entry
	return sightTable[entry]{
		name: "log entry", view: "stored_log_entries", key: []string{"run_no", "step_no", "entry_no"},
		columns: []sightColumn[entry]{
			numberColumn("position", func(e *entry) pgtype.Int8 { return count(e.Position) }),
			timeColumn("created_at", func(e *entry) time.Time { return e.Created.At }),
			createdRaw(),
			flagColumn("zone_assumed", func(e *entry) bool { return e.Created.ZoneAssumed }),
			textColumn("level", func(e *entry) string { return e.Level }),
			textColumn("detail", func(e *entry) string { return e.Detail }),
			timeColumn("not_before", func(e *entry) time.Time { return e.FirstSeen.NotBefore }),
			timeColumn("first_seen_at", func(e *entry) time.Time { return e.FirstSeen.ObservedAt }),
			timeColumn("withdrawn_at", func(e *entry) time.Time { return e.WithdrawnAt }),
		},
		given: func(_ *sightRange, job sightJob) []givenRow[entry] {
			entries := 0
			for _, r := range job.runs {
				for _, s := range r.Steps {
					entries += len(s.Entries)
				}
			}
			rows := make([]givenRow[entry], 0, entries)
			for _, r := range job.runs {
				for _, s := range r.Steps {
					for i := range s.Entries {
						e := &s.Entries[i]
						rows = append(rows, givenRow[entry]{sightKey{int32(r.No), int32(s.No), int32(e.No)}, r.No, e.FirstSeen.ObservedAt, e})
					}
				}
			}
			return rows
		},
	}
}

// createdRaw is the time of an entry as the upstream wrote it; null: as most do, which
// report.usual_time writes in SQL.
func createdRaw() sightColumn[history.Entry] {
	column := textColumn("created_raw", func(e *history.Entry) string { return e.Created.Raw })
	stored, same := column.target.(*rawText), column.same
	column.same = func(e *history.Entry) bool {
		if *stored != nil {
			return same(e)
		}
		var usual [40]byte
		written := e.Created.At.UTC().AppendFormat(usual[:0], "2006-01-02T15:04:05.000000")
		if !e.Created.ZoneAssumed {
			written = append(written, 'Z')
		}
		return string(written) == e.Created.Raw
	}
	return column
}

func transitionTable() sightTable[history.Transition] {
	type transition = history.Transition
	return sightTable[transition]{
		name: "transition", view: "transitions", key: []string{"transition_no"},
		columns: []sightColumn[transition]{
			numberColumn("run_no", func(t *transition) pgtype.Int8 { return count(t.RunNo) }),
			numberColumn("step_no", func(t *transition) pgtype.Int8 { return countOrNull(t.StepNo) }),
			textOrNullColumn("from_state", func(t *transition) (string, bool) { return unlessEmpty(string(t.FromState)) }),
			textColumn("to_state", func(t *transition) string { return string(t.ToState) }),
			textOrNullColumn("from_status", func(t *transition) (string, bool) { return t.FromStatus, t.FromState != "" }),
			textColumn("to_status", func(t *transition) string { return t.ToStatus }),
			timeColumn("happened_at", func(t *transition) time.Time { return t.HappenedAt }),
			timeColumn("not_before", func(t *transition) time.Time { return t.Seen.NotBefore }),
			timeColumn("observed_at", func(t *transition) time.Time { return t.Seen.ObservedAt }),
			numberColumn("snapshot_no", func(t *transition) pgtype.Int8 { return count(t.SnapshotNo) }),
		},
		given: func(r *sightRange, job sightJob) []givenRow[transition] {
			rows := make([]givenRow[transition], 0, len(job.trail.Transitions))
			for i := range job.trail.Transitions {
				if t := &job.trail.Transitions[i]; r.has(t.RunNo) {
					rows = append(rows, givenRow[transition]{sightKey{int32(t.No)}, t.RunNo, t.Seen.ObservedAt, t})
				}
			}
			return rows
		},
	}
}

func anomalyTable() sightTable[history.Anomaly] {
	type anomaly = history.Anomaly
	return sightTable[anomaly]{
		name: "anomaly", view: "anomalies", key: []string{"anomaly_no"},
		columns: []sightColumn[anomaly]{
			numberColumn("run_no", func(a *anomaly) pgtype.Int8 { return count(a.RunNo) }),
			numberColumn("step_no", func(a *anomaly) pgtype.Int8 { return countOrNull(a.StepNo) }),
			textColumn("kind", func(a *anomaly) string { return string(a.Kind) }),
			jsonColumn("was", func(a *anomaly) []byte { return jsonText(a.Was) }),
			jsonColumn("now", func(a *anomaly) []byte { return jsonText(a.Now) }),
			numberColumn("count", func(a *anomaly) pgtype.Int8 { return count(a.Count) }),
			timeColumn("observed_at", func(a *anomaly) time.Time { return a.ObservedAt }),
			numberColumn("snapshot_no", func(a *anomaly) pgtype.Int8 { return count(a.SnapshotNo) }),
		},
		given: func(r *sightRange, job sightJob) (rows []givenRow[anomaly]) {
			for i := range job.trail.Anomalies {
				if a := &job.trail.Anomalies[i]; r.has(a.RunNo) {
					rows = append(rows, givenRow[anomaly]{sightKey{int32(a.No)}, a.RunNo, a.ObservedAt, a})
				}
			}
			return rows
		},
	}
}

func itemTable() sightTable[history.Item] {
	type item = history.Item
	return sightTable[item]{
		name: "result", view: "result_items", key: []string{"run_no", "item_no"},
		columns: []sightColumn[item]{
			textColumn("item_id", func(i *item) string { return i.ID }),
			textColumn("url", func(i *item) string { return i.URL }),
			textsColumn("labels", func(i *item) []string { return i.Labels }),
			jsonColumn("output", func(i *item) []byte { return i.Output }),
			jsonColumn("metadata", func(i *item) []byte { return i.Metadata }),
		},
		given: func(_ *sightRange, job sightJob) (rows []givenRow[item]) {
			for _, r := range job.runs {
				items := job.trail.Items[r.No]
				for i := range items {
					rows = append(rows, givenRow[item]{sightKey{int32(r.No), int32(i + 1)}, r.No, r.FirstSeen.ObservedAt, &items[i]})
				}
			}
			return rows
		},
	}
}
