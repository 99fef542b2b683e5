package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/store"
)

const (
	// publishTimeout bounds one request.
	publishTimeout = 15 * time.Second
	// publishMost is how many checkpoints are read at once.
	publishMost = 1000
)

// ErrTarget means that checkpoints cannot be published there.
var ErrTarget = errors.New("want a path or an http(s) URL to publish checkpoints to")

// errUnread means that nobody knows by now what was published.
var errUnread = errors.New("the file of published checkpoints cannot be read")

// Publisher brings checkpoints to where the database's owner cannot take them back: a
// file, to which each is appended, or a URL, to which each is posted. The zero Publisher
// publishes none.
type Publisher struct {
	Store  *store.Store
	Warn   func(text string) // of what was mended; nil: nobody is told
	target string
	client *http.Client

	published int64       // so long was the log of the last; -1: nothing was read or sent yet
	followed  ledger.Tree // the log as it was published last; of no leaves: it was not yet
	append    func(path, text string) error
}

// NewPublisher publishes to a path or a URL; empty: nowhere.
func NewPublisher(s *store.Store, target string) (*Publisher, error) {
	p := &Publisher{Store: s, target: target, published: -1, append: appendTo}
	if !strings.Contains(target, "://") {
		return p, nil
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, ErrTarget
	}
	p.client = &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: publishTimeout},
		Timeout:       publishTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// Publish publishes the checkpoints that are new since the last time. What fails comes
// again with the next call. It returns how many were published. ErrOtherLog: the log does
// not go on from what was published, and nothing is.
func (p *Publisher) Publish(ctx context.Context) (published int, err error) {
	if err := p.begin(ctx); err != nil || p.target == "" {
		return 0, err
	}
	for {
		checkpoints, err := p.Store.Checkpoints(ctx, p.published, publishMost)
		if err != nil || len(checkpoints) == 0 {
			return published, err
		}
		last, err := p.Store.LastCheckpoint(ctx)
		if err != nil {
			return published, err
		}
		if err := extends(ctx, p.Store, last.Tree, p.followed); err != nil {
			return published, fmt.Errorf("publish nothing: %w", err)
		}
		for _, c := range checkpoints {
			if err := p.publish(ctx, c.Checkpoint); err != nil {
				if p.client == nil {
					p.published = -1 // the file may have a part of it
				}
				return published, err
			}
			p.published, p.followed = c.Size, c.Tree
			published++
		}
	}
}

// begin finds out, if nobody has yet, how far was published: a file tells, a URL gets the
// newest. ErrOtherLog: the log does not go on from what the file has.
func (p *Publisher) begin(ctx context.Context) error {
	if p.target == "" || p.published >= 0 {
		return nil
	}
	if p.client == nil {
		return p.beginFile(ctx)
	}
	last, err := p.Store.LastCheckpoint(ctx)
	if err != nil {
		return err
	}
	p.published, p.followed = max(0, last.Size-1), last.Tree
	return nil
}

func (p *Publisher) beginFile(ctx context.Context) error {
	text, err := os.ReadFile(p.target)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: %w", errUnread, err)
	}
	text, err = p.mend(ctx, text)
	if err != nil {
		return err
	}
	before, err := ledger.ReadCheckpoints(string(text))
	if err != nil {
		return fmt.Errorf("publish checkpoints to %s, which has others: %w", p.target, err)
	}
	if len(before) == 0 {
		p.published = 0
		return nil
	}
	newest := before[len(before)-1]
	last, err := p.Store.LastCheckpoint(ctx)
	if err != nil {
		return err
	}
	if newest.Signed() && last.Verifier != "" && newest.Origin != last.Origin {
		return fmt.Errorf("publish checkpoints to %s: it has those of the log %q, this one is %q", p.target, newest.Origin, last.Origin)
	}
	if err := extends(ctx, p.Store, last.Tree, newest.Tree); err != nil {
		return fmt.Errorf("publish checkpoints to %s: %w", p.target, err)
	}
	p.published, p.followed = newest.Size, newest.Tree
	return nil
}

// mend takes away the beginning of a checkpoint at the end of the file, of which the disk
// got no more before a crash. It is published again, whole.
func (p *Publisher) mend(ctx context.Context, text []byte) ([]byte, error) {
	whole := text[:len(text)-ledger.Torn(string(text))]
	before, err := ledger.ReadCheckpoints(string(whole))
	if err != nil || len(whole) == len(text) {
		return text, nil //nolint:nilerr // it holds something else, which reading all of it tells
	}
	var size int64
	if len(before) > 0 {
		size = before[len(before)-1].Size
	}
	next, err := p.Store.Checkpoints(ctx, size, 1)
	if err != nil {
		return nil, err
	}
	torn := bytes.TrimLeft(text[len(whole):], "\n")
	if len(next) == 0 || !strings.HasPrefix(next[0].Note+"\n", string(torn)) {
		return text, nil // nor is that ours
	}
	if err := os.Truncate(p.target, int64(len(whole))); err != nil {
		return nil, fmt.Errorf("publish checkpoints: take away one that was broken off: %w", err)
	}
	if p.Warn != nil {
		p.Warn(fmt.Sprintf("%s ended with %d bytes of a checkpoint that was broken off: they were taken away, and it is published again", p.target, len(torn)))
	}
	return whole, nil
}

func (p *Publisher) publish(ctx context.Context, c ledger.Checkpoint) error {
	if p.client == nil {
		if err := p.append(p.target, c.Note+"\n"); err != nil {
			return fmt.Errorf("publish a checkpoint: %w", err)
		}
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.target, strings.NewReader(c.Note))
	if err != nil {
		return ErrTarget
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	response, err := p.client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok { // whose own text has the URL, and what may be secret in it
			err = failed.Err
		}
		return fmt.Errorf("publish a checkpoint to %s: %w", request.URL.Host, err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 4096)
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("publish a checkpoint to %s: it answers %s", request.URL.Host, response.Status)
	}
	return nil
}

// appendTo appends a text to a file, and returns when the disk has it.
func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // checkpoints are public
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}
