package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that pages load.
type asset struct {
	content []byte
	address string // with the hash of what is in it, so that it may be kept for ever
}

// assets are the files by their names.
var assets = sync.OnceValue(func() map[string]asset {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		panic(err) // it is embedded
	}
	files := map[string]asset{}
	for _, entry := range entries {
		content, err := assetFiles.ReadFile(path.Join("assets", entry.Name()))
		if err != nil {
			panic(err)
		}
		hash := sha256.Sum256(content)
		extension := path.Ext(entry.Name())
		name := strings.TrimSuffix(entry.Name(), extension) + "." + hex.EncodeToString(hash[:6]) + extension
		files[entry.Name()] = asset{content, "/assets/" + name}
	}
	return files
})

// assetAddress is where a file is.
func assetAddress(name string) string { return assets()[name].address }

// serveAssets serves the files under names with hashes.
func serveAssets() http.Handler {
	byName := map[string]asset{}
	for _, one := range assets() {
		byName[path.Base(one.address)] = one
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, found := byName[r.PathValue("name")]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		http.ServeContent(w, r, r.PathValue("name"), time.Time{}, bytes.NewReader(one.content))
	})
}
