package access

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateEvery is how often it is looked whether the files have changed, at most.
const certificateEvery = time.Second

// Certificate is the one in two files, read again when they change.
type Certificate struct {
	certFile, keyFile string
	logger            *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	written [2]time.Time // when the files were written that it is from
	looked  time.Time
}

// ReadCertificate reads the certificate and its key.
func ReadCertificate(certFile, keyFile string, logger *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, logger: logger}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// Config is how TLS is spoken with it.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
}

func (c *Certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= certificateEvery {
		c.looked = time.Now()
		if c.changed() {
			c.readAgain(hello.Context())
		}
	}
	return c.current, nil
}

// readAgain keeps what there was where the files cannot be read: one may be written yet.
func (c *Certificate) readAgain(ctx context.Context) {
	if err := c.read(); err != nil {
		c.logger.WarnContext(ctx, "the certificate cannot be read again; the one before goes on", "error", err)
		return
	}
	c.logger.InfoContext(ctx, "the certificate was read again", "file", c.certFile)
}

func (c *Certificate) changed() bool {
	written, err := c.stat()
	return err != nil || written != c.written
}

func (c *Certificate) stat() (written [2]time.Time, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return written, err
		}
		written[i] = info.ModTime()
	}
	return written, nil
}

func (c *Certificate) read() error {
	written, err := c.stat()
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate %s with the key %s: %w", c.certFile, c.keyFile, err)
	}
	c.current, c.written = &pair, written
	return nil
}
