package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scraped are the buckets of a tracker's histograms, by name: how many observations
// were at most so many seconds.
type scraped map[string]map[float64]float64

// histogram is what was observed in a while, in the order of bounds.
type histogram []bucket

type bucket struct {
	most  float64 // seconds
	count float64 // of observations up to them
}

// scrape reads a tracker's metrics.
func scrape(ctx context.Context, address string) (scraped, error) {
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(get)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	found := scraped{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, rest, isBucket := strings.Cut(lines.Text(), `_bucket{le="`)
		most, count, whole := strings.Cut(rest, `"} `)
		if !isBucket || !whole {
			continue
		}
		bound, err := strconv.ParseFloat(most, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
		if found[name] == nil {
			found[name] = map[float64]float64{}
		}
		if found[name][bound], err = strconv.ParseFloat(count, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return found, nil
}

// since gives what a histogram has observed since an earlier scrape.
func (s scraped) since(before scraped, name string) histogram {
	var h histogram
	for most, count := range s[name] {
		h = append(h, bucket{most, count - before[name][most]})
	}
	slices.SortFunc(h, func(a, b bucket) int {
		if a.most < b.most {
			return -1
		}
		return 1
	})
	return h
}

func (h histogram) count() int {
	if len(h) == 0 {
		return 0
	}
	return int(h[len(h)-1].count)
}

// quantile tells between which bounds a part of the observations ends.
func (h histogram) quantile(part float64) string {
	var least float64
	for _, b := range h {
		if b.count >= part*float64(h.count()) {
			return fmt.Sprintf("%s to %s", secondsOf(least), secondsOf(b.most))
		}
		least = b.most
	}
	return "unknown"
}

func secondsOf(seconds float64) string {
	if seconds > 1e6 {
		return "more"
	}
	return time.Duration(seconds * float64(time.Second)).String()
}
