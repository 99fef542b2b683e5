package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

// profile writes a CPU profile of the tracker over a window to the file of the plan.
func (l *lab) profile(ctx context.Context, p plan) error {
	address := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%.0f", l.pprof, p.window.Seconds())
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(get)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, answer.Status)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(p.profile, text, 0o644)
}

// freeHost gives an address of this machine at which no other bench has a Postgres.
func freeHost(ctx context.Context) (host string, err error) {
	for n := 2; n < 255; n++ {
		host = fmt.Sprintf("127.0.0.%d", n)
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", host+":5432"); err == nil {
			return host, listener.Close()
		}
	}
	return "", err
}

// freeAddress gives an address at which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
