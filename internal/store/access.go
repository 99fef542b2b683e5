package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/store/internal/dbsqlc"
)

// Scopes of tokens: who may operate may read, too.
const (
	ScopeRead    = "read"
	ScopeOperate = "operate"
)

// tokensName is the index that two tokens of one name violate.
const tokensName = "tokens_name_idx"

// TokenRow is a token as it is listed: nobody can tell it from that.
type TokenRow struct {
	Name      string     `json:"name"`
	Scope     string     `json:"scope"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by"`
	ExpiresAt *time.Time `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at"`
	RevokedBy *string    `json:"revoked_by"`
}

// TokenSpec is a token that is to count.
type TokenSpec struct {
	Name      string
	Scope     string
	Token     string    // itself; its hash alone is kept
	ExpiresAt time.Time // zero: never
}

// Token is one that counts.
type Token struct {
	No    int64
	Name  string
	Scope string
}

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// AddToken adds a token. It reports false where that very token is there already, under
// the same name and scope. Another of the name is ErrConflict.
func (s *Store) AddToken(ctx context.Context, by Author, spec TokenSpec) (added bool, err error) {
	_, err = s.queries.TokenInsert(ctx, dbsqlc.TokenInsertParams{
		Name: spec.Name, Scope: spec.Scope, Hash: hashOf(spec.Token), CreatedAt: by.At, CreatedBy: by.Actor, ExpiresAt: toPointer(spec.ExpiresAt),
	})
	pg, refused := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return true, nil
	case refused && pg.Code == uniqueViolation:
		was, err := s.TokenOf(ctx, spec.Token)
		if err == nil && was.Name == spec.Name && was.Scope == spec.Scope {
			return false, nil
		}
		if pg.ConstraintName == tokensName {
			return false, fmt.Errorf("%w: there is a token %s; revoke it first, or take another name", ErrConflict, spec.Name)
		}
		return false, fmt.Errorf("%w: that token was added before, under another name or scope, or was revoked", ErrConflict)
	}
	return false, fmt.Errorf("add token %s: %w", spec.Name, operatorOnly(err))
}

// Tokens lists all tokens by name, revoked ones too.
func (s *Store) Tokens(ctx context.Context) ([]TokenRow, error) {
	rows, err := s.queries.TokenList(ctx)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return convert(rows, func(row dbsqlc.TokenListRow) TokenRow {
		return TokenRow{
			Name: row.Name, Scope: row.Scope, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy,
			ExpiresAt: row.ExpiresAt, RevokedAt: row.RevokedAt, RevokedBy: row.RevokedBy,
		}
	}), nil
}

// RevokeToken revokes the token of a name, and ends what was begun with it; ErrNotFound:
// none counts.
func (s *Store) RevokeToken(ctx context.Context, by Author, name string) error {
	revoked, err := s.queries.TokenRevoke(ctx, dbsqlc.TokenRevokeParams{Name: name, RevokedAt: &by.At, RevokedBy: &by.Actor})
	if err == nil && revoked == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("revoke token %s: %w", name, operatorOnly(err))
	}
	return nil
}

// TokenExists reports whether any token counts.
func (s *Store) TokenExists(ctx context.Context) (bool, error) {
	exists, err := s.queries.TokenExists(ctx)
	if err != nil {
		return false, fmt.Errorf("look for a token: %w", err)
	}
	return exists, nil
}

// TokenOf is the token that somebody shows, or ErrNotFound: it never counted, or counts
// no more.
func (s *Store) TokenOf(ctx context.Context, shown string) (Token, error) {
	row, err := s.queries.TokenByHash(ctx, hashOf(shown))
	if err != nil {
		return Token{}, fmt.Errorf("check a token: %w", notFound(err))
	}
	return Token{No: row.TokenNo, Name: row.Name, Scope: row.Scope}, nil
}

// BeginSession begins a session of a length with a token, and forgets those that are over.
func (s *Store) BeginSession(ctx context.Context, token Token, cookie string, length time.Duration) error {
	err := s.inTx(ctx, func(q *dbsqlc.Queries) error {
		if err := q.SessionTrim(ctx); err != nil {
			return err
		}
		return q.SessionInsert(ctx, dbsqlc.SessionInsertParams{Hash: hashOf(cookie), TokenNo: token.No, Length: length})
	})
	if err != nil {
		return fmt.Errorf("begin a session of token %s: %w", token.Name, err)
	}
	return nil
}

// SessionOf is the token that a session was begun with, or ErrNotFound: it is over.
func (s *Store) SessionOf(ctx context.Context, cookie string) (Token, error) {
	row, err := s.queries.SessionByHash(ctx, hashOf(cookie))
	if err != nil {
		return Token{}, fmt.Errorf("check a session: %w", notFound(err))
	}
	return Token{No: row.TokenNo, Name: row.Name, Scope: row.Scope}, nil
}

// EndSession ends a session, if it goes on.
func (s *Store) EndSession(ctx context.Context, cookie string) error {
	if err := s.queries.SessionDelete(ctx, hashOf(cookie)); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// operatorOnly turns a lack of privilege into ErrNotOperator.
func operatorOnly(err error) error {
	if IsDenied(err) {
		return fmt.Errorf("%w: %w", ErrNotOperator, err)
	}
	return err
}
