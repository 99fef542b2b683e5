package archive_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// serverVariable names a program that serves S3 as versitygw does (go install
// github.com/versity/versitygw/cmd/versitygw@v1.8.0); without it nothing is tested here.
const serverVariable = "TRACKER_S3_SERVER"

// startBuckets starts the program over a directory, and gives what ends it.
func startBuckets(t *testing.T, address, dir string) (end func()) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Getenv(serverVariable), "--access", "id", "--secret", "s3cret", "--port", address, "posix", dir)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = connection.Close()
			return func() { _ = command.Process.Kill(); _ = command.Wait() }
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal(err)
		}
	}
}

// TestAFileIsKeptInARealBucket once there is one and the keys are right; it says why
// not before, without them. What is kept is there after the service has restarted.
func TestAFileIsKeptInARealBucket(t *testing.T) {
	t.Parallel()
	if os.Getenv(serverVariable) == "" {
		t.Skipf("%s names no program", serverVariable)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, dir := listener.Addr().String(), t.TempDir()
	_ = listener.Close()
	end := startBuckets(t, address, dir)
	defer func() { end() }()
	client, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4("id", "s3cret", "")})
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, "s3://evidence/tracker", results200)
	fails := func(key, want string) {
		t.Helper()
		l.env = map[string]string{"AWS_ENDPOINT_URL_S3": "http://" + address, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": cmp.Or(key, "s3cret")}
		l.poll()
		if got := l.Lines(`SELECT error FROM report.results WHERE size IS NULL`); len(got) != 1 || !strings.HasPrefix(got[0], "store in bucket evidence: ") || !strings.Contains(got[0], want) || strings.Contains(got[0], cmp.Or(key, "s3cret")) {
			t.Errorf("it says %q, not %s", got, want)
		}
		l.Exec(`UPDATE results SET fetched_at = fetched_at - interval '1 hour'`)
	}
	fails("", "bucket does not exist")
	fails("wr0ng", "signature")
	if err := client.MakeBucket(t.Context(), "evidence", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	l.env["AWS_SECRET_ACCESS_KEY"] = "s3cret"
	l.poll()
	hash := sha256.Sum256([]byte(results))
	name := hex.EncodeToString(hash[:])
	l.Want("results", []string{"s3://evidence/tracker/" + name[:2] + "/" + name}, `SELECT concat_ws(' ', place, error) FROM report.results`)
	end()
	end = startBuckets(t, address, dir)
	object, err := client.GetObject(t.Context(), "evidence", "tracker/"+name[:2]+"/"+name, minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = object.Close() }()
	if text, err := io.ReadAll(object); err != nil || string(text) != results {
		t.Errorf("it has %q, %v", text, err)
	}
	l.wantNoLink()
}
