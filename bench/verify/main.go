// Command verify measures how quickly  tracker verify  checks the database that make seed
// has filled, and in how much memory. It seals first what is not sealed yet, and fails
// where a bar is missed.
//
//	go run ./bench/verify -tracker bin/tracker
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"tracker/bench/program"
	"tracker/bench/seed/seeddb"
)

// The bars: a million snapshots in a minute on two cores, in so many bytes.
const (
	barSnapshots = 1e6 / 60.0
	barMemory    = 300 << 20
)

// leastSnapshots is how many there must be to tell how quickly they are checked: with less,
// most of the time goes into the start of the program.
const leastSnapshots = 50_000

func main() { program.Run("verify", run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	tracker := flags.String("tracker", "bin/tracker", "the built program")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return seeddb.With(ctx, getenv, nil, func(db seeddb.Database) error {
		seal := exec.CommandContext(ctx, *tracker, "ledger", "seal")
		seal.Env, seal.Stdout, seal.Stderr = append(os.Environ(), "DATABASE_URL="+db.URL), stderr, stderr
		if err := seal.Run(); err != nil {
			return fmt.Errorf("tracker ledger seal: %w", err)
		}
		m, err := measure(ctx, *tracker, db.URL, stderr)
		if err != nil {
			return err
		}
		return m.print(stdout)
	})
}

// measurement is what one verification took.
type measurement struct {
	Snapshots int64 `json:"snapshots"`
	Entries   int64 `json:"entries"`
	Days      int64 `json:"days"`
	Jobs      int64 `json:"jobs"`
	Wrong     int64 `json:"count"`

	took   time.Duration
	cpu    time.Duration // of the tracker alone
	memory int64         // of the tracker at most, in bytes
	load   string        // of the machine, when it had ended
}

func measure(ctx context.Context, tracker, url string, stderr io.Writer) (m measurement, err error) {
	command := exec.CommandContext(ctx, tracker, "verify", "--format", "json")
	command.Env, command.Stderr = append(os.Environ(), "DATABASE_URL="+url), stderr
	began := time.Now()
	output, err := command.Output()
	m.took = time.Since(began)
	if err != nil {
		return m, fmt.Errorf("tracker verify: %w", err)
	}
	if err := json.Unmarshal(output, &m); err != nil {
		return m, fmt.Errorf("read what tracker verify says: %w", err)
	}
	m.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		m.memory = usage.Maxrss << 10
	}
	load, err := os.ReadFile("/proc/loadavg")
	m.load = strings.Join(strings.Fields(string(load))[:min(3, len(strings.Fields(string(load))))], " ")
	return m, err
}

func (m measurement) print(out io.Writer) error {
	rate := float64(m.Snapshots) / m.took.Seconds()
	_, err := fmt.Fprintf(out, `%d snapshots, %d entries of the log, %d days of polls, %d jobs, on %d cores (load %s)
%.1f s, of which the tracker used a processor for %.1f s
%.0f snapshots a second (bar: %.0f), %d MiB at most (bar: %d)
`, m.Snapshots, m.Entries, m.Days, m.Jobs, runtime.NumCPU(), m.load, m.took.Seconds(), m.cpu.Seconds(),
		rate, barSnapshots, m.memory>>20, int64(barMemory)>>20)
	switch {
	case err != nil:
		return err
	case m.Snapshots < leastSnapshots:
		_, err = fmt.Fprintf(out, "too few snapshots to tell how quickly they are checked: %d are needed\n", leastSnapshots)
	case rate < barSnapshots:
		err = program.ErrMissed
	}
	if m.memory >= barMemory {
		err = program.ErrMissed
	}
	return err
}
