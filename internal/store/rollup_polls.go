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
	// partPolls is how many polls of an hour one statement counts; an hour that had more
	// when it was counted last is counted by partLength. While a statement runs no old
	// version of any row is pruned, and whoever claims reads past those of cursors.
	partPolls  = 1_000_000
	partLength = 5 * time.Minute
	// partSlack is how long after it was sent a poll may be recorded and is counted still
	// where a part is counted once. The sweep finds what comes later.
	partSlack = 5 * time.Minute
	// partKept is of how long ago parts are remembered.
	partKept = 2 * time.Hour
	// countMoment is oneMoment for a statement that leaves the other processors alone.
	countMoment = oneMoment + "; SET LOCAL max_parallel_workers_per_gather = 0"
)

// pollPart is a stretch of time whose polls are counted by one statement.
type pollPart struct{ from, to time.Time }

// hourKey is of which polls report.hourly has a row.
type hourKey struct {
	sourceID int64
	hour     int64 // seconds since 1970
	outcome  string
}

// tallies count polls by their latency in microseconds, cut to three digits.
type tallies map[hourKey]map[int32]int64

func (t tallies) addAll(rows []dbsqlc.RollupPollsRow) {
	for _, row := range rows {
		of := hourKey{row.SourceID, row.Hour.Unix(), row.Outcome}
		if t[of] == nil {
			t[of] = map[int32]int64{}
		}
		t[of][row.LatencyUs] += row.Polls
	}
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
		rows.P50Us = append(rows.P50Us, percentile(byLatency, (polls*50+99)/100))
		rows.P95Us = append(rows.P95Us, percentile(byLatency, (polls*95+99)/100))
	}
	return rows
}

// percentile is the least latency that so many polls do not exceed.
func percentile(byLatency map[int32]int64, polls int64) int32 {
	for _, latency := range slices.Sorted(maps.Keys(byLatency)) {
		if polls -= byLatency[latency]; polls <= 0 {
			return latency
		}
	}
	return 0
}

// countedHours are the first parts of hours that are counted and need not be again. The
// zero value knows none.
type countedHours struct {
	at    time.Time             // when was counted last
	hours map[int64]countedHour // by their beginning
}

type countedHour struct {
	until   time.Time
	tallies tallies
}

// forget leaves the hours since a time. Once the clock was set back none counts: what is
// counted of them may be still to come.
func (c *countedHours) forget(since, now time.Time) {
	maps.DeleteFunc(c.hours, func(hour int64, _ countedHour) bool {
		return now.Before(c.at) || hour < since.Truncate(time.Hour).Unix()
	})
	c.at = now
}

// add adds what a part has, if it is the next one of its hour.
func (c *countedHours) add(counted pollPart, rows []dbsqlc.RollupPollsRow) {
	hour := counted.from.Truncate(time.Hour)
	known, found := c.hours[hour.Unix()]
	if !found {
		known = countedHour{hour, tallies{}}
	}
	if !known.until.Equal(counted.from) {
		return
	}
	if c.hours == nil {
		c.hours = map[int64]countedHour{}
	}
	known.tallies.addAll(rows)
	known.until = counted.to
	c.hours[hour.Unix()] = known
}

// countPolls counts the polls of whole hours, part by part: none that is remembered is
// counted again, and those that have ended are remembered from then on.
func (s *Store) countPolls(ctx context.Context, all pollPart, remembered *countedHours, now time.Time) (dbsqlc.RollupHoursParams, error) {
	before, err := s.queries.RollupCounted(ctx, dbsqlc.RollupCountedParams{FromHour: all.from, ToHour: all.to})
	if err != nil {
		return dbsqlc.RollupHoursParams{}, err
	}
	counts := tallies{}
	for hour, first := range remembered.hours {
		if hour >= all.from.Unix() && hour < all.to.Unix() {
			for of, byLatency := range first.tallies {
				counts[of] = maps.Clone(byLatency)
			}
		}
	}
	for _, one := range inParts(all, before, remembered.hours) {
		var rows []dbsqlc.RollupPollsRow
		if err := s.inMoment(ctx, countMoment, func(tx pgx.Tx) (err error) {
			rows, err = s.queries.WithTx(tx).RollupPolls(ctx, dbsqlc.RollupPollsParams{FromTime: one.from, ToTime: one.to})
			return err
		}); err != nil {
			return dbsqlc.RollupHoursParams{}, err
		}
		counts.addAll(rows)
		if ended := now.Sub(one.to); one.to.Sub(one.from) <= partLength && ended >= partSlack && ended < partKept {
			remembered.add(one, rows)
		}
	}
	return counts.rows(), nil
}

// inParts gives the parts of whole hours that are not known, by how many polls each hour
// had before.
func inParts(all pollPart, before []dbsqlc.RollupCountedRow, known map[int64]countedHour) (parts []pollPart) {
	had := map[int64]int64{}
	for _, row := range before {
		had[row.Hour.Unix()] = row.Polls
	}
	together := int64(0)
	for at := all.from; at.Before(all.to); {
		hour := at.Truncate(time.Hour)
		if until := known[hour.Unix()].until; until.After(at) {
			at, together = until, partPolls // a part ends before it
			continue
		}
		polls, next := had[hour.Unix()], hour.Add(time.Hour)
		if polls >= partPolls {
			polls, next = partPolls, at.Add(partLength)
		}
		if together += polls; len(parts) == 0 || together >= partPolls {
			parts, together = append(parts, pollPart{from: at}), polls
		}
		parts[len(parts)-1].to = next
		at = next
	}
	return parts
}
