package store_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// anyEdit gives a text and what it was edited to: parts are kept, left out, put in,
// repeated and moved.
func anyEdit() *rapid.Generator[[2][]byte] {
	part := rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 60),
		rapid.Map(rapid.IntRange(0, 9999), func(n int) []byte { return fmt.Appendf(nil, `{"level":"info","detail":"Imported %d rows"},`, n) }),
		rapid.Just(bytes.Repeat([]byte("0"), 40)), rapid.Just([]byte("1 2 3\n")),
	)
	return rapid.Custom(func(t *rapid.T) [2][]byte {
		parts := rapid.SliceOfN(part, 0, 30).Draw(t, "parts")
		was, is := []byte{}, []byte{} // none of them nil, which is null in SQL
		for _, p := range parts {
			was = append(was, p...)
			switch rapid.IntRange(0, 7).Draw(t, "edit") {
			case 0:
			case 1:
				is = append(append(is, part.Draw(t, "put")...), p...)
			case 2:
				is = append(append(is, p...), p...)
			case 3:
				is = append(bytes.Clone(p), is...)
			default:
				is = append(is, p...)
			}
		}
		return [2][]byte{was, is}
	})
}

// TestPatch: a patch makes the body that it was made of, in Go as in SQL.
func TestPatch(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	check := func(t fataler, was, is []byte) {
		t.Helper()
		patch := store.MakePatch(was, is)
		if got, err := store.ApplyPatch(was, patch); err != nil || !bytes.Equal(got, is) {
			t.Fatalf("%q and %q make %q, not %q: %v", was, patch, got, is, err)
		}
		var read []byte
		if err := conn.QueryRow(t.Context(), "SELECT report.body_of(ARRAY[$1, $2]::bytea[])", was, patch).Scan(&read); err != nil || !bytes.Equal(read, is) {
			t.Fatalf("in SQL, %q and %q make %q, not %q: %v", was, patch, read, is, err)
		}
	}
	for _, texts := range [][2]string{
		{"", ""}, {"", "a"}, {"a", ""}, {"a", "a"}, {"\n", "1 2 3\n"}, {"1 2 3\n", "\n"}, {"\x00\xff", "\xff\x00\x00"}, {"aaaa", "aa"}, {"é\\", "\\é"},
	} {
		check(t, []byte(texts[0]), []byte(texts[1]))
	}
	checkSome(t, func(rt *rapid.T) {
		edit := anyEdit().Draw(rt, "edit")
		check(rt, edit[0], edit[1])
	})
	large := []byte(strings.Repeat(`{"level":"info","detail":"Imported a row"},`, 16<<20/43))
	for i := 0; i < len(large); i += 100_000 {
		copy(large[i:], strconv.Itoa(i))
	}
	grown := append(append(bytes.Clone(large[:5<<20]), "in the middle"...), large[5<<20:]...)
	copy(grown[9<<20:], "changed")
	if patch := store.MakePatch(large, grown); len(patch) > 300 {
		t.Errorf("a patch of two places takes %d bytes", len(patch))
	}
	check(t, large, grown)
	check(t, large, bytes.Repeat([]byte("another"), 2<<20))
}

// TestPatchIsSmall: it holds what is new, and little else.
func TestPatchIsSmall(t *testing.T) {
	t.Parallel()
	entries := []string{
		woosmapEntry("09:50:30", "info", "Fetching source"), woosmapEntry("09:50:31", "info", "Downloaded 20 of 80 bytes"), woosmapEntry("09:50:32", "info", "Downloaded 40 of 80 bytes"),
	}
	was := woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:50:00", "", entries...))
	entry := woosmapEntry("09:50:33", "info", "Source fetched: 7 rows")
	is := woosmapBody("r1", "success", woosmapStep("fetch", "success", "09:50:00", "09:50:33", append(entries, entry)...))
	patch := store.MakePatch([]byte(was), []byte(is))
	if most := len(entry) + len(`success`) + len(`success","start":"2024-06-07T09:50:00","end":"2024-06-07T09:50:33"`) + 50; len(patch) > most {
		t.Errorf("%d bytes for %d that are new: %s", len(patch), most, patch)
	}
}

// TestPatchThatIsNone: what is no patch gives an error, and no body in SQL.
func TestPatchThatIsNone(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	for _, patch := range []string{"", "\n", "1 2", "1 2 3", "1 2 x\n", "1 2 3 4\nabc", "-1 2 3\nabc", "99999999999 0 0\n", "\xff\n", "1 0 1 \nx", "1.5 0 0\n", "1 2 3 4 5\nabcdef"} {
		if body, err := store.ApplyPatch([]byte("abcdef"), []byte(patch)); err == nil {
			t.Errorf("%q makes %q", patch, body)
		}
		if body := value[[]byte](t, conn, "SELECT report.body_of(ARRAY['abcdef', $1::bytea])", []byte(patch)); body != nil {
			t.Errorf("in SQL, %q makes %q", patch, body)
		}
	}
}
