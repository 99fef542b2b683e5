package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/audit"
	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

const (
	ledgerKeyName          = "ledger-key"
	publishCheckpointsName = "publish-checkpoints"
)

func (a *app) ledgerCommand() *cobra.Command {
	return groupCommand("ledger", "Seal the history, so that nobody alters it unseen",
		`The log proves that what was recorded is what is stored. Each entry of the
journal (a snapshot, a gap, a change of what is tracked, a day of polls) is a
leaf of a tree, and a checkpoint signs the tree's root: who keeps a checkpoint
finds out whether anything before it was altered or taken away since.`,
		a.ledgerKeygenCommand(), a.ledgerSealCommand(), a.ledgerStatusCommand())
}

func (a *app) ledgerKeygenCommand() *cobra.Command {
	var name, path string
	cmd := &cobra.Command{
		Use: "keygen --name NAME -o FILE", Short: "Make the key that signs checkpoints", Args: exactly(0, "no arguments"),
		Long: `Makes a key that signs the checkpoints of the log: writes its private half to a
new file that nobody else can read, and prints the verifier key, alone on the
last line, which may be known to all and which auditors are to have from you and
not from the database. NAME is the log's: an address of yours without a scheme,
such as  audit.example.com/tracker,  without blanks and plus signs. It needs no
database.`,
		Example: "  tracker ledger keygen --name audit.example.com/tracker -o ledger.key",
		RunE: func(*cobra.Command, []string) error {
			if name == "" || path == "" {
				return usageError{errors.New("want --name NAME and -o FILE; see  tracker ledger keygen --help")}
			}
			key, err := audit.WriteKey(path, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "The private key is in %s: give it to the daemon by  --ledger-key file:%s  and keep a copy elsewhere.\nThe verifier key, for who is to check:\n", path, path)
			_, err = fmt.Fprintln(a.stdout, key.Verifier)
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "`NAME` of the log")
	cmd.Flags().StringVarP(&path, "output", "o", "", "`FILE` to write the private key to, which must not exist yet")
	return cmd
}

// ledgerFlags adds what sealing needs to a command, and returns what makes it.
func (a *app) ledgerFlags(cmd *cobra.Command) func(*store.Store) (audit.Sealer, *audit.Publisher, error) {
	var ref, target string
	cmd.Flags().StringVar(&ref, ledgerKeyName, "", "sign checkpoints by the key that `REF` (env:NAME or file:PATH) names, as  tracker ledger keygen  makes one")
	cmd.Flags().StringVar(&target, publishCheckpointsName, "", "append each checkpoint to a file, or post it to a URL: `FILE|URL`, out of reach of the database's owner")
	return func(s *store.Store) (sealer audit.Sealer, publisher *audit.Publisher, err error) {
		sealer.Store = s
		if sealer.Key, err = a.ledgerKey(ref); err != nil {
			return sealer, nil, usageError{fmt.Errorf("--%s: %w", ledgerKeyName, err)}
		}
		if publisher, err = audit.NewPublisher(s, target); err != nil {
			return sealer, nil, usageError{fmt.Errorf("--%s: %w", publishCheckpointsName, err)}
		}
		return sealer, publisher, nil
	}
}

// ledgerKey reads the key that a reference names; nil: it names none.
func (a *app) ledgerKey(ref string) (*ledger.Key, error) {
	if ref == "" {
		return nil, nil
	}
	if err := source.CheckCredentialRef(ref); err != nil {
		return nil, err
	}
	if err := audit.CheckKeyRef(ref); err != nil {
		return nil, err
	}
	secret, err := source.ReadCredential(ref, a.getenv, source.CredentialScope{})
	if err != nil {
		return nil, err
	}
	key, err := ledger.ReadKey(secret.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return key, nil
}

func (a *app) ledgerSealCommand() *cobra.Command {
	var open func(*store.Store) (audit.Sealer, *audit.Publisher, error)
	cmd := &cobra.Command{
		Use: "seal", Short: "Seal now what the journal has and the log lacks", Args: exactly(0, "no arguments"),
		Long: `Seals in the log what was recorded since its last checkpoint, as  tracker serve
does each 20 seconds, and publishes the checkpoint where --publish-checkpoints
says.`,
		Example: "  tracker ledger seal --ledger-key file:ledger.key",
		PreRunE: a.readTwins(ledgerKeyName, publishCheckpointsName),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(s *store.Store) error {
				sealer, publisher, err := open(s)
				if err != nil {
					return err
				}
				return a.seal(cmd.Context(), sealer, publisher)
			})
		},
	}
	open = a.ledgerFlags(cmd)
	return cmd
}

func (a *app) seal(ctx context.Context, sealer audit.Sealer, publisher *audit.Publisher) error {
	if err := sealer.Store.CompleteJournal(ctx); err != nil {
		return err
	}
	publisher.Warn = func(text string) { fmt.Fprintln(a.stderr, "tracker: "+text) }
	sealed := false
	published, sealing, publishing := sealer.SealAndPublish(ctx, publisher, func(c store.Checkpoint) {
		sealed = true
		fmt.Fprintf(a.stdout, "sealed %s entries, root %s\n", humanize.Comma(c.Size), hex.EncodeToString(c.Root[:]))
	})
	if sealing == nil && !sealed {
		fmt.Fprintln(a.stdout, "nothing is new since the last checkpoint")
	}
	if published > 0 {
		fmt.Fprintf(a.stdout, "published %s\n", terminal.Plural(published, "checkpoint", "checkpoints"))
	}
	return errors.Join(sealing, publishing)
}

// ledgerStatus is what  tracker ledger status  tells.
type ledgerStatus struct {
	Size     int64      `json:"size"`
	Root     *string    `json:"root"`
	SealedAt *time.Time `json:"sealed_at"`
	Origin   *string    `json:"origin"`
	Verifier *string    `json:"verifier"`
	Waiting  int64      `json:"waiting"` // entries of the journal that are not sealed
}

func (a *app) ledgerStatusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Tell how long the log is and what waits", Args: exactly(0, "no arguments"),
		Long: `Tells how many entries the log has, its root, when it was last sealed, who
signed that, and how many entries of the journal wait to be sealed.`,
		Example: "  tracker ledger status\n  tracker ledger status --format json",
	}
	format := a.formatFlag(cmd, formatTable, formatJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			last, err := s.LastCheckpoint(cmd.Context())
			if err != nil {
				return err
			}
			size, err := s.JournalSize(cmd.Context())
			if err != nil {
				return err
			}
			status := ledgerStatus{Size: last.Size, Waiting: size - last.Size}
			if last.Size > 0 {
				status.Root, status.SealedAt, status.Origin = new(hex.EncodeToString(last.Root[:])), &last.SealedAt, &last.Origin
			}
			if last.Verifier != "" {
				status.Verifier = &last.Verifier
			}
			if *format == formatJSON {
				return a.writeJSON(status)
			}
			return a.printLedgerStatus(cmd.Context(), s, status)
		})
	}
	return cmd
}

func (a *app) printLedgerStatus(ctx context.Context, s *store.Store, status ledgerStatus) error {
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	screen := a.screen()
	p := terminal.NewPage(screen)
	add := func(name string, value ...terminal.Span) {
		p.Entry([]terminal.Span{terminal.Faint(name).Pad(10)}, value...)
	}
	add("entries", terminal.Plain(humanize.Comma(status.Size)))
	if status.Size > 0 {
		add("root", terminal.Plain(*status.Root).Whole())
		add("sealed", words.TimeAnd(status.SealedAt, words.Clock{ReadAt: now}.Ago)...)
		add("log", terminal.Plain(*status.Origin).Whole())
	}
	if status.Verifier != nil {
		add("signed by", terminal.Plain(*status.Verifier).Whole())
	} else {
		add("signed by", terminal.Styled(terminal.StyleYellow, "nobody"), terminal.Faint(": give the daemon a  --ledger-key"))
	}
	waiting := strconv.FormatInt(status.Waiting, 10)
	add("waiting", terminal.Plain(waiting))
	_, err = fmt.Fprint(a.stdout, p.String())
	return err
}
