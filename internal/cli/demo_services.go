package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/upstreamsim"
)

const (
	// demoKey opens the simulated services, demoKeyOld does not. They guard nothing.
	demoKey    = "demo-key-that-guards-nothing"
	demoKeyOld = "demo-key-that-was-replaced"
	// headerWait bounds the header of a request to the services.
	headerWait = 5 * time.Second
)

// demoServices are the simulated services, each with a server of its own.
type demoServices struct {
	woosmap     *upstreamsim.Woosmap
	safetykit   *upstreamsim.SafetyKit
	woosmapAt   string // base URLs
	safetykitAt string
	servers     []*http.Server
	serving     errgroup.Group
}

// startDemoServices starts the services, which know nothing yet.
func startDemoServices(ctx context.Context, speed float64) (*demoServices, error) {
	options := upstreamsim.Options{Key: demoKey, Speed: speed}
	d := &demoServices{woosmap: upstreamsim.NewWoosmap(options), safetykit: upstreamsim.NewSafetyKit(options)}
	var err error
	if d.woosmapAt, err = d.serve(ctx, d.woosmap); err == nil {
		d.safetykitAt, err = d.serve(ctx, d.safetykit)
	}
	if err != nil {
		d.close()
		return nil, fmt.Errorf("start the simulated services: %w", err)
	}
	return d, nil
}

// serve answers on a port of its own and returns the base URL.
func (d *demoServices) serve(ctx context.Context, service http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: headerWait}
	d.servers = append(d.servers, server)
	d.serving.Go(func() error { return server.Serve(listener) }) // until close
	return "http://" + listener.Addr().String(), nil
}

func (d *demoServices) close() {
	for _, server := range d.servers {
		_ = server.Close() // nobody asks any more
	}
	_ = d.serving.Wait() // each tells that it was closed
}

// play lets a job's live scenario begin.
func (d *demoServices) play(j demoJob, start time.Time) {
	scenario := j.live
	scenario.Start = start
	if j.source == demoSafetyKit {
		d.safetykit.Play(demoNamespace, j.requestID(), scenario)
	} else {
		d.woosmap.Play(demoUUID(j.name), j.name, scenario)
	}
}

// writeDemoKeys keeps the demo's credentials where any tracker on the same
// data directory can read them, and returns the references to them.
func writeDemoKeys(dir string) (key, old string, err error) {
	for _, one := range []struct {
		name, value string
		ref         *string
	}{{"demo-key", demoKey, &key}, {"demo-key-old", demoKeyOld, &old}} {
		path := filepath.Join(dir, one.name)
		err := os.WriteFile(path, []byte(one.value+"\n"), 0o600)
		if errors.Is(err, os.ErrPermission) {
			err = fmt.Errorf("%w; the demo runs as the user who owns the data directory", err)
		}
		if err != nil {
			return "", "", fmt.Errorf("write a credential of the demo: %w", err)
		}
		*one.ref = "file:" + path
	}
	return key, old, nil
}
