// Command naive is the baseline that `make bench` measures the tracker against:
// what a team writes in an afternoon. Workers go round the datasets; each poll
// decodes the body and inserts it as jsonb with its status, in a transaction of
// its own, with one index for lookups. SIGTERM ends it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const schema = `CREATE TABLE IF NOT EXISTS naive_polls (id bigserial PRIMARY KEY, dataset_id uuid NOT NULL,
	polled_at timestamptz NOT NULL DEFAULT now(), http_status int NOT NULL, latency_ms int, status text NOT NULL, payload jsonb NOT NULL);
CREATE INDEX IF NOT EXISTS naive_polls_dataset_idx ON naive_polls (dataset_id, polled_at);`

const insert = `INSERT INTO naive_polls (dataset_id, http_status, latency_ms, status, payload) VALUES ($1, $2, $3, $4, $5)`

// fetchTimeout bounds a poll.
const fetchTimeout = 10 * time.Second

// status is what it decodes of an answer.
type status struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Steps  []struct {
		Name    string  `json:"name"`
		Start   string  `json:"start"`
		End     *string `json:"end"`
		Status  string  `json:"status"`
		Entries []struct {
			CreatedAt string `json:"created_at"`
			Detail    string `json:"detail"`
			Level     string `json:"level"`
		} `json:"entries"`
	} `json:"steps"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	datasets := flag.Int("datasets", 10_000, "how many to poll")
	workers := flag.Int("workers", 32, "how many poll at once")
	upstream := flag.String("upstream", "", "the service's base URL")
	flag.Parse()
	err := run(ctx, os.Getenv("DATABASE_URL"), *upstream, *datasets, *workers)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// poller is what the workers share.
type poller struct {
	pool     *pgxpool.Pool
	client   *http.Client
	upstream string
	datasets int
	turn     atomic.Int64
}

func run(ctx context.Context, url, upstream string, datasets, workers int) error {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return err
	}
	config.MaxConns = int32(workers)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, schema); err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	p := &poller{pool: pool, client: &http.Client{Transport: transport, Timeout: fetchTimeout}, upstream: upstream, datasets: datasets}
	var polling sync.WaitGroup
	for range workers {
		polling.Go(func() {
			for ctx.Err() == nil {
				if err := p.poll(context.WithoutCancel(ctx)); err != nil {
					log.Print(err)
				}
			}
		})
	}
	polling.Wait()
	return nil
}

func (p *poller) poll(ctx context.Context) error {
	id := fmt.Sprintf("8c4c51f1-f6f3-43bc-b65d-%012d", int(p.turn.Add(1))%p.datasets)
	started := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.upstream+"/datasets/"+id+"/status", nil)
	if err != nil {
		return err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	latency := time.Since(started)
	var answer status
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	_, err = p.pool.Exec(ctx, insert, id, response.StatusCode, int(latency.Milliseconds()), answer.Status, body)
	return err
}
