package testdb_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"tracker/internal/testdb"
)

func TestTemplateName(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	name := func(day time.Time, files map[string]string) string {
		fsys := fstest.MapFS{}
		for path, content := range files {
			fsys[path] = &fstest.MapFile{Data: []byte(content)}
		}
		name, err := testdb.TemplateName(fsys, day)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	files := map[string]string{"1.sql": "a", "2.sql": "b"}
	base := name(noon, files)
	if base != name(noon.Add(time.Hour), map[string]string{"2.sql": "b", "1.sql": "a"}) {
		t.Error("the same migrations have two names on one day")
	}
	if base == name(noon.Add(24*time.Hour), files) {
		t.Error("two days share a name")
	}
	for _, other := range []map[string]string{
		{"1.sql": "a", "2.sql": "c"}, {"1.sql": "a", "3.sql": "b"}, {"1.sql": "a"}, {"1.sql": "b", "2.sql": "a"},
	} {
		if base == name(noon, other) {
			t.Errorf("%v has the name of other migrations", other)
		}
	}
}

func TestTemplateIsBuiltOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	server, name := server(t), randomName()
	var built atomic.Int32
	migrate := func(context.Context, string) error { built.Add(1); return nil }
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if err := testdb.BuildTemplate(t.Context(), server, name, migrate); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	dropTemplateAfter(t, server, name)
	if built.Load() != 1 {
		t.Errorf("migrated %d times", built.Load())
	}
}

func TestFailedMigrationIsNoTemplate(t *testing.T) {
	t.Parallel()
	server, name := server(t), randomName()
	broken := errors.New("broken")
	err := testdb.BuildTemplate(t.Context(), server, name, func(context.Context, string) error { return broken })
	if !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	repaired := false
	err = testdb.BuildTemplate(t.Context(), server, name, func(context.Context, string) error { repaired = true; return nil })
	if err != nil || !repaired {
		t.Fatalf("the half-built template was taken: %v", err)
	}
	dropTemplateAfter(t, server, name)
}

func TestOnlyURLsAreTaken(t *testing.T) {
	t.Parallel()
	if _, err := testdb.WithDatabase("host=localhost dbname=x", "y"); err == nil {
		t.Error("a list of key words was taken for a URL")
	}
	got, err := testdb.WithDatabase("postgres://me@/x?host=%2Ftmp&port=1", "y")
	if want := "postgres://me@/y?host=%2Ftmp&port=1"; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func server(t *testing.T) string {
	t.Helper()
	url, err := testdb.SharedServer()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func randomName() string { return "test_template_" + strings.ToLower(rand.Text()) }

func dropTemplateAfter(t *testing.T, server, name string) {
	t.Helper()
	url, err := testdb.WithDatabase(server, name)
	if err != nil {
		t.Fatal(err)
	}
	dropAfter(t, url)
}
