package cli

import (
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/sync"
)

const memoryBudgetName = "memory-budget"

// memoryBase is what the process may need beside what answers take, in bytes.
const memoryBase = 256 << 20

// memoryBudget is a --memory-budget in bytes.
type memoryBudget int64

// memoryBudgetFlag adds --memory-budget to a command that polls.
func memoryBudgetFlag(cmd *cobra.Command) *memoryBudget {
	budget := memoryBudget(sync.DefaultMemoryBudget)
	cmd.Flags().Var(&budget, memoryBudgetName, "`SIZE` in memory that answers may take together; others wait. All of the process stays below three times that")
	return &budget
}

// Set implements pflag.Value.
func (b *memoryBudget) Set(text string) error {
	size, err := humanize.ParseBytes(text)
	if err != nil {
		return fmt.Errorf("want a size such as 512MiB, got %q", text)
	}
	if size < sync.MemoryLeast || size > math.MaxInt64/4 {
		return fmt.Errorf("want %s or more, got %q", humanize.IBytes(sync.MemoryLeast), text)
	}
	*b = memoryBudget(size)
	return nil
}

// String implements pflag.Value.
func (b *memoryBudget) String() string {
	return strings.ReplaceAll(humanize.IBytes(uint64(*b)), " ", "")
}

// Type implements pflag.Value.
func (*memoryBudget) Type() string { return "size" }

// limit has garbage collected in time, unless GOMEMLIMIT says when: an answer
// leaves several times of what it takes behind.
func (b *memoryBudget) limit(getenv func(string) string) {
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2*int64(*b) + memoryBase)
	}
}

const (
	// seldom is how large the garbage may grow, in hundredths of what is in use, where much
	// is read that is soon forgotten; seldomMost how large all is to stay then, in bytes.
	seldom     = 400
	seldomMost = 200 << 20
)

// collectSeldom has garbage collected less often than usual, unless GOGC or GOMEMLIMIT say
// when.
func (a *app) collectSeldom() {
	if a.getenv("GOGC") == "" && a.getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(seldom)
		debug.SetMemoryLimit(seldomMost)
	}
}
