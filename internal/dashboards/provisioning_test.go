package dashboards_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"tracker/deploy/grafana"
	"tracker/internal/config"
)

// dataSources is the file of the data source, as far as it is checked.
type dataSources struct {
	Datasources []struct {
		UID  string
		Type string
	}
}

// ruleFile is the file of alert rules, as far as it is checked.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			UID, Title, Condition, For string
			NoData                     string `yaml:"noDataState"`
			ExecErr                    string `yaml:"execErrState"`
			Labels, Annotations        map[string]string
			Data                       []struct {
				RefID         string `yaml:"refId"`
				DatasourceUID string `yaml:"datasourceUid"`
				Model         struct {
					RefID      string `yaml:"refId"`
					Expression string
				}
			}
		}
	}
}

func readYAML(t *testing.T, files fs.FS, name string, into any) {
	t.Helper()
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestAlertRulesAreWhole(t *testing.T) {
	t.Parallel()
	var sources dataSources
	readYAML(t, grafana.FS, "provisioning/datasources/tracker.yaml", &sources)
	var file ruleFile
	readYAML(t, grafana.FS, "provisioning/alerting/rules.yaml", &file)
	panels := map[string][]string{}
	for _, b := range boards(t) {
		for _, p := range b.Panels {
			panels[b.UID] = append(panels[b.UID], strconv.Itoa(p.ID))
		}
	}
	uids, silent := []string{}, []string{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			uids = append(uids, rule.UID)
			if rule.For == "" || rule.NoData != "OK" || rule.Labels["severity"] == "" {
				t.Errorf("%s: for %q, without data %q, labels %v", rule.Title, rule.For, rule.NoData, rule.Labels)
			}
			switch rule.ExecErr {
			case "KeepLast": // where nothing is known nothing is resolved
			case "Alerting":
				silent = append(silent, rule.UID)
			default:
				t.Errorf("%s: on errors %q", rule.Title, rule.ExecErr)
			}
			// The fields dashboardUid and panelId set no link.
			if board, panel := rule.Annotations["__dashboardUid__"], rule.Annotations["__panelId__"]; !slices.Contains(panels[board], panel) {
				t.Errorf("%s: there is no panel %s of %s", rule.Title, panel, board)
			}
			if !strings.Contains(rule.Annotations["description"], ":  tracker ") {
				t.Errorf("%s: annotations %v name no command", rule.Title, rule.Annotations)
			}
			known := []string{}
			for _, data := range rule.Data {
				if data.DatasourceUID != "__expr__" && data.DatasourceUID != sources.Datasources[0].UID {
					t.Errorf("%s asks %s", rule.Title, data.DatasourceUID)
				}
				if data.RefID != data.Model.RefID || (data.Model.Expression != "" && !slices.Contains(known, data.Model.Expression)) {
					t.Errorf("%s: %s is of %s and rests on %s", rule.Title, data.Model.RefID, data.RefID, data.Model.Expression)
				}
				known = append(known, data.RefID)
			}
			if !slices.Contains(known, rule.Condition) {
				t.Errorf("%s rests on %s, there are %q", rule.Title, rule.Condition, known)
			}
		}
	}
	slices.Sort(uids)
	if want := []string{"tracker-no-answer", "tracker-nobody-looking", "tracker-run-failed", "tracker-run-stalled", "tracker-source-paused"}; !slices.Equal(uids, want) {
		t.Errorf("rules %q, not %q", uids, want)
	}
	if want := []string{"tracker-no-answer"}; !slices.Equal(silent, want) {
		t.Errorf("%q fire where the database does not answer, not %q", silent, want)
	}
}

// A fresh clone has no tracker.yaml: what is applied there must be in it, and readable.
func TestComposeAppliesAFileThatIsThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile(`source: \$\{TRACKER_FILE:-(\./[^}]+)\}\n`).FindStringSubmatch(string(text))
	if source == nil {
		t.Fatal("no file is mounted unless TRACKER_FILE names one")
	}
	file, err := config.Read(filepath.Join(root, source[1]))
	if err != nil || len(file.Sources) != 0 || len(file.Jobs) != 0 {
		t.Errorf("%s registers %d sources and %d jobs: %v", source[1], len(file.Sources), len(file.Jobs), err)
	}
}

// The login of the daemon may register nothing, and one that may is the owner's.
func TestComposeRegistersAsTheOwner(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Command     any // strings; the shell's, of others
			Environment map[string]string
		}
	}
	readYAML(t, os.DirFS(filepath.Join("..", "..")), "docker-compose.yml", &compose)
	for name, service := range compose.Services {
		login := regexp.MustCompile(`^postgres://(\w+)@`).FindStringSubmatch(service.Environment["DATABASE_URL"])
		if login == nil {
			continue // of another program
		}
		want := "tracker_owner"
		if command := fmt.Sprint(service.Command); command == "[serve]" {
			want = "tracker_app"
		} else if command != "[apply -f tracker.yaml]" && command != "[migrate up]" && !strings.HasPrefix(command, "[token add ") {
			t.Errorf("%s runs %s", name, command)
		}
		if login[1] != want {
			t.Errorf("%s runs %v as %s, not %s", name, service.Command, login[1], want)
		}
	}
	if len(compose.Services["register"].Environment) == 0 {
		t.Error("nothing registers")
	}
}

// What an own tracker.yaml refers to comes from a file that is neither committed nor built
// into the image; a variable that a service names besides would hide that of the file.
func TestComposeHandsCredentialsOn(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	var compose struct {
		Services map[string]struct {
			EnvFile []struct {
				Path     string
				Required bool
			} `yaml:"env_file"`
			Environment map[string]any
		}
	}
	readYAML(t, os.DirFS(root), "docker-compose.yml", &compose)
	example, err := os.ReadFile(filepath.Join(root, "tracker.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tracker", "register"} {
		service := compose.Services[name]
		if len(service.EnvFile) != 1 || service.EnvFile[0].Path != "credentials.env" || service.EnvFile[0].Required {
			t.Errorf("%s reads %+v", name, service.EnvFile)
		}
		for _, reference := range regexp.MustCompile(`env:(\w+)`).FindAllStringSubmatch(string(example), -1) {
			if _, set := service.Environment[reference[1]]; set {
				t.Errorf("%s takes no %s from the file", name, reference[1])
			}
		}
	}
	for file, line := range map[string]string{".gitignore": "/credentials.env", ".dockerignore": "credentials.env"} {
		if text, err := os.ReadFile(filepath.Join(root, file)); err != nil || !slices.Contains(strings.Split(string(text), "\n"), line) {
			t.Errorf("%s leaves credentials.env: %v", file, err)
		}
	}
}

// docker-compose.yml mounts what is there, and sets what the data source names.
func TestComposeFitsTheFiles(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	var compose struct {
		Services map[string]struct {
			Image       string
			Environment map[string]string
			Volumes     []any
		}
	}
	readYAML(t, os.DirFS(root), "docker-compose.yml", &compose)
	service := compose.Services["grafana"]
	if !regexp.MustCompile(`^grafana/grafana:\d+\.\d+\.\d+$`).MatchString(service.Image) {
		t.Errorf("image %q is no release", service.Image)
	}
	mounted := map[string]string{}
	for _, volume := range service.Volumes {
		text, _ := volume.(string)
		if parts := strings.Split(text, ":"); strings.HasPrefix(text, "./") {
			mounted[parts[1]] = filepath.Join(root, parts[0])
			if info, err := os.Stat(mounted[parts[1]]); err != nil || !info.IsDir() || parts[2] != "ro" {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	home := service.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	if _, err := os.Stat(filepath.Join(mounted["/etc/grafana/dashboards"], filepath.Base(home))); err != nil || filepath.Dir(home) != "/etc/grafana/dashboards" {
		t.Errorf("the first page is %s: %v", home, err)
	}
	provider, err := os.ReadFile(filepath.Join(mounted["/etc/grafana/provisioning"], "dashboards", "tracker.yaml"))
	if err != nil || !strings.Contains(string(provider), "path: /etc/grafana/dashboards\n") {
		t.Errorf("dashboards are not read from where they are mounted: %v", err)
	}
	source, err := os.ReadFile(filepath.Join(mounted["/etc/grafana/provisioning"], "datasources", "tracker.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(string(source), -1)
	for _, match := range named {
		if service.Environment[match[1]] == "" {
			t.Errorf("the data source needs %s", match[1])
		}
	}
	if len(named) == 0 || service.Environment["TRACKER_DB_USER"] != "grafana" {
		t.Errorf("the data source logs in as %s", service.Environment["TRACKER_DB_USER"])
	}
}
