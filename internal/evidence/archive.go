package evidence

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"time"
)

// archive writes the members of a pack. The same members give the same bytes.
type archive struct{ zip *zip.Writer }

func newArchive(out io.Writer) archive {
	a := archive{zip.NewWriter(out)}
	var deflate *flate.Writer // one for all: it is large, and members are small and many
	a.zip.RegisterCompressor(zip.Deflate, func(out io.Writer) (_ io.WriteCloser, err error) {
		if deflate == nil {
			deflate, err = flate.NewWriter(out, flate.BestCompression)
			return deflate, err
		}
		deflate.Reset(out)
		return deflate, nil
	})
	return a
}

// add writes a member. What would shrink beyond what readers unpack is stored as it is.
func (a archive) add(name string, content []byte) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	if shrinksTooMuch(content) {
		header.Method = zip.Store
	}
	member, err := a.zip.CreateHeader(header)
	if err == nil {
		_, err = member.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (a archive) addJSON(name string, value any) error {
	text, err := encode(value, "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return a.add(name, text)
}

func (a archive) close() error {
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("end the pack: %w", err)
	}
	return nil
}

// shrinksTooMuch reports a content that deflated has less than a ratioMost-th of its
// size.
func shrinksTooMuch(content []byte) bool {
	if len(content) <= ratioFree {
		return false
	}
	var deflated counter
	w, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		return true // there is no such level: it cannot be
	}
	_, _ = w.Write(content) // to a counter, which takes all
	_ = w.Close()
	return uint64(len(content)) > ratioMost*uint64(deflated)
}

// counter counts what is written to it.
type counter int64

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
