package embeddedpg_test

import (
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestTwoProcessesAtOnceShareOneServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	user := ourselves(t)
	first, second := user.run(cfg.DataDir), user.run(cfg.DataDir)
	server := start(t, cfg)
	first.says("up")
	second.says("up")
	wantPID(t, server)
}

func TestServerEndsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux signals a parent's death")
	}
	cfg := config(t)
	parent := ourselves(t).run(cfg.DataDir)
	parent.says("up")
	parent.kill()
	waitEnded(t, cfg.DataDir)
	wantPID(t, start(t, cfg))
}

func TestJoinerGoesOnAfterTheStarter(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*helper){"Closed": (*helper).close, "Killed": (*helper).kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "Killed" && runtime.GOOS != "linux" {
				t.Skip("only Linux signals a parent's death")
			}
			cfg := config(t)
			starter := ourselves(t).run(cfg.DataDir)
			starter.says("up")
			joiners := []*helper{ourselves(t).run(cfg.DataDir), ourselves(t).run(cfg.DataDir)}
			server := start(t, cfg)
			before := wantPID(t, server)
			for _, joiner := range joiners {
				joiner.says("up")
			}

			end(starter)
			for _, joiner := range joiners {
				joiner.ensure()
			}
			// The old server may answer until the kernel's signal has reached it: then Ensure has nothing to do.
			wait(t, "another server", func() bool {
				if err := server.Ensure(t.Context()); err != nil {
					t.Fatal(err)
				}
				conn, err := pgx.Connect(t.Context(), server.URL())
				if err != nil {
					return false
				}
				return conn.Close(t.Context()) == nil && wantPID(t, server) != before
			})
			for _, joiner := range joiners {
				joiner.says("ensured")
			}
		})
	}
}

func TestStartWaitsForAServerThatIsStopping(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	first := start(t, cfg)
	before := wantPID(t, first)
	// A smart shutdown waits for this session.
	conn, err := pgx.Connect(t.Context(), first.URL())
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(before, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	next := ourselves(t).run(cfg.DataDir)
	wait(t, "the refusal of new sessions", func() bool {
		probe, err := pgx.Connect(t.Context(), first.URL())
		if err == nil {
			_ = probe.Close(t.Context())
		}
		return err != nil
	})
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	next.says("up")
	if after := wantPID(t, first); after == before {
		t.Error("the stopping server was joined")
	}
}

func TestOrdinaryUserRunsAServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	if err := os.Chmod(cfg.DataDir, 0o777); err != nil {
		t.Fatal(err)
	}
	dir := cfg.DataDir + "/tracker"
	parent := ordinaryUser(t).run(dir)
	parent.says("up")
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory: %v, %v", info, err)
	}
	// Root joins the server of another user, and afterwards runs it as that user.
	cfg.DataDir = dir
	server := start(t, cfg)
	before := wantPID(t, server)
	parent.close()
	if err := server.Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if wantPID(t, server) == before {
		t.Error("the server outlived its starter")
	}
	if err := server.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := ordinaryUser(t).run(dir)
	again.says("up")
}
