package embeddedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as.
type account struct{ uid, gid uint32 }

// serverAccount is ourselves, unless we are root, which Postgres refuses: then the owner of the cluster or of the
// data directory, the postgres account, or nobody.
func serverAccount(cluster, dataDir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	for _, dir := range []string{cluster, dataDir} {
		owner, err := ownerOf(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return account{}, err
		}
		if owner.uid != 0 {
			return owner, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := lookupAccount(name); err == nil {
			return found, nil
		}
	}
	return account{}, errors.New("as root, Postgres must run as another account, and there is neither postgres nor nobody: run the tracker as an ordinary user")
}

func ownerOf(path string) (account, error) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, err
	}
	return ownerIn(info), nil
}

func ownerIn(info fs.FileInfo) account {
	stat := info.Sys().(*syscall.Stat_t)
	return account{uid: stat.Uid, gid: stat.Gid}
}

func lookupAccount(name string) (account, error) {
	found, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	return account{uid: uint32(uid), gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

func (a account) self() bool { return int(a.uid) == os.Geteuid() }

// credential is what a child needs to run as the account; nil when it is ourselves.
func (a account) credential() *syscall.Credential {
	if a.self() {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own gives a file that we created to the account.
func (a account) own(path string) error {
	if a.self() {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

func (a account) String() string {
	id := strconv.FormatUint(uint64(a.uid), 10)
	if found, err := user.LookupId(id); err == nil {
		return "user " + found.Username
	}
	return "uid " + id
}

// explainDenied adds to a refused start which directory on the way to one of the paths keeps the account out.
func explainDenied(err error, a account, paths ...string) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for _, path := range paths {
		if blocked := a.blockedAt(path); blocked != "" {
			return fmt.Errorf("%w: the server runs as %s, and %s on the way to %s is closed to it: open it (chmod a+x) or name another directory",
				err, a, blocked, path)
		}
	}
	return err
}

// blockedAt is the first directory on the path that the account may not pass, by its mode; empty when there is none.
func (a account) blockedAt(path string) string {
	if parent := filepath.Dir(path); parent != path {
		if blocked := a.blockedAt(parent); blocked != "" {
			return blocked
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	pass := fs.FileMode(0o001)
	switch owner := ownerIn(info); {
	case owner.uid == a.uid:
		pass = 0o100
	case owner.gid == a.gid:
		pass = 0o010
	}
	if info.Mode().Perm()&pass == 0 {
		return path
	}
	return ""
}
