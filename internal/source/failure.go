package source

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"syscall"

	"tracker/internal/history"
)

// failure makes a Response of an exchange that did not come to its end.
func (c *Client) failure(err error) Response {
	var network net.Error
	switch {
	case errors.Is(err, ErrNoRoom):
		return Response{Outcome: history.OutcomeTimeout, Error: err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return Response{Outcome: history.OutcomeTimeout, Error: fmt.Sprintf("no complete answer within %s", c.timeout)}
	case errors.As(err, &network) && network.Timeout():
		return Response{Outcome: history.OutcomeTimeout, Error: describe(err)}
	case isCorrupt(err):
		return Response{Outcome: history.OutcomeMalformed, Error: "body: " + err.Error()}
	default:
		return Response{Outcome: history.OutcomeUnreachable, Error: describe(err)}
	}
}

// errCutShort means that a body came whole, and what it holds did not.
var errCutShort = errors.New("gzip: cut short")

// isCorrupt reports whether a body came whole and cannot be decompressed.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, errCutShort)
}

// describe tells what went wrong without the URL that it happened to.
func describe(err error) string {
	var (
		address   *url.Error
		lookup    *net.DNSError
		operation *net.OpError
		number    syscall.Errno
	)
	switch {
	case errors.As(err, &address):
		return describe(address.Err)
	case errors.As(err, &lookup):
		return fmt.Sprintf("lookup %s: %s", lookup.Name, lookup.Err)
	case errors.As(err, &operation):
		return describeOperation(operation)
	case errors.As(err, &number):
		return number.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed in the middle of the answer"
	case errors.Is(err, io.EOF):
		return "the connection was closed without an answer"
	default:
		return err.Error()
	}
}

func describeOperation(operation *net.OpError) string {
	text := operation.Op
	if text == "dial" {
		text = "connect"
	}
	if operation.Addr != nil {
		text += " " + operation.Addr.String()
	}
	return text + ": " + describe(operation.Err)
}
