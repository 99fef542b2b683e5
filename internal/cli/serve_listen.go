package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/access"
	"tracker/internal/store"
)

// listenOff is the --listen of a daemon without a web server.
const listenOff = "off"

// errNoToken means that nobody could be let in.
var errNoToken = errors.New("others reach the address of --listen, and there is no token to know them by: make one with  tracker token add NAME --scope read, " +
	"or have a proxy tell who asks, by --trust-header")

// webFlags say where a daemon listens, and to whom.
type webFlags struct {
	address     string
	metrics     string // empty: with the rest alone
	cert, key   string // files
	behindProxy bool
	trustHeader string
}

// listenFlags adds the flags of where a daemon listens.
func listenFlags(cmd *cobra.Command) *webFlags {
	l := &webFlags{}
	flags := cmd.Flags()
	flags.StringVar(&l.address, "listen", "127.0.0.1:8080", "`ADDRESS` of the pages, /api/v1, /healthz, /readyz and /metrics, or off")
	flags.StringVar(&l.metrics, "metrics-listen", "", "`ADDRESS` where /metrics answers without a token, with /healthz and /readyz")
	flags.StringVar(&l.cert, "tls-cert", "", "speak TLS, by the certificates in `FILE`, which is read again when it changes")
	flags.StringVar(&l.key, "tls-key", "", "with the key in `FILE`")
	flags.BoolVar(&l.behindProxy, "behind-proxy", false, "a proxy speaks TLS for it, and nobody else reaches it: its X-Forwarded-For is believed")
	flags.StringVar(&l.trustHeader, "trust-header", "", "the header `NAME` in which the proxy says who asks, and who may then change everything; the proxy must remove it from what clients send")
	_ = cmd.MarkFlagFilename("tls-cert")
	_ = cmd.MarkFlagFilename("tls-key")
	return l
}

// listens reports that there is something to listen for.
func (l *webFlags) listens() bool { return l.address != listenOff || l.tellsMetrics() }

// tellsMetrics reports that they have an address of their own.
func (l *webFlags) tellsMetrics() bool { return l.metrics != "" && l.metrics != listenOff }

// check refuses what cannot be, before a database is asked for.
func (l *webFlags) check(ctx context.Context) error {
	for _, given := range []struct{ flag, address string }{{"listen", l.address}, {"metrics-listen", l.metrics}} {
		if err := checkListen(ctx, given.flag, given.address); err != nil {
			return err
		}
	}
	var wrong string
	switch {
	case (l.cert == "") != (l.key == ""):
		wrong = "--tls-cert and --tls-key belong together"
	case l.trustHeader != "" && !l.behindProxy:
		wrong = "--trust-header needs --behind-proxy: without a proxy anybody could send that header and pass for anybody"
	case l.trustHeader != "" && strings.Trim(l.trustHeader, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != "":
		wrong = fmt.Sprintf("--trust-header %q: want the name of a header, such as X-Forwarded-User", l.trustHeader)
	case l.address != listenOff && l.cert == "" && !l.behindProxy && !isLoopback(ctx, l.address):
		wrong = fmt.Sprintf("--listen %s: others reach that address, and could read along: give --tls-cert and --tls-key, or --behind-proxy where a proxy speaks TLS; "+
			"see docs/operations.md, or listen on 127.0.0.1", l.address)
	}
	if wrong != "" {
		return usageError{errors.New(wrong)}
	}
	return nil
}

// checkListen refuses what is no address.
func checkListen(ctx context.Context, flag, address string) error {
	if address == listenOff || address == "" && flag != "listen" {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return usageError{fmt.Errorf("--%s %q: %w; want an address such as 127.0.0.1:8080, or off", flag, address, err)}
	}
	return nil
}

// isLoopback reports an address that this machine alone reaches.
func isLoopback(ctx context.Context, address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return false
	}
	found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	for _, at := range found {
		if !at.IP.IsLoopback() {
			return false
		}
	}
	return err == nil && len(found) > 0
}

// open listens, and tells a website of whom it lets in; nil: nobody, but who asks for
// metrics. Nobody needs a token whom nobody but this machine reaches.
func (l *webFlags) open(ctx context.Context, w *website) (listener net.Listener, err error) {
	if l.cert != "" {
		certificate, err := access.ReadCertificate(l.cert, l.key, w.guard.Logger)
		if err != nil {
			return nil, usageError{err}
		}
		w.secure = certificate.Config()
	}
	if l.tellsMetrics() {
		if w.metricsAt, err = listen(ctx, "metrics-listen", l.metrics); err != nil {
			return nil, err
		}
		w.guard.Logger.InfoContext(ctx, "listening for metrics", "address", w.metricsAt.Addr().String())
	}
	if l.address == listenOff {
		return nil, nil
	}
	if listener, err = listen(ctx, "listen", l.address); err != nil {
		return nil, err
	}
	w.guard.Open = access.IsLoopback(listener.Addr()) && !l.behindProxy
	w.guard.BehindProxy, w.guard.TrustHeader = l.behindProxy, l.trustHeader
	return listener, nil
}

func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with --%s, or --%s off", address, err, flag, flag)
	}
	return listener, nil
}

// admission tells where somebody is let in: at once, or, where a token alone lets somebody
// in, by what it gives, which refuses to go on where there is none.
func (a *app) admission(ctx context.Context, s *store.Store, guard *access.Guard, at net.Addr) func() error {
	listening := func() { a.logger.InfoContext(ctx, "listening", "address", at.String()) }
	if guard.Open || guard.TrustHeader != "" {
		listening()
		return func() error { return nil }
	}
	return func() error {
		exists, err := s.TokenExists(ctx)
		if err == nil && !exists {
			err = errNoToken
		}
		if err == nil {
			listening()
		}
		return err
	}
}
