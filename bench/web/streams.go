package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// hearTimeout bounds the wait for all listeners to have heard of a change.
const hearTimeout = time.Minute

// measureStreams tells by how much the memory of a tracker that does nothing else grows
// when so many listen, and each has heard of a change.
func (l *lab) measureStreams(ctx context.Context, streams int, f *figures) error {
	if _, err := l.store.PauseSource(ctx, l.by(ctx), pollSource, "streams are measured"); err != nil {
		return err
	}
	d, err := l.start(ctx)
	if err != nil {
		return err
	}
	defer d.stop()
	const memory = "process_resident_memory_bytes"
	before, err := d.counted(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	heard, err := d.listen(ctx, streams)
	if err != nil {
		return err
	}
	for _, change := range []string{"pause", "resume"} {
		if err := l.command(ctx, "", "job", change, largeJob); err != nil {
			return err
		}
	}
	if err := heard(); err != nil {
		return fmt.Errorf("of a change: %w", err)
	}
	after, err := d.counted(ctx)
	if err != nil {
		return err
	}
	took := after[memory] - before[memory]
	*f = append(*f, figure{fmt.Sprintf("%d open streams, which heard of changes", streams), fmt.Sprintf("%.0f MB", took/(1<<20)), fmt.Sprintf("%d MB", memoryMost>>20), took > memoryMost})
	return nil
}

// listen opens so many streams. Heard waits until each was told of a change; then they
// stay open until ctx ends.
func (d *daemon) listen(ctx context.Context, streams int) (heard func() error, err error) {
	var opening, listening errgroup.Group
	opening.SetLimit(50)
	for range streams {
		opening.Go(func() error {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.at+"/api/v1/events/stream", nil)
			if err != nil {
				return err
			}
			got, err := d.client.Do(r) // its body stays open until ctx ends
			if err != nil {
				return err
			}
			if got.StatusCode != http.StatusOK {
				return fmt.Errorf("a stream is answered %d", got.StatusCode)
			}
			listening.Go(func() error {
				lines := bufio.NewScanner(got.Body)
				for lines.Scan() {
					if strings.HasPrefix(lines.Text(), "data: ") {
						return nil
					}
				}
				return errors.Join(errors.New("a stream has ended"), lines.Err())
			})
			return nil
		})
	}
	if err := opening.Wait(); err != nil {
		return nil, err
	}
	return func() error {
		all := make(chan error, 1)
		go func() { all <- listening.Wait() }()
		select {
		case err := <-all:
			return err
		case <-time.After(hearTimeout):
			return fmt.Errorf("not all have heard within %s", hearTimeout)
		}
	}, nil
}
