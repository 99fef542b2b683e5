package config

import (
	"errors"

	"tracker/internal/yamlfile"
)

// FieldError says what is wrong with one field.
type FieldError = yamlfile.FieldError

// FileError says what is wrong at one place of a file.
type FileError = yamlfile.FileError

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
