package redact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"tracker/internal/redact"
)

// secretsInText are texts with secrets of anybody, and what is kept of them.
var secretsInText = []struct{ text, want string }{
	{`Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc`, `Authorization: Bearer REDACTED`},
	{`Authorization: Bearer s3cretvalue, Accept: */*`, `Authorization: Bearer REDACTED, Accept: */*`},
	{`curl -H "Authorization: Bearer s3cretvalue" https://h/`, `curl -H "Authorization: Bearer REDACTED" https://h/`},
	{`curl -H 'authorization: Token s3cretvalue' x`, `curl -H 'authorization: Token REDACTED' x`},
	{`Proxy-Authorization: Basic dXNlcjpwYXNz`, `Proxy-Authorization: Basic REDACTED`},
	{`sent Basic dXNlcjpwYXNz`, `sent Basic REDACTED`},
	{`Authorization: s3cretvalue`, `Authorization: REDACTED`},
	{`{'Authorization': 'Bearer s3cretvalue'}`, `{'Authorization': 'Bearer REDACTED'}`},
	{`Authorization: Bearer abcdef`, `Authorization: Bearer REDACTED`},
	{`"Authorization": "Bearer abc.def"`, `"Authorization": "Bearer REDACTED"`},
	{"Set-Cookie: sid=abc; Path=/\r\nX: y", "Set-Cookie: REDACTED\r\nX: y"},
	{`curl -H 'Cookie: sid=abc; x=y' z`, `curl -H 'Cookie: REDACTED' z`},
	{`run --password hunter2 --user bob`, `run --password REDACTED --user bob`},
	{`<a><password>hunter</password><b>1</b></a>`, `<a><password>REDACTED</password><b>1</b></a>`},
	{`api_key=abc access_token="abc"`, `api_key=REDACTED access_token="REDACTED"`},
	{`admin:secret@db.example.com, ftp u:pass@1.2.3.4`, `REDACTED@db.example.com, ftp REDACTED@1.2.3.4`},
	{`sk_live_abc123 and ghp_SECRET`, `REDACTED and REDACTED`},
	{`bearer s3cret-value denied`, `bearer REDACTED denied`},
	{`X-Api-Key: 0123456789abcdef`, `X-Api-Key: REDACTED`},
	{`AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIbPxRfiCYEXAMPLE`, `AWS_SECRET_ACCESS_KEY=REDACTED`},
	{`export CLIENT_SECRET_V2="correct horse" && run`, `export CLIENT_SECRET_V2="REDACTED" && run`},
	{`password=hunter2 for user bob`, `password=REDACTED for user bob`},
	{`password=hunter for user bob`, `password=REDACTED for user bob`},
	{`Server=db;User Id=sa;Password=hunter2;`, `Server=db;User Id=sa;Password=REDACTED;`},
	{`Server=db;Password=hun;ter2,x;Encrypt=yes`, `Server=db;Password=REDACTED;Encrypt=yes`},
	{`AccountName=a;AccountKey=abc123+/==;EndpointSuffix=core`, `AccountName=a;AccountKey=REDACTED;EndpointSuffix=core`},
	{`login(user='bob', password='hun ter2')`, `login(user='bob', password='REDACTED')`},
	{`{"user":"bob","password":"hunter","n":1}`, `{"user":"bob","password":"REDACTED","n":1}`},
	{`{\"dbPassword\": \"hunter\", \"n\": 1}`, `{\"dbPassword\": \"REDACTED\", \"n\": 1}`},
	{`{:password=>"hunter", :n=>1}`, `{:password=>"REDACTED", :n=>1}`},
	{`db_password: hunter2`, `db_password: REDACTED`},
	{`DB_PASS = hunter2`, `DB_PASS = REDACTED`},
	{`API key: 0123456789abcdef`, `API key: REDACTED`},
	{`apiKey=0123456789abcdef&x=1`, `apiKey=REDACTED&x=1`},
	{`refresh_token=abc123def456, expires_in=3600`, `refresh_token=REDACTED, expires_in=3600`},
	{`a token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_a.`, `a token REDACTED.`},
	{"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----REDACTED-----END RSA PRIVATE KEY-----\n"},
	{`"-----BEGIN PRIVATE KEY-----\nMIIEow\n-----END PRIVATE KEY-----\n"`, `"-----BEGIN PRIVATE KEY-----REDACTED-----END PRIVATE KEY-----\n"`},
	{"x -----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz", "x -----BEGIN OPENSSH PRIVATE KEY-----REDACTED"},
	{`charged with sk_live_4eC39HqLyjWDarjtT1zdp7dc.`, `charged with REDACTED.`},
	{`AKIAIOSFODNN7EXAMPLE is not allowed`, `REDACTED is not allowed`},
	{`key ghp_16C7e42F292c6912E7710c838347Ae178B4a`, `key REDACTED`},
	{`github_pat_11ABCDEFG0123456789_abc, xoxb-1234-5678-abcdef`, `REDACTED, REDACTED`},
	{`(AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY)`, `(REDACTED)`},
	{`sk-proj-abcDEF0123456789abcDEF`, `REDACTED`},
	{`user:password@host`, `REDACTED@host`},
	{`at bob:hunter2@db.example:5432/x failed`, `at REDACTED@db.example:5432/x failed`},
	{`dsn=bob:hun@ter/2@tcp(127.0.0.1:3306)/x`, `dsn=REDACTED@tcp(127.0.0.1:3306)/x`},
	{`(root:toor@10.0.0.1)`, `(REDACTED@10.0.0.1)`},
	{`password%3Dhunter2%26x%3D1`, `password%3DREDACTED%26x%3D1`},
	{`password&#61;hunter2&amp;x=1`, `password&#61;REDACTED&amp;x=1`},
	{`pass\u0077ord\u003dhunter2`, `pass\u0077ord\u003dREDACTED`},
	{`postgres://h/d?password=hunter2`, `postgres://h/d?password=REDACTED`},
	{`https://h/dl/x4FjK2l9-mZ7pR1sT_vW0yBd/r`, `https://h/dl/REDACTED/r`},
	{`https://h/session/ab12cd34ef56/x`, `https://h/session/REDACTED/x`},
	{`https://h/reset_password/ab12cd34ef56`, `https://h/reset_password/REDACTED`},
	{`/p?tab=1&sas=abc&x=2`, `/p?tab=1&sas=REDACTED&x=2`},
	{`otp=123456`, `otp=REDACTED`},
	{`{"otp":"123456"}`, `{"otp":"REDACTED"}`},
	{`pass=s3cr3t9x`, `pass=REDACTED`},
	{`token: abc123def456`, `token: REDACTED`},
	{`admin:hunter2@worker1`, `REDACTED@worker1`},
	{`root:toor@localhost`, `REDACTED@localhost`},
	{`app:toor@cache:6379/0`, `REDACTED@cache:6379/0`},
	{`user:hunter2@example.com`, `REDACTED@example.com`},
	{`<password type="x">hunter2</password>`, `<password type="x">REDACTED</password>`},
	{`user[password]=hunter2, n=1`, `user[password]=REDACTED, n=1`},
	{`env["DB_PASSWORD"] = "hunter2"`, `env["DB_PASSWORD"] = "REDACTED"`},
	{`key_sk_live_4eC39HqLyjWDarjtT1zdp7dc`, `key_REDACTED`},
	{`curl -u user:pass https://h/`, `curl -u REDACTED https://h/`},
	{`curl -s --user 'user:pass' https://h/`, `curl -s --user 'REDACTED' https://h/`},
	{`https://h/token/832eb97f-266c-4387-991d-52e77366dc99/x`, `https://h/token/REDACTED/x`},
	{`{"password":"hunter"}`, `{"password":"REDACTED"}`},
	{`{"password":"123456"}`, `{"password":"REDACTED"}`},
	{`{"password":"correct horse 1"}`, `{"password":"REDACTED"}`},
	{`{"client_secret":"abcdefgh"}`, `{"client_secret":"REDACTED"}`},
	{`{"X-Api-Key":"abcdefgh"}`, `{"X-Api-Key":"REDACTED"}`},
	{`{"api_key":"ABCDEFGH"}`, `{"api_key":"REDACTED"}`},
	{`{"Authorization":"Token abc123def"}`, `{"Authorization":"Token REDACTED"}`},
	{`{"Authorization":"ApiKey abc123def"}`, `{"Authorization":"ApiKey REDACTED"}`},
	{`{"Authorization":"Bearer abcdefgh"}`, `{"Authorization":"Bearer REDACTED"}`},
	{`{"Authorization":"Basic dXNlcjpwYXNz"}`, `{"Authorization":"Basic REDACTED"}`},
	{`{"Cookie":"sid=abc123; csrf=def456"}`, `{"Cookie":"REDACTED"}`},
	{`{"Set-Cookie":"sid=abc123; Path=/"}`, `{"Set-Cookie":"REDACTED"}`},
}

// harmlessTexts are to stay as they are.
var harmlessTexts = []string{
	`password reset sent`, `Password: required`, `password must have 8 characters`, `Invalid password: must be longer`, `password=`, `password= and more`,
	`password: ********`, `password=null`, `"password": {"type": "string"}`, `password_reset=true, password_changed_at=2024-06-07T09:00:00Z`,
	`wrong password: 3 attempts left`, `DB_PASSWORD=$DB_PASSWORD`, `--password=${PASSWORD}`, `password: <redacted>`,
	`Unexpected token: }`, `Unexpected token: 42`, `tokens=512 max_tokens=4096`, `token_count: 123456`, `token expired`, `token: expired`, `next token: none`,
	`Authorization: required`, `Authorization failed`, `Bearer authentication is required`, `Basic authentication`, `Basic plan2024`, `bearer token missing`,
	`Authorization: Bearer token missing`, `"Authorization": "Basic authentication"`, `Cookie: missing`, `cookie=yes`, `--password is required`, `--token file`,
	`<token> is missing`, `a->b>c`, `<password></password>`, `<b>bold</b>`, `sk_test_suite_runner`,
	`secretary: Bob42`, `secrets: 12`, `arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod`, `secret_version=3`, `Secret::get`,
	`PWD=/var/task OLDPWD=/tmp`, `pass: 12 fail: 3`, `passed=12`, `bypass=abc123def`, `12 pass, 3 fail`,
	`key=value`, `primary_key=id42`, `key: stores/2024/06/07.csv`, `cache key: abc123def456`, `monkey: abc123def456`, `hash: 9f86d081884c7d659a2feaa0c55ad015`,
	`commit 2c7ef9d3a8b1e0f4c6d5a7b8c9d0e1f2a3b4c5d6`, `832eb97f-266c-4387-991d-52e77366dc99`, `sha256:9f86d081884c7d659a2feaa0c55ad015`,
	`2026-11-28T21:00:00+01:00`, `09:00:00`, `[09:00:00]bob@example.com`, `at 10:30 bob@example.com wrote`, `12:30@office`,
	`bob@example.com`, `mailto:bob@example.com`, `from:alice.b@example.com,bob@example.com`, `Contact: bob@example.com`, `git@github.com:org/repo.git`,
	`npm:react@18.2.0`, `image:v1@sha256:9f86d081884c7d65`, `pkg:npm/foo@1.0.0`, `@scope/pkg@1.0`, `a:@b`, `@:@`,
	`/var/lib/stores/2024-06-07/import.csv`, `C:\new\results\table.csv`, `s3://bucket/exports/832eb97f-266c-4387-991d-52e77366dc99.csv`,
	`https://h/datasets/832eb97f-266c-4387-991d-52e77366dc99/status`, `https://h/commit/2c7ef9d3a8b1e0f4c6d5a7b8c9d0e1f2a3b4c5d6`,
	`https://docs.h/latest/AbstractBeanFactory2Impl.html`, `https://h/auth/login2024x/`, `https://h/v1/01ARZ3NDEKTSV4RRFFQ69G5FAV`,
	`credential: env:WOOSMAP_KEY`, `SECRET_KEY_FILE=/run/x1`, `token_url=https://h/oauth`, `{"token_type":"bearer","expires_in":3600}`, `secretName: db-creds-1`,
	`x > y && a<b`, `List<Token> t`, `ratio 3:4@2x`, `pass rate: 99.5%`, `OTP code 123456`, `git+ssh://h/repo`, `foreign key: fk_store_12`, `ETag: "33a64df551425fcc"`,
	`see https://h/ImportStoresFrance2024Version2.csv`, `see https://host:8080 or mail bob@example.com`, `"http://h:80","mail":"bob@example.com"`,
	`risk_live_update_01`, `task_test_12345678`, `disk-failure-20240607-abcdef123456`, `SG.`, `eyJ`, `AKIA`, `the AKIA prefix`, `ghp_`, `hf_model_name_of_any_length`,
	`-----BEGIN CERTIFICATE-----`, `--- a/x`, `-----`, `Loaded 5 of 7 (71%); see step #2? a/b = c`, `auth=ok`, `author=Bob42xyz`, `signature: v4`,
	`https://h/v1/r/request_01J8X4M2K7Q9R3T5V6W8Y0Z1A2`, `https://h/stores-01J8X4M2K7Q9R3T5V6W8Y0Z1A2-eu`, `https://h/datasets/ds_2aB3cD4eF5gH6iJ7/status`,
	`https://h/files/file-2aB3cD4eF5gH6iJ7kL8mN9`, `https://h/stores/StoreB2cEu1Fr2De3It4.csv`, `https://h/a/Export_2024-06-07T10-11-12Z_v2_EU_b2C.csv`,
	`https://h/auth/callback2024/x`, `https://h/session/stores2024/x`, `https://h/secret-santa2024list/x`, `https://h/session_2024-06-07T10-11-12Z/x`,
	`auth=oauth2`, `hmac=sha256`, `signature: SHA256withRSA`, `pass=phase2`, `page_token=abc123`, `next_token: 2024-06-07T00:00:00Z`,
	`Unexpected token: "product42"`, `kubernetes secret: db-creds-1 not found`, `password: minLength8`, `sk-EU-2024-stores-import-0001`,
	`npm_config_registry_default_x1`, `hf_2024_stores_import_eu_1`, `xoxb-shop-1`, `{"auth":"oauth2","next_token":"abc123def","signature":"HMAC-SHA256"}`,
	`User:bob@example.com`, `assignee:bob.b@example.com`, `login:bob@example.com`, `customer:bob@example.com`, `e-mail:bob42@example.com`, `{"email":"User:bob@example.com"}`,
	`importer:load@worker-3`, `celery:import_stores@worker1`, `stage:prod@eu-west-1`, `deploy:prod@v2`, `com.example:lib:1.0@aar`, `time:12:30@paris`,
	`1.5:2.5@x`, `urn:isbn:123@x`,
	`<password type="x"></password>`, `errors[password]: is required`, `docker run -u 1000:1000 x`, `curl -u bob https://h/`, `x_eyJ`, `my_sk_test_suite_runner`,
	`AT&T & R&D`, `x == y`, `if token == null`, `error: {"code": 12}`, `line 3: column 4: unexpected "b"`, `status=failed&reason=timeout`,
	`{"password":"must have 8 characters","new_password":"Too short.","secret":"This field is required","token":"Invalid token42"}`,
	`{"Authorization":"Bearer token missing","Cookie":"yes","password":"$PASSWORD","api_key":"********","secrets":"12"}`,
	`{"secrets":{"name":"db-creds-1"},"headers":[{"name":"Accept","value":"text/csv2"}],"password":{"type":"string","pattern":"a1b2"}}`,
}

func TestSecretsInText(t *testing.T) {
	t.Parallel()
	for _, test := range secretsInText {
		if got := redact.Text(test.text, redact.Secret{}); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.text, got, test.want)
		}
		if again := redact.Text(test.want, redact.Secret{}); again != test.want {
			t.Errorf("not idempotent: %s becomes %s", test.want, again)
		}
		checkInBody(t, test.text, test.want)
		checkAsBody(t, test.text, test.want)
	}
}

func TestHarmlessTextsStay(t *testing.T) {
	t.Parallel()
	for _, text := range harmlessTexts {
		if got := redact.Text(text, redact.Secret{}); got != text {
			t.Errorf("%s becomes %s", text, got)
		}
		checkInBody(t, text, text)
		checkAsBody(t, text, text)
	}
}

// checkAsBody has a text redacted as a body itself, if it is one.
func checkAsBody(t *testing.T, text, want string) {
	t.Helper()
	if !json.Valid([]byte(text)) {
		return
	}
	if got := redact.JSON([]byte(text), redact.Secret{}, redact.Places{}); string(got) != want {
		t.Errorf("as a body: %s\n got %s\nwant %s", text, got, want)
	}
}

// checkInBody has a text redacted as a string and as a name in a body.
func checkInBody(t *testing.T, text, want string) {
	t.Helper()
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode([]map[string]string{{"detail": text}, {text: ""}}); err != nil {
		t.Fatal(err)
	}
	body := redact.JSON([]byte(quoted.String()), redact.Secret{}, redact.Places{})
	var got []map[string]string
	if json.Unmarshal(body, &got) != nil || got[0]["detail"] != want {
		t.Errorf("in a body: %s\n got %s\nwant %s", text, body, want)
		return
	}
	if _, found := got[1][want]; !found {
		t.Errorf("in a name: %s\n got %s\nwant %s", text, body, want)
	}
}
