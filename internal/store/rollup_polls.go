package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

const (
	// partPolls is about how many polls one statement counts: of an hour that has more it
	// counts as many as came in partLength. While it runs no old version of any row is
	// pruned, and whoever claims reads past those of cursors.
	partPolls  = 1_000_000
	partLength = 5 * time.Minute
	// partSlack is how long after it was sent a poll may be recorded and is counted still
	// where a part is counted once. The sweep finds what comes later.
	partSlack = 5 * time.Minute
	// countMoment is oneMoment for a statement that leaves the other processors alone.
	countMoment = oneMoment + "; SET LOCAL max_parallel_workers_per_gather = 0"
)

// hourKey is of which polls report.hourly has a row.
type hourKey struct {
	sourceID int64
	hour     int64 // seconds since 1970
	outcome  string
}

// tallies count polls by their latency in microseconds, cut to three digits.
type tallies map[hourKey]map[int32]int64

func (t tallies) add(of hourKey, latencyUs int32, polls int64) {
	if t[of] == nil {
		t[of] = map[int32]int64{}
	}
	t[of][latencyUs] += polls
}

// rows gives what report.hourly has to say of them.
func (t tallies) rows() (rows dbsqlc.RollupHoursParams) {
	for of, byLatency := range t {
		var polls int64
		for _, count := range byLatency {
			polls += count
		}
		rows.SourceIds = append(rows.SourceIds, of.sourceID)
		rows.Hours = append(rows.Hours, time.Unix(of.hour, 0))
		rows.Outcomes = append(rows.Outcomes, of.outcome)
		rows.Polls = append(rows.Polls, polls)
		rows.P50Us = append(rows.P50Us, percentile(byLatency, polls, 50))
		rows.P95Us = append(rows.P95Us, percentile(byLatency, polls, 95))
	}
	return rows
}

// percentile is the least latency that of 100 polls so many do not exceed.
func percentile(byLatency map[int32]int64, polls, of int64) int32 {
	passed := int64(0)
	for _, latency := range slices.Sorted(maps.Keys(byLatency)) {
		if passed += byLatency[latency]; passed*100 >= polls*of {
			return latency
		}
	}
	return 0
}

// countedHours are the first parts of hours, by their beginning, that are counted and need
// not be again.
type countedHours map[int64]countedHour

type countedHour struct {
	until   time.Time
	tallies tallies
}

// add adds what a part has, if it is the next one of its hour.
func (c countedHours) add(from, to time.Time, counted []dbsqlc.RollupPollsRow) {
	hour := from.Truncate(time.Hour)
	known, found := c[hour.Unix()]
	if !found {
		known = countedHour{hour, tallies{}}
	}
	if !known.until.Equal(from) {
		return
	}
	for _, row := range counted {
		known.tallies.add(hourKey{row.SourceID, row.Hour.Unix(), row.Outcome}, row.LatencyUs, row.Polls)
	}
	known.until = to
	c[hour.Unix()] = known
}

// countPolls counts the polls of whole hours, part by part: none that is known is counted
// again, and those that ended before a time are known from then on.
func (s *Store) countPolls(ctx context.Context, from, to time.Time, known countedHours, ended time.Time) (dbsqlc.RollupHoursParams, error) {
	hours, err := s.queries.RollupCounted(ctx, dbsqlc.RollupCountedParams{FromHour: from, ToHour: to})
	if err != nil {
		return dbsqlc.RollupHoursParams{}, err
	}
	counts := tallies{}
	for hour, part := range known {
		if hour >= from.Unix() && hour < to.Unix() {
			for of, byLatency := range part.tallies {
				counts[of] = maps.Clone(byLatency)
			}
		}
	}
	for _, part := range inParts(from, to, hours, known) {
		var rows []dbsqlc.RollupPollsRow
		if err := s.inMoment(ctx, countMoment, func(tx pgx.Tx) (err error) {
			rows, err = s.queries.WithTx(tx).RollupPolls(ctx, dbsqlc.RollupPollsParams{FromTime: part[0], ToTime: part[1]})
			return err
		}); err != nil {
			return dbsqlc.RollupHoursParams{}, err
		}
		for _, row := range rows {
			counts.add(hourKey{row.SourceID, row.Hour.Unix(), row.Outcome}, row.LatencyUs, row.Polls)
		}
		if known != nil && part[1].Sub(part[0]) <= partLength && !part[1].After(ended) {
			known.add(part[0], part[1], rows)
		}
	}
	return counts.rows(), nil
}

// inParts gives from when to when polls are counted together that are not known, of whole
// hours of which it is known how many polls they had when they were counted last.
func inParts(from, to time.Time, hours []dbsqlc.RollupCountedRow, known countedHours) (parts [][2]time.Time) {
	counted := map[int64]int64{}
	for _, row := range hours {
		counted[row.Hour.Unix()] = row.Polls
	}
	together := int64(0)
	for at := from; at.Before(to); {
		hour := at.Truncate(time.Hour)
		if until := known[hour.Unix()].until; until.After(at) {
			at, together = until, partPolls // a part ends before it
			continue
		}
		polls, next := counted[hour.Unix()], hour.Add(time.Hour)
		if polls >= partPolls {
			polls, next = partPolls, at.Add(partLength)
		}
		if together += polls; len(parts) == 0 || together >= partPolls {
			parts, together = append(parts, [2]time.Time{at}), polls
		}
		parts[len(parts)-1][1] = next
		at = next
	}
	return parts
}
