package yamlfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// FieldError says what is wrong with one field, naming it in its text.
type FieldError struct {
	Field string // such as "rate_limit.every" or "labels.team"
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }

func (e *FieldError) Unwrap() error { return e.Err }

// FileError says what is wrong at one place of a file.
type FileError struct {
	File         string
	Line, Column int // from 1; zero: the file as a whole
	Err          error
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// Join puts errors into the order of their file and joins them; nil: there are none.
func Join(errs []*FileError) error {
	slices.SortStableFunc(errs, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	joined := make([]error, len(errs))
	for i, err := range errs {
		joined[i] = err
	}
	return errors.Join(joined...)
}

// Split gives the errors that Join has joined.
func Split(err error) (errs []*FileError) {
	if one, ok := err.(*FileError); ok { //nolint:errorlint // itself, not what it wraps
		return []*FileError{one}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, inner := range joined.Unwrap() {
			errs = append(errs, Split(inner)...)
		}
	}
	return errs
}

// Quote quotes text that may be of any length.
func Quote(text string) string {
	const shown = 80
	if len(text) <= shown {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q...", text[:shown])
}
