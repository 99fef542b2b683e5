package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/words"
)

// webhookSpace is the name space of the ids of webhooks.
var webhookSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("tracker:webhook"))

// webhook is how a rule's webhooks are sent.
type webhook struct {
	rule    string
	address redact.Secret
	secret  redact.Secret // none: it is not signed
	now     time.Time
	pages   string
}

// WebhookID is the id of a notice told by a rule: the same each time it is sent.
func WebhookID(rule, key string) string {
	return "msg_" + strings.ReplaceAll(uuid.NewSHA1(webhookSpace, []byte(rule+" "+key)).String(), "-", "")
}

// webhook sends a notice as Standard Webhooks says.
func (c channels) webhook(ctx context.Context, how webhook, n store.Notice) error {
	body, err := json.Marshal(map[string]any{
		"type": store.WebhookTypes + string(n.Kind), "timestamp": n.At.UTC().Format(time.RFC3339Nano), "data": n.What, "see": words.See(n, how.pages),
	})
	if err != nil {
		return fmt.Errorf("encode webhook: %w", err)
	}
	header, err := signed(how, WebhookID(how.rule, n.Key), body)
	if err != nil {
		return err
	}
	return c.post(ctx, how.address, header, bytes.NewReader(body))
}

// signed is the header of a webhook.
func signed(how webhook, id string, body []byte) (http.Header, error) {
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(how.now.Unix(), 10))
	if how.secret.Reveal() == "" {
		return header, nil
	}
	key, err := source.SigningKey(how.secret)
	if err != nil {
		return nil, err
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	if err != nil {
		return nil, source.ErrSigningKey
	}
	signature, err := signer.Sign(id, how.now, body)
	if err != nil {
		return nil, source.ErrSigningKey
	}
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return header, nil
}
