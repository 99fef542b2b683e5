package embeddedpg

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
)

// nameless reports an account that we find no name of, as that of a container which is run with any number. initdb
// refuses it; the server asks for no name.
func (a account) nameless() bool {
	_, err := user.LookupId(strconv.FormatUint(uint64(a.uid), 10))
	return err != nil
}

// findNSSWrapper gives the path of libnss_wrapper, empty where there is none. The images of Postgres have it, for
// accounts that nothing names.
func findNSSWrapper() string {
	for _, pattern := range []string{"/usr/lib/*/libnss_wrapper.so", "/usr/lib64/libnss_wrapper.so", "/usr/lib/libnss_wrapper.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// nameAccount has a child find a name for its account, by libnss_wrapper and files in a directory of the account's.
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

// explainNameless adds to what initdb said, which asks for the name of its account, what to do where that has none.
func explainNameless(err error, a account) error {
	if !a.nameless() {
		return err
	}
	return fmt.Errorf("%w\n%s has no entry in /etc/passwd: run as a user who has one, install libnss_wrapper (apt-get install libnss-wrapper), or set DATABASE_URL to a Postgres that runs elsewhere", err, a)
}
