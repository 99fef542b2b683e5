package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/upstreamsim"
)

const (
	// goodKey opens the simulated services, demoKeyOld does not. They guard nothing.
	goodKey     = "demo-key-that-guards-nothing"
	replacedKey = "demo-key-that-was-replaced"
	// headerWait bounds the header of a request to the services.
	headerWait = 5 * time.Second
)

// services are the simulated services and the receiver of what is told, each with a server
// of its own.
type services struct {
	woosmap     *upstreamsim.Woosmap
	safetykit   *upstreamsim.SafetyKit
	receiver    *receiver
	woosmapAt   string // base URLs
	safetykitAt string
	receiverAt  string
	servers     []*http.Server
	serving     errgroup.Group
}

// startServices starts the services, which know nothing yet, where an earlier start had
// them if that is free: a source that moves is paused.
func startServices(ctx context.Context, speed float64, before map[string]string) (*services, error) {
	options := upstreamsim.Options{Key: goodKey, Speed: speed}
	d := &services{woosmap: upstreamsim.NewWoosmap(options), safetykit: upstreamsim.NewSafetyKit(options)}
	var err error
	if d.receiver, err = newReceiver(); err != nil {
		return nil, fmt.Errorf("make the receiver: %w", err)
	}
	if d.woosmapAt, err = d.serve(ctx, d.woosmap, before[sourceWoosmap]); err == nil {
		d.safetykitAt, err = d.serve(ctx, d.safetykit, before[sourceSafetyKit])
	}
	if err == nil {
		d.receiverAt, err = d.serve(ctx, d.receiver, "")
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("start the simulated services: %w", err)
	}
	return d, nil
}

// serve answers on a port of its own, that of an earlier base URL if it is free, and returns
// the base URL.
func (d *services) serve(ctx context.Context, service http.Handler, before string) (string, error) {
	port := "0"
	if u, err := url.Parse(before); err == nil && u.Port() != "" {
		port = u.Port()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil && port != "0" {
		listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: headerWait}
	d.servers = append(d.servers, server)
	d.serving.Go(func() error { return server.Serve(listener) }) // until close
	return "http://" + listener.Addr().String(), nil
}

func (d *services) close() {
	for _, server := range d.servers {
		_ = server.Close() // nobody asks any more
	}
	_ = d.serving.Wait() // each tells that it was closed
}

// play lets a job's live scenario begin.
func (d *services) play(j job, start time.Time) {
	scenario := j.live
	scenario.Start = start
	if j.source == sourceSafetyKit {
		d.safetykit.Play(namespace, upstreamsim.RequestID(j.name), scenario)
	} else {
		d.woosmap.Play(upstreamsim.UUID(j.name), j.name, scenario)
	}
}

// writeKey keeps a credential of the demo where any tracker on the same data directory can
// read it, and returns the reference to it.
func writeKey(dir, name, value string) (ref string, err error) {
	path := filepath.Join(dir, name)
	err = os.WriteFile(path, []byte(value+"\n"), 0o600)
	if errors.Is(err, os.ErrPermission) {
		err = fmt.Errorf("%w; the demo runs as the user who owns the data directory", err)
	}
	if err != nil {
		return "", fmt.Errorf("write a credential of the demo: %w", err)
	}
	return "file:" + path, nil
}
