package embeddedpg

import (
	"context"
	"path/filepath"
)

// Running gives the URL of the server of a data directory if it runs now. It
// starts none, and creates nothing.
func Running(ctx context.Context, dataDir string) (url string, running bool) {
	forgetClientVariables()
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", false
	}
	s := &Server{dataDir: dir, socketDir: socketDir(dir)}
	return s.URL(), s.answers(ctx)
}
