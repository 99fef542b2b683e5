package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// unfinished is the pattern of the directories in which initdb works. No server ever ran in one: they may be deleted.
const unfinished = "postgres.unfinished-*"

// clusterMajor is the major version that made the cluster, 0 where there is none yet.
func clusterMajor(cluster string) (int, error) {
	content, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(content)))
		if err != nil {
			return 0, fmt.Errorf("%s/PG_VERSION names no version that is supported: %q", cluster, content)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read the version of the cluster: %w", err)
	}
	entries, err := os.ReadDir(cluster)
	if len(entries) > 0 {
		return 0, fmt.Errorf("%s is not empty and no Postgres cluster (it has no PG_VERSION): move it away or name another data directory", cluster)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look into the cluster: %w", err)
	}
	return 0, nil
}

// createCluster runs initdb in a directory beside the cluster's and renames it when done: whenever the process dies,
// the cluster is whole or absent.
func (s *Server) createCluster(ctx context.Context, bin binaries, account account) error {
	s.removeUnfinished()
	dir, err := s.unfinishedDir(account)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // after the rename there is none
	if err := s.initdb(ctx, bin, account, dir); err != nil {
		return err
	}
	if err := os.Rename(dir, s.cluster()); err != nil {
		return fmt.Errorf("put the new cluster in its place: %w", err)
	}
	return nil
}

// unfinishedDir makes a directory for the account. Should we die, the next start deletes it.
func (s *Server) unfinishedDir(account account) (string, error) {
	dir, err := os.MkdirTemp(s.dataDir, unfinished)
	if err != nil {
		return "", notWritable(s.dataDir, err)
	}
	if err := account.own(dir); err != nil {
		return "", errors.Join(fmt.Errorf("give %s to %s: %w", dir, account, err), os.RemoveAll(dir))
	}
	return dir, nil
}

// removeUnfinished deletes the directories of processes that died during initdb.
func (s *Server) removeUnfinished() {
	left, _ := filepath.Glob(filepath.Join(escapeGlob(s.dataDir), unfinished))
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func (s *Server) initdb(ctx context.Context, bin binaries, account account, dir string) error {
	args := []string{
		"-D", dir, "--username=" + superuser, "--encoding=UTF8", "--locale=C", "--data-checksums",
		"--auth-local=trust", "--auth-host=reject", // the socket's directory is the guard
	}
	if s.cfg.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	var output strings.Builder
	cmd := command(ctx, account, s.dataDir, bin.initdb(), args...)
	if wrapper := findNSSWrapper(); wrapper != "" && account.nameless() {
		names, err := s.unfinishedDir(account)
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(names) }() // nobody asks again
		if err := nameAccount(cmd, account, wrapper, names); err != nil {
			return fmt.Errorf("give %s a name: %w", account, err)
		}
	}
	cmd.Stdout, cmd.Stderr = &output, &output
	child, err := startProcess(cmd)
	if err != nil {
		return explainDenied(fmt.Errorf("start initdb: %w", err), account, s.dataDir, bin.dir)
	}
	select {
	case <-child.done:
	case <-ctx.Done():
		abort, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		_ = child.stop(abort)
		return fmt.Errorf("initdb in %s: %w", s.dataDir, ctx.Err())
	}
	if child.err != nil {
		return explainNameless(fmt.Errorf("initdb in %s: %w%s", s.dataDir, child.err, lastLines(output.String())), account)
	}
	return nil
}
