package config

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

// checks collects what is wrong.
type checks []*FieldError

func (c *checks) add(field string, err error) {
	if err != nil {
		*c = append(*c, &FieldError{Field: field, Err: err})
	}
}

func joinFields(found []*FieldError) error {
	errs := make([]error, len(found))
	for i, e := range found {
		errs[i] = e
	}
	return errors.Join(errs...)
}

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

// sortFileErrors puts errors into the order of the file.
func sortFileErrors(errs []*FileError) {
	slices.SortStableFunc(errs, func(a, b *FileError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// quote quotes text that may be of any length.
func quote(text string) string {
	const shown = 80
	if len(text) <= shown {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q...", text[:shown])
}
