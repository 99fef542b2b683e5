package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
)

// Chore is work that a daemon repeats.
type Chore struct {
	Name    string
	Every   time.Duration // whole seconds
	Timeout time.Duration // bounds one turn
	Do      func(context.Context) error
}

// Chores repeats chores. Two turns of one chore never overlap. A panic is logged and
// ends its turn alone.
type Chores struct {
	cron   *cron.Cron
	logger *slog.Logger
	first  []func()
}

// NewChores gives a runner that logs to logger what fails.
func NewChores(logger *slog.Logger) *Chores {
	log := cronLogger{logger}
	// The other way round robfig/cron would skip every turn after a panic.
	chain := cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log))
	return &Chores{cron: cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), chain), logger: logger}
}

// Add adds a chore. Its turns end with ctx.
func (c *Chores) Add(ctx context.Context, chore Chore) error {
	failing := false // a chore never runs beside itself
	turn := func() {
		bounded, cancel := context.WithTimeout(ctx, chore.Timeout)
		defer cancel()
		err := chore.Do(bounded)
		switch {
		case ctx.Err() != nil: // which is why it failed
		case err != nil && !failing:
			c.logger.WarnContext(ctx, "a chore fails; it comes again", "chore", chore.Name, "error", err)
		case err == nil && failing:
			c.logger.InfoContext(ctx, "a chore works again", "chore", chore.Name)
		}
		failing = err != nil
	}
	if _, err := c.cron.AddFunc("@every "+chore.Every.String(), turn); err != nil {
		return fmt.Errorf("chore %s: %w", chore.Name, err)
	}
	c.first = append(c.first, turn)
	return nil
}

// Start does each chore once, then begins their turns. The function that it
// returns ends them and waits for those under way.
func (c *Chores) Start() (stop func()) {
	for _, turn := range c.first {
		turn()
	}
	c.cron.Start()
	return func() { <-c.cron.Stop().Done() }
}

// cronLogger hands robfig/cron's messages to slog.
type cronLogger struct{ logger *slog.Logger }

// Info implements cron.Logger. What it tells is of no use to an operator.
func (cronLogger) Info(string, ...any) {}

// Error implements cron.Logger.
func (l cronLogger) Error(err error, message string, keysAndValues ...any) {
	//nolint:sloglint // robfig/cron gives no context
	l.logger.Error("a chore failed", append([]any{"error", err, "message", message}, keysAndValues...)...)
}
