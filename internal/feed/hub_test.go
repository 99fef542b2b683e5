package feed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/feed"
	"tracker/internal/store"
	"tracker/internal/testdb"
	"tracker/internal/testkit"
)

var errEnough = errors.New("enough")

// happen has a source change so often, which each time is an entry of the journal.
func happen(t *testing.T, s *store.Store, times int) {
	t.Helper()
	for n := range times {
		now, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		from := testkit.Source("woosmap", "woosmap", "https://api.example.com", "env:KEY")
		from.RateBurst = int(now.UnixNano()%1_000_000) + n + 1
		if _, err := s.Apply(t.Context(), store.Author{Actor: fmt.Sprint("ann ", n), At: now}, store.Declaration{Sources: []store.SourceSpec{from}}); err != nil {
			t.Fatal(err)
		}
		if err := s.CompleteJournal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// numbers are those of the entries that one follower was given.
func numbers(ctx context.Context, hub *feed.Hub, after int64, most int) (nos []int64, err error) {
	err = hub.Follow(ctx, after, time.Hour, func(entries []store.EventsEntry, _ int64) error {
		for _, entry := range entries {
			if nos = append(nos, entry.No); entry.Kind == store.EntryChange && len(entry.Events) != 1 {
				return fmt.Errorf("entry %d has %d events", entry.No, len(entry.Events))
			}
			if len(nos) == most {
				return errEnough
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return nos, err
}

// TestFollowersGetEachEntryOnce: whenever they begin, and wherever they left off.
func TestFollowersGetEachEntryOnce(t *testing.T) {
	t.Parallel()
	s := testkit.NewDatabase(t).Store()
	const before, after = 12, 12
	happen(t, s, before)
	begun, err := s.JournalSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hub := feed.NewHub(s, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	var running, following errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	for from := range begun {
		following.Go(func() error {
			most := int(begun-from) + after
			first, err := numbers(ctx, hub, from, most/2) // leaves in the middle
			if err != nil {
				return err
			}
			rest, err := numbers(ctx, hub, from+int64(len(first)), most-len(first))
			var want []int64
			for no := from + 1; no <= begun+after; no++ {
				want = append(want, no)
			}
			if got := slices.Concat(first, rest); err == nil && !slices.Equal(got, want) {
				err = fmt.Errorf("after %d came %v", from, got)
			}
			return err
		})
	}
	happen(t, s, after)
	if err := following.Wait(); err != nil {
		t.Error(err)
	}
	stop()
	_ = running.Wait()
	if err := hub.Follow(t.Context(), begun+after, time.Hour, func([]store.EventsEntry, int64) error { return nil }); err != nil {
		t.Errorf("when the hub has ended: %v", err)
	}
}

// TestFollowersFromNowHearAtOnce from where they go on.
func TestFollowersFromNowHearAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.NewDatabase(t).Store()
	happen(t, s, 2)
	end, err := s.JournalSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hub := feed.NewHub(s, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	var running errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	err = hub.Follow(ctx, feed.FromNow, time.Hour, func(entries []store.EventsEntry, reached int64) error {
		if len(entries) > 0 || reached != end {
			return fmt.Errorf("%d entries, up to %d of %d", len(entries), reached, end)
		}
		return errEnough
	})
	if !errors.Is(err, errEnough) {
		t.Error(err)
	}
	stop()
	_ = running.Wait()
}

// TestFollowersHearThatTheLineHolds where nothing comes.
func TestFollowersHearThatTheLineHolds(t *testing.T) {
	t.Parallel()
	s := testkit.NewDatabase(t).Store()
	hub := feed.NewHub(s, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	var running errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	told := 0
	err := hub.Follow(ctx, feed.FromNow, time.Millisecond, func(entries []store.EventsEntry, _ int64) error {
		if len(entries) > 0 {
			return fmt.Errorf("%d entries", len(entries))
		}
		if told++; told > 1 { // the first tells from where it follows
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Error(err)
	}
	stop()
	_ = running.Wait()
}

// levels hands on how bad each line of a log is.
type levels chan slog.Level

func (l levels) Enabled(context.Context, slog.Level) bool { return true }
func (l levels) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l levels) WithGroup(string) slog.Handler            { return l }
func (l levels) Handle(ctx context.Context, line slog.Record) error {
	select {
	case l <- line.Level:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestAJournalThatIsStillToBeMadeIsNothingToWarnOf: a new database is migrated while the hub runs already.
func TestAJournalThatIsStillToBeMadeIsNothingToWarnOf(t *testing.T) {
	t.Parallel()
	url := testdb.Empty(t)
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	logged := make(levels)
	hub := feed.NewHub(s, slog.New(logged))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	var running errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	select {
	case level := <-logged:
		if level != slog.LevelDebug {
			t.Errorf("it is logged as %s", level)
		}
	case <-ctx.Done():
		t.Error("nothing is logged")
	}
	if err := store.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	err = hub.Follow(ctx, feed.FromNow, time.Hour, func([]store.EventsEntry, int64) error { return errEnough })
	if !errors.Is(err, errEnough) {
		t.Error(err)
	}
	stop()
	_ = running.Wait()
}

// TestFollowersGetWhatHappenedWhileNobodyFollowed, which the hub has not read.
func TestFollowersGetWhatHappenedWhileNobodyFollowed(t *testing.T) {
	t.Parallel()
	s := testkit.NewDatabase(t).Store()
	hub := feed.NewHub(s, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	var running errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	for range 2 { // the second time after somebody has followed
		begun, err := s.JournalSize(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		happen(t, s, 3)
		want := []int64{begun + 1, begun + 2, begun + 3}
		if got, err := numbers(ctx, hub, begun, len(want)); err != nil || !slices.Equal(got, want) {
			t.Errorf("after %d came %v, %v", begun, got, err)
		}
	}
	stop()
	_ = running.Wait()
}

// TestFollowersOutliveALostEnd: where a copy takes the place of a database, without its last
// entries, they get those that come in their place, whether they stayed or come again.
func TestFollowersOutliveALostEnd(t *testing.T) {
	t.Parallel()
	db := testkit.NewDatabase(t)
	s := db.Store()
	happen(t, s, 5)
	end, err := s.JournalSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hub := feed.NewHub(s, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var running errgroup.Group
	running.Go(func() error { hub.Run(ctx); return nil })
	given := map[string]chan int64{"stayed": make(chan int64), "comes again": make(chan int64)}
	follow := func(who string, after int64) {
		running.Go(func() error {
			return hub.Follow(ctx, after, 10*time.Millisecond, func(entries []store.EventsEntry, reached int64) error {
				if len(entries) == 1 {
					reached = -entries[0].No
				}
				select {
				case given[who] <- reached:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
	}
	await := func(who string, want int64) {
		for {
			select {
			case got := <-given[who]:
				if got == want {
					return
				}
			case <-ctx.Done():
				t.Fatalf("who %s is not given %d", who, want)
			}
		}
	}
	follow("stayed", 0)
	await("stayed", end)
	db.Exec(fmt.Sprintf(`SET session_replication_role = replica; DELETE FROM journal WHERE entry_no > %[1]d;
		UPDATE journal_end SET entry_no = %[1]d; RESET session_replication_role`, end-2))
	await("stayed", end-2)
	follow("comes again", end)
	await("comes again", end)
	happen(t, s, 1)
	for who := range given {
		await(who, 1-end) // the entry in the place of the last but one
	}
	stop()
	_ = running.Wait()
}
