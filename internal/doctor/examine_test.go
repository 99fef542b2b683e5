package doctor_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/doctor"
	"tracker/internal/ledger"
	"tracker/internal/store"
	"tracker/internal/testkit"
)

// TestWell: nothing fails where all is well, and the test's own login alone is warned of.
func TestWell(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	slot := l.Lines(`SELECT next_slot_at::text FROM budgets`)
	for _, c := range doctor.Examine(t.Context(), l.e) {
		if (c.State != doctor.OK || c.Remedy != "") && c.Name != "login" {
			t.Errorf("%+v", c)
		}
	}
	if n := l.requests.Load(); n != 1 {
		t.Errorf("the service was asked %d times", n)
	}
	l.Want("polls that were recorded", nil, `SELECT job FROM report.polls`)
	if slices.Equal(slot, l.Lines(`SELECT next_slot_at::text FROM budgets`)) {
		t.Error("the budget does not know of the request")
	}
	l.Check()
}

// TestWrong brings about what each check is for.
func TestWrong(t *testing.T) {
	t.Parallel()
	_, other, err := ledger.GenerateKey("audit.example.com/test")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		bring  func(*lab)
		check  string
		state  doctor.State
		what   string
		remedy string
	}{
		"SchemaOld": {
			func(l *lab) {
				l.Exec(`DELETE FROM tracker_migrations WHERE version_id = (SELECT max(version_id) FROM tracker_migrations)`)
			},
			"schema", doctor.Fail, "too old", "tracker migrate up",
		},
		"SchemaNew": {func(l *lab) { l.Exec(`INSERT INTO tracker_migrations (version_id, is_applied) VALUES (99999, true)`) }, "schema", doctor.Fail, "too new", "a newer one"},
		"NobodyServes": {
			func(l *lab) { l.Exec(`UPDATE replicas SET ended_at = seen_at`) }, "trackers", doctor.Fail, "none serves", "tracker serve",
		},
		"OwnerLogin":       {func(*lab) {}, "login", doctor.Warn, "can alter what was recorded", "GRANT tracker_writer"},
		"Stranger":         {func(l *lab) { l.Exec(`GRANT UPDATE ON snapshots TO PUBLIC`) }, "strangers", doctor.Warn, "PUBLIC has UPDATE on public.snapshots", "REVOKE ALL ON TABLE public.snapshots FROM PUBLIC;"},
		"OpenSchema":       {func(l *lab) { l.Exec(`GRANT CREATE ON SCHEMA public TO PUBLIC`) }, "strangers", doctor.Warn, "everybody may create", "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"},
		"ClockOff":         {func(l *lab) { l.e.Now = ahead(time.Minute) }, "clock", doctor.Warn, "this machine's", "NTP"},
		"ClockDaysOff":     {func(l *lab) { l.e.Now = ahead(-48 * time.Hour) }, "clock", doctor.Fail, "retention takes nothing", "NTP"},
		"CredentialAbsent": {func(l *lab) { delete(l.env, "KEY") }, "source woosmap", doctor.Fail, "KEY", "in the daemon's environment"},
		"Unauthorized":     {func(l *lab) { l.answers(401) }, "source woosmap", doctor.Fail, "401", "env:KEY"},
		"Quota":            {func(l *lab) { l.answers(402) }, "source woosmap", doctor.Fail, "402", "quota"},
		"UnknownTarget":    {func(l *lab) { l.answers(404) }, "source woosmap", doctor.Warn, "stores-eu: 404", "tracker job show stores-eu"},
		"RateLimited":      {func(l *lab) { l.answers(429) }, "source woosmap", doctor.Warn, "429", "rate_limit"},
		"Upstream":         {func(l *lab) { l.answers(500) }, "source woosmap", doctor.Fail, "500", "http://127.0.0.1"},
		"ServiceAhead":     {func(l *lab) { l.answers(200, "Date", httpDate(time.Hour)) }, "clock woosmap", doctor.Fail, "ahead of the database's", "NTP"},
		"ServiceBehind":    {func(l *lab) { l.answers(200, "Date", httpDate(-20*time.Second)) }, "clock woosmap", doctor.Warn, "behind the database's", "NTP"},
		"Paused": {
			func(l *lab) {
				l.pause(func(by store.Author) error {
					_, err := l.store.PauseSource(l.t.Context(), by, "woosmap", "by hand")
					return err
				})
			},
			"source woosmap", doctor.Warn, "by hand", "tracker source resume woosmap",
		},
		"PausedForCredential": {
			func(l *lab) {
				l.pause(func(by store.Author) error {
					_, err := l.store.PauseForCredential(l.t.Context(), by, "woosmap", "no such file")
					return err
				})
			},
			"source woosmap", doctor.Fail, "no such file", "mend the credential env:KEY, then run  tracker source resume woosmap",
		},
		"Held": {
			func(l *lab) {
				l.Exec(`UPDATE budgets SET held_from = clock_timestamp(), held_until = clock_timestamp() + interval '1 hour'`)
			},
			"source woosmap", doctor.Warn, "asked to be left alone", "tracker source resume woosmap",
		},
		"NoRoom": {func(l *lab) { l.Exec(`UPDATE budgets SET next_slot_at = clock_timestamp() + interval '1 hour'`) }, "source woosmap", doctor.Warn, "no room", "--no-poll"},
		"Tight": {
			func(l *lab) {
				l.Exec(`UPDATE sources SET rate_every = interval '1 hour', rate_burst = 1`)
				l.Exec(`UPDATE cursors SET polled_at = clock_timestamp(), planned_every = interval '5 min'`)
			},
			"budget woosmap", doctor.Warn, "the rate allows 1", "wider schedule",
		},
		"NoSource": {
			func(l *lab) {
				l.pause(func(by store.Author) error {
					_, err := l.store.RemoveJob(l.t.Context(), by, "stores-eu")
					return err
				})
				l.pause(func(by store.Author) error {
					_, err := l.store.RemoveSource(l.t.Context(), by, "woosmap")
					return err
				})
			},
			"sources", doctor.Warn, "none is registered", "tracker source add",
		},
		"DeliveriesFailed": {
			func(l *lab) { l.deliver("failed") }, "notifications", doctor.Fail, "geo: 1 delivery failed for a day (it answers 410 Gone)", "tracker notify retry",
		},
		"DeliveriesFailedOfARuleThatWasRemoved": {
			func(l *lab) {
				l.deliver("failed")
				l.Exec(`UPDATE notify_rules SET until_entry = from_entry, removed_at = clock_timestamp()`)
			},
			"notifications", doctor.Fail, "geo, which was removed: 1 delivery failed for a day (it answers 410 Gone)", "tracker notify retry",
		},
		"DeliveriesWait": {
			func(l *lab) { l.deliver("pending") }, "notifications", doctor.Warn, "geo: 1 delivery waiting (it answers 410 Gone)", "tracker notify test",
		},
		"JournalLags": {
			func(l *lab) {
				l.rewrite(`INSERT INTO changes (changed_at, actor, action, subject) VALUES (clock_timestamp() - interval '10 min', 'ann', 'add', 'job x')`)
				l.Exec(`INSERT INTO journal_notes (no, kind) SELECT max(change_no), 'change' FROM changes`)
			},
			"journal", doctor.Fail, "1 note waits, the oldest for 10 m", "the daemon's log",
		},
		"JournalLagsByAnAct": {
			func(l *lab) {
				l.rewrite(`INSERT INTO acts (done_at, kind, what, range_from, range_to, rows_changed, kept_for, actor) SELECT clock_timestamp() - interval '10 min', 'retention', 'polls', '-infinity', now(), 0, interval '1 day', 'bob'`)
				l.Exec(`INSERT INTO journal_notes (no, kind) SELECT max(act_no), 'act' FROM acts`)
			},
			"journal", doctor.Fail, "1 note waits, the oldest for 10 m", "the daemon's log",
		},
		"JournalLagsByAGap": {
			func(l *lab) {
				l.rewrite(`INSERT INTO gaps SELECT 1, now() - interval '20 min', now() - interval '10 min', 1, 'failed'`)
				l.Exec(`INSERT INTO journal_notes (job_id, no, kind) VALUES (1, 0, 'gap')`)
			},
			"journal", doctor.Fail, "1 note waits, the oldest for 10 m", "the daemon's log",
		},
		"JournalWaitsForADay": {
			func(l *lab) {
				l.Exec(`INSERT INTO journal_notes (no, kind) VALUES (20261101, 'polls'), (20261102, 'polls')`)
			},
			"journal", doctor.OK, "entries; 2 notes wait", "",
		},
		"Unsealed": {
			func(l *lab) {
				l.rewrite(`UPDATE checkpoints SET sealed_at = sealed_at - interval '1 hour'`)
				l.rewrite(`INSERT INTO changes (changed_at, actor, action, subject) VALUES (clock_timestamp() - interval '10 min', 'ann', 'add', 'job x')`)
				l.Exec(`INSERT INTO journal_notes (no, kind) SELECT max(change_no), 'change' FROM changes`)
				l.Exec(`SELECT journal_append()`)
			},
			"sealed", doctor.Fail, "the next have waited for 10 m", "tracker ledger seal",
		},
		"Unsigned": {
			func(l *lab) { l.rewrite(`UPDATE checkpoints SET verifier = NULL`) }, "signed", doctor.Warn, "bears no signature", "tracker ledger keygen",
		},
		"OtherKey":  {func(l *lab) { l.e.Key = other }, "signed", doctor.Fail, "another key", "a log keeps its key"},
		"KeyUnread": {func(l *lab) { l.e.Key, l.e.KeyErr = nil, errors.New("others can read it") }, "signed", doctor.Fail, "others can read it", "--ledger-key"},
		"Forged": {
			func(l *lab) { l.rewrite(`UPDATE checkpoints SET note = replace(note, '— ', '— x')`) }, "signed", doctor.Fail, "not signed by this key", "tracker verify",
		},
		"PublishedNowhere": {func(l *lab) { l.e.Publish = "" }, "published", doctor.Warn, "no --publish-checkpoints", "out of reach"},
		"PublishedAbsent":  {func(l *lab) { l.e.Publish += "x" }, "published", doctor.Fail, "no such file", "may write it"},
		"NothingToPublish": {
			func(l *lab) {
				l.rewrite(`DELETE FROM checkpoints; DELETE FROM ledger_tiles`)
				l.e.Publish += "x"
			},
			"published", doctor.OK, "nothing is sealed yet", "",
		},
		"PublishedCutOff": {func(l *lab) { l.publishes("audit.example.com/test\n1") }, "published", doctor.Fail, "not a checkpoint", "another file"},
		"PublishedBehind": {
			func(l *lab) {
				l.publishes("")
				l.rewrite(`UPDATE checkpoints SET sealed_at = sealed_at - interval '10 min'`)
			},
			"published", doctor.Fail, "the newest was sealed 10 m ago", "tracker ledger seal --publish-checkpoints",
		},
		"LogCutOff": {
			func(l *lab) { l.rewrite(`DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)`) }, "published", doctor.Fail, "newest were cut off", "tracker verify --against",
		},
		"LogRewritten": {
			func(l *lab) { l.rewrite(`UPDATE checkpoints SET root = sha256('another')`) }, "published", doctor.Fail, "written anew", "tracker verify --against",
		},
		"PollPartitions": {
			func(l *lab) {
				l.Exec(`DO $$ DECLARE part text; BEGIN
					FOR part IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'polls'::regclass AND inhrelid <> 'polls_default'::regclass LOOP
						EXECUTE 'DROP TABLE ' || part;
					END LOOP; END $$`)
			},
			"partitions", doctor.Fail, "default partition", "tracker migrate up",
		},
		"JournalPartitions": {
			func(l *lab) {
				l.rewrite(`UPDATE journal SET entry_no = 9950000 WHERE entry_no = (SELECT max(entry_no) FROM journal)`)
			},
			"partitions", doctor.Fail, "up to entry 10,000,000", "journal_extend(14950000)",
		},
		"RetentionShort": {
			func(l *lab) { l.e.Keep.Polls = time.Minute }, "retention", doctor.Fail, `the schedule "@every 5m"`, "--retention-polls",
		},
		"RetentionDue": {
			func(l *lab) {
				l.rewrite(`INSERT INTO polls (job_id, polled_at, outcome, latency_us) SELECT job_id, now() - interval '200 days', 'timeout', 1000000 FROM jobs`)
			},
			"retention", doctor.Warn, "there are older polls", "tracker retain --dry-run",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			c.bring(l)
			var got []doctor.Check
			for _, one := range doctor.Examine(t.Context(), l.e) {
				if one.Name == c.check {
					got = append(got, one)
				}
			}
			if len(got) != 1 || got[0].State != c.state || !strings.Contains(got[0].What, c.what) || !strings.Contains(got[0].Remedy, c.remedy) {
				t.Errorf("got %+v\nwant %s, %q and %q", got, c.state, c.what, c.remedy)
			}
		})
	}
}

func ahead(by time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(by) } }

func httpDate(ahead time.Duration) string {
	return time.Now().Add(ahead).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
}

// TestAskedPolitely: a service is asked neither without --no-poll's leave, nor while its
// source is held, and a Retry-After holds it.
func TestAskedPolitely(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	client := l.e.Client
	l.e.Client = nil
	doctor.Examine(t.Context(), l.e)
	if n := l.requests.Load(); n != 0 {
		t.Errorf("with --no-poll it was asked %d times", n)
	}
	l.e.Client = client
	l.answers(503, "Retry-After", "600")
	doctor.Examine(t.Context(), l.e)
	doctor.Examine(t.Context(), l.e)
	if n := l.requests.Load(); n != 1 {
		t.Errorf("it was asked %d times, though it wants to be left alone", n)
	}
}

// TestUnanswered: a database that is away is the one check that is made.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	address, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/there-is-none"
	l.e.Store = testkit.OpenStore(t, address.String())
	checks := doctor.Examine(t.Context(), l.e)
	if len(checks) != 1 || checks[0].State != doctor.Fail || !strings.Contains(checks[0].Remedy, "DATABASE_URL") {
		t.Errorf("got %+v", checks)
	}
}

// TestLogins: what a login may not read is told, and is no failure.
func TestLogins(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]struct{ login, journal doctor.State }{
		"tracker_writer": {doctor.OK, doctor.OK},
		"tracker_reader": {doctor.Warn, doctor.Warn},
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.e.URL = l.loginAs(role)
			l.e.Store = testkit.OpenStore(t, l.e.URL)
			l.e.Client = nil
			states := map[string]doctor.State{}
			for _, c := range doctor.Examine(t.Context(), l.e) {
				states[c.Name] = c.State
				if c.State == doctor.Fail {
					t.Errorf("%+v", c)
				}
			}
			if states["login"] != want.login || states["journal"] != want.journal {
				t.Errorf("login %s, journal %s", states["login"], states["journal"])
			}
		})
	}
}

// loginAs is the database's URL for a login of its own that has a role.
func (l *lab) loginAs(role string) string {
	l.t.Helper()
	name, password := "test_"+strings.ToLower(rand.Text()[:12]), rand.Text()
	l.Exec("CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "' IN ROLE " + role)
	db := l.DB
	l.t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(l.t.Context()), "DROP ROLE "+name); err != nil {
			l.t.Error(err)
		}
	})
	address, err := url.Parse(l.URL)
	if err != nil {
		l.t.Fatal(err)
	}
	address.User = url.UserPassword(name, password)
	return address.String()
}
