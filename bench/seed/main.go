// Command seed fills a database with a history as large as a year of a busy
// team's: sources, jobs, polls and all that they found, recorded as the daemon
// records it, but of polls that were never made. It is what the benches of
// reports read.
//
//	go run ./bench/seed -jobs 100 -runs-per-job 20
package main

import (
	"context"
	"io"
	"runtime/debug"
	"time"

	"tracker/bench/program"
	"tracker/bench/seed/seeddb"
)

func main() { program.Run("seed", run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	s, err := readScale(args, time.Now())
	if err != nil {
		return err
	}
	debug.SetGCPercent(200) // both processors are busy
	debug.SetMemoryLimit(memoryMost)
	return seeddb.With(ctx, getenv, settings, func(db seeddb.Database) error {
		began := time.Now()
		filled, err := fill(ctx, db.URL, s, stderr)
		if err != nil {
			return err
		}
		filled.print(stdout, s, db, time.Since(began))
		return nil
	})
}

// memoryMost is far above what it takes; beyond it the collector takes its time.
const memoryMost = 3 << 30

// settings let a private server write quickly. A crash while it does may cost
// the data, which can be made again.
var settings = map[string]string{
	"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off",
	"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min", "wal_compression": "off", "maintenance_work_mem": "512MB",
}
