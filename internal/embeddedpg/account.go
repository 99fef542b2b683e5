package embeddedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
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

// explainDenied adds to a permission error which directory on the way to one of the paths is closed to the account.
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

// nameless reports whether the account has no name in /etc/passwd, as in a container that runs as an arbitrary number.
// initdb refuses such an account, postgres does not.
func (a account) nameless() bool {
	_, err := user.LookupId(strconv.FormatUint(uint64(a.uid), 10))
	return err != nil
}

// findNSSWrapper returns the path of libnss_wrapper, empty where there is none. The official images of Postgres have
// it for nameless accounts.
func findNSSWrapper() string {
	for _, pattern := range []string{"/usr/lib/*/libnss_wrapper.so", "/usr/lib64/libnss_wrapper.so", "/usr/lib/libnss_wrapper.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// nameAccount gives the account a name that the child alone sees: libnss_wrapper reads it from files in dir.
func nameAccount(cmd *exec.Cmd, account account, wrapper, dir string) error {
	for _, database := range []struct{ variable, file, line string }{
		{"NSS_WRAPPER_PASSWD", "passwd", fmt.Sprintf("%s:x:%d:%d::%s:/bin/false\n", superuser, account.uid, account.gid, dir)},
		{"NSS_WRAPPER_GROUP", "group", fmt.Sprintf("%s:x:%d:\n", superuser, account.gid)},
	} {
		path := filepath.Join(dir, database.file)
		if err := os.WriteFile(path, []byte(database.line), 0o600); err != nil {
			return err
		}
		if err := account.own(path); err != nil {
			return err
		}
		cmd.Env = append(cmd.Env, database.variable+"="+path)
	}
	cmd.Env = append(cmd.Env, "LD_PRELOAD="+wrapper)
	return nil
}

// explainNameless adds to an error of initdb what to do where its account has no name.
func explainNameless(err error, a account) error {
	if !a.nameless() {
		return err
	}
	return fmt.Errorf("%w\n%s has no entry in /etc/passwd: run as a user who has one, install libnss_wrapper (apt-get install libnss-wrapper), or set DATABASE_URL to a Postgres that runs elsewhere", err, a)
}
