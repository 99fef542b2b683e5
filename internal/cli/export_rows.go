package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"tracker/internal/spreadsheet"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// exportRows writes plain data, to a file or to stdout.
func (a *app) exportRows(ctx context.Context, s *store.Store, request exportRequest) error {
	params := store.SeenParams{RunNo: request.runNo, Interpret: tracking.Interpreting(ctx, s)}
	var err error
	if params.Since, params.AsOf, params.KnownAt, err = request.times(ctx, s); err != nil {
		return err
	}
	if params.AsOf.IsZero() {
		params.AsOf = params.KnownAt
	}
	if !request.all {
		job, err := tracking.FindJob(ctx, s, request.job)
		if err != nil {
			return err
		}
		params.Job = job.Name
		if err := checkRun(ctx, s, request); err != nil {
			return err
		}
	}
	if request.output == "" {
		return writeSeen(ctx, s, a.stdout, params, request.format, a.cells())
	}
	return writeAside(request.output, func(file *os.File) error {
		return writeSeen(ctx, s, file, params, request.format, spreadsheet.Cells{Raw: a.rawCells})
	})
}

// checkRun refuses a run that there is not.
func checkRun(ctx context.Context, s *store.Store, request exportRequest) error {
	if request.runNo == 0 {
		return nil
	}
	if there, err := s.HasRun(ctx, request.job, request.runNo); err != nil || there {
		return err
	}
	row, err := s.JobRow(ctx, request.job)
	if err != nil {
		return err
	}
	return tracking.NoRun(ctx, s, row, request.runNo, false)
}

// writeSeen writes what was seen as it comes, a row at a time.
func writeSeen(ctx context.Context, s *store.Store, out io.Writer, params store.SeenParams, format string, how spreadsheet.Cells) error {
	if format == formatCSV {
		var failed error
		written := spreadsheet.WriteSeq(out, func(yield func(store.SeenRow) bool) {
			failed = s.Seen(ctx, params, func(row store.SeenRow) error {
				if !yield(row) {
					return errEnough
				}
				return nil
			})
		}, how)
		if failed != nil && !errors.Is(failed, errEnough) {
			return failed
		}
		return written
	}
	if how.Visible {
		out = terminal.VisibleJSON{Out: out}
	}
	buffered := bufio.NewWriter(out)
	w := rowWriter{out: buffered, encoder: json.NewEncoder(buffered), list: format == formatJSON}
	w.encoder.SetEscapeHTML(false)
	if err := s.Seen(ctx, params, func(row store.SeenRow) error { return w.write(row) }); err != nil {
		return err
	}
	return errors.Join(w.end(), buffered.Flush())
}

// errEnough ends reading where writing has failed.
var errEnough = errors.New("enough")

// rowWriter writes JSON objects a line each, or as the elements of one list.
type rowWriter struct {
	out     io.Writer
	encoder *json.Encoder
	list    bool
	begun   bool
}

func (w *rowWriter) write(row any) error {
	if w.list {
		before := ","
		if !w.begun {
			before = "["
		}
		w.begun = true
		if _, err := io.WriteString(w.out, before); err != nil {
			return err
		}
	}
	return w.encoder.Encode(row)
}

func (w *rowWriter) end() error {
	if !w.list {
		return nil
	}
	last := "]\n"
	if !w.begun {
		last = "[]\n"
	}
	_, err := io.WriteString(w.out, last)
	return err
}
