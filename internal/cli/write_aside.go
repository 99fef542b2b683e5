package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errNoFile means that something else than a file stands where one is to be written.
var errNoFile = errors.New("it is there and no file: nothing is written in its place")

// writeAside has a file written beside its place and puts it there once it is whole, so
// that nobody ever finds half of one. Nobody but its owner may read it.
func writeAside(path string, write func(*os.File) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: %w", path, errNoFile)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		if from, ok := errors.AsType[*fs.PathError](err); ok {
			err = from.Err // its path is that of a file that nobody has asked for
		}
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = file.Close() // it may be closed
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
