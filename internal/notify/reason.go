package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/terminal"
)

// reasonMost bounds what is kept of an error, in columns.
const reasonMost = 200

// Why a delivery failed, however the error tells it.
const (
	noAddress    = "its host has no address"
	noTrust      = "its certificate is not trusted"
	noConnection = "it refuses connections"
	noEnd        = "it closed the connection early"
)

// reason says why a delivery failed, without the address or anything of it.
func reason(err error, secrets ...redact.Secret) string {
	var status statusError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &status):
		return status.Error()
	case errors.Is(err, errElsewhere), errors.Is(err, errAddress), errors.Is(err, errService), errors.Is(err, source.ErrSigningKey):
		return innermost(err).Error()
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return noAnswer()
	case errors.As(err, &name):
		return noAddress
	case errors.As(err, &certificate):
		return noTrust
	case errors.Is(err, syscall.ECONNREFUSED):
		return noConnection
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return noEnd
	default:
		return ofText(err.Error(), secrets)
	}
}

// ofText reads the text of an error, which is all that some services leave of it.
func ofText(text string, secrets []redact.Secret) string {
	for _, known := range []struct{ part, reason string }{
		{errElsewhere.Error(), errElsewhere.Error()},
		{context.DeadlineExceeded.Error(), noAnswer()},
		{"no such host", noAddress},
		{"certificate", noTrust},
		{syscall.ECONNREFUSED.Error(), noConnection},
		{io.EOF.Error(), noEnd},
		{syscall.ECONNRESET.Error(), noEnd},
	} {
		if strings.Contains(text, known.part) {
			return known.reason
		}
	}
	return terminal.Cut(terminal.OneLine(without(text, secrets)), reasonMost)
}

func noAnswer() string { return fmt.Sprintf("it did not answer within %s", sendTimeout) }

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// innermost is what an error is made of: what is around it may show an address.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// word is a part of an address, or of an error.
var word = regexp.MustCompile(`[A-Za-z0-9_]{4,}`)

// addressForm is what looks like an address.
var addressForm = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://\S+`)

// without takes out of a text all that looks like an address, and each word of some secrets.
func without(text string, secrets []redact.Secret) string {
	text = addressForm.ReplaceAllString(text, redact.Hidden)
	hidden := map[string]bool{}
	for _, secret := range secrets {
		for _, part := range word.FindAllString(secret.Reveal(), -1) {
			hidden[strings.ToLower(part)] = true
		}
	}
	return word.ReplaceAllStringFunc(text, func(part string) string {
		if hidden[strings.ToLower(part)] {
			return redact.Hidden
		}
		return part
	})
}
