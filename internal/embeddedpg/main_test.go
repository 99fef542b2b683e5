package embeddedpg_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"tracker/internal/embeddedpg"
)

// helperDir is the variable that turns the test binary into another process of the tracker: it names the data
// directory to run a server on.
const helperDir = "EMBEDDEDPG_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		if err := help(context.Background(), dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// help starts or joins the server, says "up", ensures it for every line it reads, and closes it at the end of input.
func help(ctx context.Context, dir string) error {
	// The pipe of a killed test must not keep a helper from its end of input.
	signal.Ignore(syscall.SIGPIPE)
	server, err := embeddedpg.Start(ctx, embeddedpg.Config{
		DataDir: dir, Settings: testSettings(), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	fmt.Println("up")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		if err := server.Ensure(ctx); err != nil {
			return err
		}
		fmt.Println("ensured")
	}
	return server.Close(ctx)
}

// testSettings give up durability, which no test here needs, for speed.
func testSettings() map[string]string {
	return map[string]string{"fsync": "off", "shared_buffers": "16MB", "max_connections": "10"}
}
